"""A corpus on disk is the corpus that was written, or it is refused."""

import json
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.corpora import store, verifying
from webenvs.corpora.corpus import Broken, MemoryCorpus
from webenvs.corpora.report import Tally
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Face, Link, Page

PAGES = [
    Page(url="w://b", title="B", text="Beta " * 300, links=(Link(anchor="a", url="w://a"),)),
    Page(url="w://a", title="A", text="Alpha"),
    Page(url="w://é", title="É", text="last by code points"),
    Page(url="w://c", title="C", text=""),
]

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
PAGE = st.builds(
    Page,
    url=TEXT.filter(bool),
    title=TEXT,
    text=TEXT,
    links=st.lists(
        st.builds(Link, anchor=TEXT, url=TEXT, position=st.integers(0, 99)), max_size=2
    ).map(tuple),
)


@pytest.fixture
def built(tmp_path):
    store.write(PAGES, tmp_path / "corpus", "tiny")
    return tmp_path / "corpus"


def files_of(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def on_disk(directory, name):
    """The file that the manifest lists under this name."""
    stem, _, kind = name.partition(".")
    (found,) = directory.glob(f"{stem}.*.{kind}")
    return found


def test_a_stored_corpus_is_the_same_corpus_as_in_memory(built):
    stored, memory = store.open_corpus(built), MemoryCorpus(PAGES)
    assert stored.digest == memory.digest
    assert len(stored) == len(memory) == 4
    for index in range(4):
        assert stored.page(index) == memory.page(index)
        assert stored.url(index) == memory.url(index)
        assert stored.index(memory.url(index)) == index
    assert stored.name == "tiny"


@settings(max_examples=40, deadline=None)
@given(st.lists(PAGE, min_size=1, max_size=8, unique_by=lambda page: page.url), TEXT)
def test_any_pages_come_back_from_disk_and_pass_verification(pages, other):
    with tempfile.TemporaryDirectory() as folder:
        store.write(pages, Path(folder) / "c", "any")
        corpus, memory = verifying.verify(Path(folder) / "c"), MemoryCorpus(pages)
        assert [corpus.page(i) for i in range(len(corpus))] == [
            memory.page(i) for i in range(len(memory))
        ]
        assert corpus.digest == memory.digest
        assert corpus.index(other) == memory.index(other)


def test_a_url_that_is_not_there_has_no_index(built):
    corpus = store.open_corpus(built)
    assert [corpus.index(url) for url in ("", "w://", "w://aa", "w://zz", "\ud800")] == [None] * 5


@pytest.mark.parametrize("index", [-1, 4, 10**9])
def test_an_index_outside_the_corpus_raises_index_error(built, index):
    corpus = store.open_corpus(built)
    with pytest.raises(IndexError):
        corpus.page(index)
    with pytest.raises(IndexError):
        corpus.face(index)
    with pytest.raises(IndexError):
        corpus.url(index)


def test_a_face_is_a_page_without_its_links_and_marks(built):
    corpus = store.open_corpus(built)
    for page in map(corpus.page, range(4)):
        face = corpus.face(corpus.index(page.url))
        assert face == Face(url=page.url, title=page.title, text=page.text)


def test_the_same_pages_in_any_order_give_the_same_bytes(tmp_path):
    store.write(PAGES, tmp_path / "one", "tiny")
    store.write(reversed(PAGES), tmp_path / "two", "tiny")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_the_compression_level_changes_the_files_but_not_the_digest(tmp_path, built):
    store.write(PAGES, tmp_path / "small", "tiny", level=19)
    assert verifying.verify(tmp_path / "small").digest == store.open_corpus(built).digest


def test_a_pickled_corpus_is_small_and_opens_again_in_another_process(built):
    corpus = store.open_corpus(built)
    corpus.page(0)
    packed = pickle.dumps(corpus)
    assert len(packed) < 400
    script = "import pickle,sys; print(pickle.loads(sys.stdin.buffer.read()).page(0).title)"
    found = subprocess.run([sys.executable, "-c", script], input=packed, capture_output=True)
    assert found.stdout.strip() == b"A"


def test_a_pickle_of_a_corpus_that_was_replaced_is_refused(built):
    packed = pickle.dumps(store.open_corpus(built))
    store.write(PAGES[:1], built, "tiny", overwrite=True)
    with pytest.raises(CorpusError, match="was asked for"):
        pickle.loads(packed)


def test_an_open_corpus_outlives_its_replacement(built):
    corpus = store.open_corpus(built)
    corpus.url(0)
    store.write(PAGES[:1], built, "tiny", overwrite=True)
    assert corpus.page(3) == PAGES[2]


def test_the_report_counts_what_the_source_gave(tmp_path):
    source = [PAGES[0], Broken(where="x:1", reason="bad line: no"), PAGES[1]]
    source += [Broken(where=f"y:{n}", reason="bad line: yes") for n in range(30)]
    report = store.write(source, tmp_path / "c", "n")
    assert (report.pages, report.broken, report.links_kept) == (2, 31, 1)
    assert report.characters == len(PAGES[0].text) + len(PAGES[1].text)
    assert report.broken_reasons == {"bad line": 31}
    assert report.broken_examples == tuple(source[1:2] + source[3:22])
    assert store.open_corpus(tmp_path / "c").report == report


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "The corpus is empty"),
        ([Broken(where="f:3", reason="no text")], "1 were broken, the first at f:3: no text"),
        (PAGES + PAGES[1:2], "Two pages have the url 'w://a': page 2 .* and page 5"),
        ([Page(url="", title="T", text="x")], "'T' has an empty url"),
        ([Page(url="w://s", title="\ud800", text="x")], "'w://s' cannot be written as UTF-8"),
    ],
)
def test_pages_that_make_no_corpus_raise_and_leave_nothing(tmp_path, source, message):
    with pytest.raises(CorpusError, match=message):
        store.write(source, tmp_path / "c", "n")
    assert list(tmp_path.iterdir()) == []


