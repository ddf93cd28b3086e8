"""The dense engine: the contract of every kind, filters, small and odd corpora, frozen files."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Page
from webenvs.search import engines
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.settings import DenseSettings
from webenvs.testing.retrievers import check_retriever

KINDS = ("flat", "ivf", "hnsw", "pq")
SMALL = {"dims": 16, "training_pages": 300}


def corpus_of(*texts, title="", **fields):
    return MemoryCorpus(
        Page(url=f"https://a.test/{number}", title=title, text=text, **fields)
        for number, text in enumerate(texts)
    )


@pytest.fixture(scope="module")
def retrievers(zipf):
    """kind, chunk_words -> the retriever, made once."""
    made = {}

    def one(kind, chunk_words):
        if (kind, chunk_words) not in made:
            settings = DenseSettings(index=kind, chunk_words=chunk_words, **SMALL)
            made[kind, chunk_words] = retriever_for(zipf, settings)
        return made[kind, chunk_words]

    return one


@pytest.mark.parametrize("chunk_words", [0, 15])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_the_contract(zipf, retrievers, kind, chunk_words):
    check_retriever(retrievers(kind, chunk_words), zipf)


@pytest.mark.parametrize("chunk_words", [0, 15])
@pytest.mark.parametrize("kind", KINDS)
def test_fewer_hits_are_the_first_of_more_for_any_number(
    zipf, retrievers, queries, kind, chunk_words
):
    retriever = retrievers(kind, chunk_words)
    for query in queries(6):
        most = retriever.search(query, 2_000)
        for k in (1, 2, 33, 100, 400):
            assert retriever.search(query, k) == most[:k]


@pytest.mark.parametrize("chunk_words", [0, 15])
def test_clusters_that_are_all_probed_find_what_the_flat_index_finds(
    zipf, retrievers, queries, chunk_words
):
    settings = DenseSettings(index="ivf", nprobe=600, chunk_words=chunk_words, **SMALL)
    every = retriever_for(zipf, settings)
    for query in queries(20):
        assert every.search(query, 50) == retrievers("flat", chunk_words).search(query, 50)


def test_a_page_of_known_words_is_found_first_by_its_own_text(hotpot):
    retriever = retriever_for(hotpot, DenseSettings(dims=64))
    pages = [hotpot.page(number) for number in range(0, len(hotpot), 50)]
    first = [retriever.search(page.text, 1)[0].url == page.url for page in pages]
    assert sum(first) >= 0.9 * len(first)


@pytest.mark.parametrize("kind", KINDS)
def test_one_page_is_a_corpus(kind):
    retriever = retriever_for(corpus_of("a grey cat"), DenseSettings(index=kind, dims=8))
    (hit,) = retriever.search("cat", 5)
    assert hit.score == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_pages_are_ordered_by_url(kind):
    corpus = corpus_of(*["a grey cat"] * 90, "a red dog")
    retriever = retriever_for(corpus, DenseSettings(index=kind, dims=8))
    hits = retriever.search("cat", 40)
    assert [hit.url for hit in hits] == sorted(hit.url for hit in hits)
    assert len({hit.score for hit in hits}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_pages_without_words_are_never_found(kind):
    corpus = corpus_of("", "  \n", "?! ...", "a grey cat", "cats and dogs")
    retriever = retriever_for(corpus, DenseSettings(index=kind, dims=8))
    assert {hit.url[-1] for hit in retriever.search("cat", 9)} == {"3", "4"}


def test_a_corpus_of_pages_without_words_has_no_hits():
    assert retriever_for(corpus_of("", "!"), DenseSettings(dims=8)).search("cat", 3) == ()


@pytest.mark.parametrize("query", ["", " \t\n", "zzzz qqqq", "the of", "site:a.test"])
def test_a_query_that_says_nothing_has_no_hits(retrievers, query):
    assert retrievers("flat", 0).search(query, 5) == ()


@pytest.mark.parametrize("query", ["\ud800cat", "cat\0", "c" * 100_000, "cat " * 50_000, "猫 cat"])
def test_any_text_is_a_query(query):
    retriever = retriever_for(corpus_of("a grey cat", "a dog"), DenseSettings(dims=8))
    assert len(retriever.search(query, 5)) <= 2


@pytest.mark.parametrize("k", [0, -1, True, 2.0, "5"])
def test_a_number_of_hits_that_is_none_is_refused(retrievers, k):
    with pytest.raises(SettingError, match=r"k = .* a whole number of at least 1"):
        retrievers("flat", 0).search("w1x", k)


def long_page():
    parts = [f"filler{number} word here. " * 40 for number in range(6)]
    parts[4] = "Otters juggle stones by the quiet river. " * 10
    return "".join(parts)


def test_the_best_chunk_of_a_page_counts_and_shows():
    corpus = corpus_of(long_page(), "banks lend money", "stones and money", title="Animals")
    retriever = retriever_for(corpus, DenseSettings(chunk_words=60, dims=8))
    hit = retriever.search("otters juggle", 1)[0]
    assert hit.url == "https://a.test/0"
    assert hit.snippet.startswith("… ")
    assert "Otters juggle stones" in hit.snippet


def test_pages_longer_than_their_chunks_are_counted():
    settings = DenseSettings(chunk_words=10, max_chunks=2, dims=8)
    counts = retriever_for(corpus_of("cat " * 100, "dog"), settings).index.counts
    assert (counts.cut_pages, counts.passages) == (1, 3)


def test_an_undivided_page_that_is_longer_than_its_beginning_is_counted():
    counts = retriever_for(corpus_of("cat " * 6_000, "dog"), DenseSettings(dims=8)).index.counts
    assert (counts.cut_pages, counts.passages) == (1, 2)


def filtered(kind):
    pages = [
        Page(url="https://en.test/a", title="Cats", text="grey cats sleep", language="en"),
        Page(url="https://en.test/b", title="More", text="cats and dogs play", date="2020-05-01"),
        Page(url="https://fr.test/c", title="Chats", text="cats sleep in Paris", language="fr"),
        Page(url="https://fr.test/d", title="Dogs", text="dogs bark at cats", date="2021-01-01"),
    ]
    return retriever_for(MemoryCorpus(pages), DenseSettings(index=kind, dims=8, chunk_words=5))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cats site:fr.test", "cd"),
        ("cats lang:en", "a"),
        ("cats after:2020-06", "d"),
        ("cats before:2021", "b"),
        ('"cats sleep"', "ac"),
        ("cats -dogs", "ac"),
        ('cats -"cats sleep"', "bd"),
        ("intitle:dogs cats", "d"),
        ("cats site:none.test", ""),
    ],
)
def test_operators_are_obeyed(kind, query, found):
    assert {hit.url[-1] for hit in filtered(kind).search(query, 9)} == set(found)


def test_pages_beyond_the_first_are_looked_at_for_a_phrase():
    corpus = corpus_of(*["grey cats"] * 150, "grey cats sleep")
    hits = retriever_for(corpus, DenseSettings(dims=8)).search('grey cats "cats sleep"', 3)
    assert [hit.url for hit in hits] == ["https://a.test/150"]


def test_without_operators_a_query_is_plain_text():
    corpus = corpus_of("grey cats", "dogs")
    retriever = retriever_for(corpus, DenseSettings(dims=8, operators=False))
    assert retriever.search("cats site:none.test", 5)


def test_an_index_on_disk_is_opened_again_and_says_the_same(zipf, queries, retrievers, tmp_path):
    settings = DenseSettings(index="ivf", chunk_words=15, **SMALL)
    retriever_for(zipf, settings, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = retriever_for(zipf, settings, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    for query in queries(10):
        assert again.search(query, 5) == retrievers("ivf", 15).search(query, 5)


def test_two_builds_write_the_same_bytes(zipf, tmp_path):
    for name in ("one", "two"):
        retriever_for(zipf, DenseSettings(index="pq", chunk_words=15, **SMALL), tmp_path / name)
    files = sorted(path for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 7
    for path in files:
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes(), path.name


def test_settings_of_the_query_alone_share_an_index(zipf, tmp_path):
    for nprobe in (2, 9):
        retriever_for(zipf, DenseSettings(index="ivf", nprobe=nprobe, **SMALL), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_retriever_is_pickled_as_its_path(zipf, queries, tmp_path):
    retriever = retriever_for(zipf, DenseSettings(**SMALL), tmp_path)
    copy = pickle.loads(pickle.dumps(retriever))
    assert copy.search("w1x w2x", 5) == retriever.search("w1x w2x", 5)


def test_an_index_of_another_corpus_is_refused(zipf, tmp_path):
    settings = DenseSettings(**SMALL)
    (directory,) = _built(zipf, settings, tmp_path)
    other = corpus_of("a grey cat")
    (own,) = _built(other, settings, tmp_path / "other")
    directory.rename(own.with_name("kept"))
    shutil.rmtree(own)
    own.with_name("kept").rename(own)
    with pytest.raises(CorpusError, match=r"does not fit: its corpus is '[0-9a-f]{64}', not"):
        retriever_for(other, settings, tmp_path / "other")


def test_an_index_of_another_embedder_is_refused(zipf, tmp_path):
    settings = DenseSettings(**SMALL)
    (directory,) = _built(zipf, settings, tmp_path)
    _edit(directory, lambda told: told["identity"]["fingerprints"].update(embedder="other"))
    with pytest.raises(CorpusError, match=r"its fingerprints is {'embedder': 'other'}, not"):
        retriever_for(zipf, settings, tmp_path)


def test_an_index_of_another_version_is_refused(zipf, tmp_path):
    settings = DenseSettings(**SMALL)
    (directory,) = _built(zipf, settings, tmp_path)
    _edit(directory, lambda told: told["identity"].update(format="webenvs-dense-0"))
    with pytest.raises(CorpusError, match="from another version of webenvs"):
        retriever_for(zipf, settings, tmp_path)


def test_counts_that_do_not_fit_the_files_are_refused(zipf, tmp_path):
    settings = DenseSettings(**SMALL)
    (directory,) = _built(zipf, settings, tmp_path)
    _edit(directory, lambda told: told["counts"].update(dims=99))
    with pytest.raises(
        CorpusError, match="of 16 dimensions, not IndexScalarQuantizer of 700 of 99"
    ):
        retriever_for(zipf, settings, tmp_path)


@pytest.mark.parametrize("name", ["vectors.faiss", "lsa-hashes.npy", "passages.npy"])
def test_a_file_that_was_cut_is_refused_by_name(zipf, tmp_path, name):
    settings = DenseSettings(chunk_words=15, **SMALL)
    (directory,) = _built(zipf, settings, tmp_path)
    (directory / name).write_bytes((directory / name).read_bytes()[:-9])
    with pytest.raises(CorpusError, match=f"its size of {name}"):
        retriever_for(zipf, settings, tmp_path)


def test_places_of_another_shape_are_refused(zipf, tmp_path):
    settings = DenseSettings(chunk_words=15, **SMALL)
    (directory,) = _built(zipf, settings, tmp_path)
    path = directory / "passages.npy"
    table = np.load(path)
    np.save(path, table.reshape(3, -1))
    with pytest.raises(CorpusError, match=r"passages\.npy is uint32 of shape \(3, "):
        retriever_for(zipf, settings, tmp_path)
    path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(CorpusError, match=r"passages\.npy is broken"):
        retriever_for(zipf, settings, tmp_path)


def test_a_build_that_fails_leaves_nothing_behind(zipf, tmp_path):
    def stop(stage, _done, _total):
        if stage == "index":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retriever_for(zipf, DenseSettings(**SMALL), tmp_path, stop)
    assert list(tmp_path.iterdir()) == []


FORKED = """
import multiprocessing, os
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.settings import DenseSettings
corpus = MemoryCorpus(Page(url=letter, title="", text=f"{letter} cat") for letter in "abcd")
retriever = retriever_for(corpus, DenseSettings(dims=8))
retriever.search("cat", 3)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(len(pool.apply(retriever.search, ("a cat", 3))))
"""


def test_a_retriever_answers_in_a_process_that_was_forked():
    variables = {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}
    done = subprocess.run(
        [sys.executable, "-c", FORKED],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.strip() == "3"


KILLED = """
import json, os, signal, sys
from pathlib import Path
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.settings import DenseSettings
place, stage = sys.argv[1:]
corpus = MemoryCorpus(Page(url=letter, title="", text=f"{letter} cat") for letter in "abcd")
def kill(now, _done, _total):
    if now == stage:
        os.kill(os.getpid(), signal.SIGKILL)