def test_two_pages_of_one_url_are_named_by_the_places_the_source_noted(tmp_path):
    tally = Tally()

    def source():
        for line, page in enumerate([*PAGES, PAGES[1]], start=10):
            tally.at("pages.jsonl", line)
            yield page

    with pytest.raises(CorpusError, match=r"pages\.jsonl:11 and pages\.jsonl:14"):
        store.write(source(), tmp_path / "c", "n", tally=tally)


def test_a_source_that_fails_leaves_the_old_corpus_as_it_was(built):
    def source():
        yield PAGES[0]
        raise OSError("the disk is gone")

    before = files_of(built)
    with pytest.raises(OSError, match="the disk is gone"):
        store.write(source(), built, "n", overwrite=True)
    assert files_of(built) == before
    assert [path.name for path in built.parent.iterdir()] == ["corpus"]


def test_an_existing_corpus_is_replaced_only_on_demand(built):
    with pytest.raises(CorpusError, match="to replace it, pass overwrite=True"):
        store.write(PAGES[:1], built, "n")
    store.write(PAGES[:1], built, "n", overwrite=True)
    assert len(verifying.verify(built)) == 1
    assert [path.name for path in built.parent.iterdir()] == ["corpus"]


def test_what_is_no_corpus_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    (tmp_path / "file").write_bytes(b"x")
    for place in ("photos", "file"):
        with pytest.raises(CorpusError, match="is not a corpus; it is left as it is"):
            store.write(PAGES, tmp_path / place, "n", overwrite=True)
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


def test_an_empty_directory_and_missing_parents_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    store.write(PAGES, tmp_path / "empty", "n")
    store.write(PAGES, tmp_path / "new" / "deep", "n")
    assert len(store.open_corpus(tmp_path / "new" / "deep")) == 4


@pytest.mark.parametrize(("name", "level"), [(" ", 3), ("n", 0), ("n", 20)])
def test_a_bad_name_or_level_is_refused(tmp_path, name, level):
    with pytest.raises(SettingError):
        store.write(PAGES, tmp_path / "c", name, level=level)


def test_the_wrong_digest_is_refused_and_both_are_named(built):
    digest = store.open_corpus(built).digest
    assert store.open_corpus(built, digest).digest == digest
    with pytest.raises(CorpusError, match=f"{digest}, but {'0' * 64} was asked for"):
        store.open_corpus(built, "0" * 64)


def test_opening_what_is_no_corpus_says_so(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "other").mkdir()
    for place, message in [
        ("missing", "no such directory"),
        ("file", "a corpus is a directory"),
        ("other", r"holds no corpus\.json"),
    ]:
        with pytest.raises(CorpusError, match=message):
            store.open_corpus(tmp_path / place)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(version=9), "layout version 9; this webenvs reads version 2"),
        (lambda m: m.update(format="zip"), "has format 'zip'"),
        (lambda m: m.pop("digest"), "unreadable.*digest"),
        (lambda m: m.update(pages=0), "pages = 0"),
        (lambda m: m.update(pages=7), "7 pages and 0 aliases need 64"),
        (lambda m: m["files"].pop("pages.zst"), "lists the files"),
        (lambda m: m["files"].update({"../x": {"size": 1, "sha256": ""}}), "lists the files"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(built, change, message):
    manifest = json.loads((built / "corpus.json").read_text())
    change(manifest)
    (built / "corpus.json").write_text(json.dumps(manifest))
    with pytest.raises(CorpusError, match=message):
        store.open_corpus(built)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]"])
def test_a_manifest_that_is_no_json_object_is_refused(built, raw):
    (built / "corpus.json").write_bytes(raw)
    with pytest.raises(CorpusError, match="unreadable"):
        store.open_corpus(built)


def test_a_manifest_that_is_a_directory_is_refused(built):
    (built / "corpus.json").unlink()
    (built / "corpus.json").mkdir()
    with pytest.raises(CorpusError, match="cannot be read"):
        store.open_corpus(built)


NAMES = ["pages.zst", "pages.offsets", "urls.utf8", "urls.offsets"]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_or_shortened_file_is_found_on_opening(built, name):
    path = on_disk(built, name)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(CorpusError, match=f"{path.name} has {len(content) - 1} bytes"):
        store.open_corpus(built)
    path.unlink()
    with pytest.raises(CorpusError, match=f"{path.name} is missing"):
        store.open_corpus(built)


@pytest.mark.parametrize("name", NAMES)
def test_verification_finds_any_flipped_byte(built, name):
    path = on_disk(built, name)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[place] ^= 4
        path.write_bytes(flipped)
        with pytest.raises(CorpusError, match=rf"{path.name} is damaged: its SHA-256"):
            verifying.verify(built)


def test_a_damaged_page_raises_a_corpus_error_when_it_is_read(built):
    path = on_disk(built, "pages.zst")
    content = bytearray(path.read_bytes())
    content[6] ^= 255
    path.write_bytes(content)
    with pytest.raises(CorpusError, match="is damaged: page 0"):
        store.open_corpus(built).page(0)
    with pytest.raises(CorpusError, match="is damaged: page 0"):
        store.open_corpus(built).face(0)


def resealed(directory, name, content):
    """Put `content` into a file and its true size and hash into the manifest, as a forger would."""
    import hashlib

    stem, _, kind = name.partition(".")
    manifest = json.loads((directory / "corpus.json").read_text())
    digest = hashlib.sha256(content).hexdigest()
    manifest["files"][name] = {"size": len(content), "sha256": digest}
    (directory / f"{stem}.{digest[:16]}.{kind}").write_bytes(content)
    (directory / "corpus.json").write_text(json.dumps(manifest))


def test_verification_sees_through_true_hashes_of_false_content(built, tmp_path):
    import zstandard

    def fresh():
        shutil.rmtree(built)
        store.write(PAGES[:2], built, "n")

    def sealed(first, second):
        frames = [zstandard.ZstdCompressor().compress(part) for part in (first, second)]
        resealed(built, "pages.zst", b"".join(frames))
        ends = [0, len(frames[0]), len(frames[0]) + len(frames[1])]
        table = b"".join(end.to_bytes(8, "little") for end in ends)
        resealed(built, "pages.offsets", table)

    def page(url, text="x"):
        return b'{"text":"%b","title":"t","url":"%b"}' % (text.encode(), url.encode())

    def check(message):
        with pytest.raises(CorpusError, match=message):
            verifying.verify(built)
        fresh()

    fresh()
    resealed(built, "urls.utf8", b"w://aw://c")
    check("its url table says 'w://c'")
    resealed(built, "urls.offsets", bytes(24))
    check("its offsets do not ascend")
    sealed(page("w://a"), page("w://b"))
    check("its pages have the digest")
    sealed(page("w://a"), b'{"title":"t", "text":"x", "url":"w://b"}')
    check("page 1 is not canonical JSON")
    sealed(page("w://a"), b"{")
    check("page 1: ")
    order = [int.from_bytes(on_disk(built, "urls.places").read_bytes()[:4], "little")]
    resealed(built, "urls.places", bytes(8))
    check("is not found by its hash")
    assert order in ([0], [1])
    sealed(page("w://b"), page("w://a"))
    resealed(built, "urls.utf8", b"w://bw://a")
    places = [1 - number for number in (order[0], 1 - order[0])]
    resealed(built, "urls.places", b"".join(n.to_bytes(4, "little") for n in places))
    check("does not come after 'w://b'")


def test_verification_tolerates_indexes_but_no_other_entry(built):
    (built / "index" / "abc").mkdir(parents=True)
    seen = []
    assert len(verifying.verify(built, progress=seen.append)) == 4
    assert seen == [1, 2, 3, 4]
    (built / "notes.txt").write_text("x")
    with pytest.raises(CorpusError, match=r"holds 'notes\.txt'"):
        verifying.verify(built)


@pytest.mark.parametrize(
    "change", [{"characters": 1}, {"pages": 9}, {"links_kept": 0}, {"characters": -5}]
)
def test_verification_does_not_believe_the_report(built, change):
    manifest = json.loads((built / "corpus.json").read_text())
    manifest["report"] |= change
    (built / "corpus.json").write_text(json.dumps(manifest))
    with pytest.raises(CorpusError, match="its report tells of"):
        verifying.verify(built)


def test_a_hash_in_the_manifest_that_is_none_is_refused(built):
    manifest = json.loads((built / "corpus.json").read_text())
    manifest["files"]["pages.zst"]["sha256"] = "\0"
    (built / "corpus.json").write_text(json.dumps(manifest))
    with pytest.raises(CorpusError, match=r"gives pages\.zst no SHA-256"):
        store.open_corpus(built)


def test_a_damaged_table_of_places_is_said(built):
    on_disk(built, "urls.places").write_bytes(b"\xff" * 16)
    with pytest.raises(CorpusError, match="leads to page 4294967295"):
        store.open_corpus(built).index("w://a")