retriever_for(corpus, DenseSettings(dims=8), Path(place), kill)
"""


@pytest.mark.parametrize("stage", ["training", "vectors", "index"])
def test_a_build_that_is_killed_is_built_anew_by_the_next(tmp_path, stage):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), stage], check=False)
    assert done.returncode == -signal.SIGKILL
    corpus = MemoryCorpus(Page(url=letter, title="", text=f"{letter} cat") for letter in "abcd")
    retriever = retriever_for(corpus, DenseSettings(dims=8), tmp_path)
    assert len(retriever.search("cat", 9)) == 4
    assert [path.name[:6] for path in tmp_path.iterdir()] == ["dense-"]


def test_a_build_tells_how_far_it_is(zipf):
    told = []
    retriever_for(zipf, DenseSettings(**SMALL), progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["training", "vectors", "index"]
    assert told[-1] == ("index", 700, 700)
    assert all(done <= total for _, done, total in told)


def test_the_engine_is_found_by_name_with_its_settings(zipf):
    retriever = engines.retriever(zipf, "dense", {"index": "flat", **SMALL})
    told = retriever.settings
    assert (told["engine"], told["embedder"], told["dims"]) == ("dense", "lsa", 16)
    assert len(told["fingerprint"]) == 64


SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.settings import DenseSettings
rows, asked, folder = json.load(sys.stdin)
corpus = MemoryCorpus(Page(url=url, title=title, text=text) for url, title, text in rows)
seen = hashlib.sha256()
for kind in ("flat", "ivf", "hnsw", "pq"):
    settings = DenseSettings(index=kind, dims=16, nprobe=4, chunk_words=15, nlist=40)
    place = Path(folder) / kind
    retriever = retriever_for(corpus, settings, place)
    for path in sorted(place.rglob("*")):
        if path.is_file():
            seen.update(path.read_bytes())
    for query in asked:
        seen.update(repr(retriever.search(query, 10)).encode())
print(seen.hexdigest())
"""


@pytest.mark.slow
def test_builds_and_answers_are_the_same_bytes_at_every_vector_width_and_thread_count(
    zipf, queries, tmp_path
):
    pages = [zipf.page(number) for number in range(300)]
    rows = [(page.url, page.title, page.text) for page in pages]
    outputs = set()
    for number, variables in enumerate(
        [
            {"FAISS_SIMD_LEVEL": "NONE", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "1"},
            {"FAISS_SIMD_LEVEL": "AVX2", "OMP_NUM_THREADS": "2", "OPENBLAS_CORETYPE": "Haswell"},
            {"FAISS_SIMD_LEVEL": "AVX512", "OMP_NUM_THREADS": "4", "PYTHONHASHSEED": "2"},
        ]
    ):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=json.dumps([rows, queries(40), str(tmp_path / str(number))]),
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1


def _built(corpus, settings, place):
    retriever_for(corpus, settings, place)
    return list(place.glob("dense-*"))


def _edit(directory, change):
    path = directory / "manifest.json"
    told = json.loads(path.read_bytes())
    change(told)
    path.write_text(json.dumps(told))
