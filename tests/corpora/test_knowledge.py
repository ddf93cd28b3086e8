"""Knowledge is kept beside the pages of a corpus, whole or not at all, and unseen by players."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import zstandard

from webenvs.corpora import knowledge_file, store, verifying
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.testing.golden_world import golden_world

PAGES = (
    Page(url="w://ada", title="Ada", text="Ada was born on 4 May 1931 in Brena."),
    Page(url="w://brena", title="Brena", text="Brena has 12,000 people. Ada is from here."),
)
ENTITIES = (
    Entity(id="Ada", name="Ada", type="person", aliases=("A.", "Aда"), url="w://ada"),
    Entity(id="Brena", name="Brena", type="city", popularity=0.5, url="w://brena"),
)
RELATIONS = (
    Relation(name="born_in", domain="person", range="city"),
    Relation(name="born_on", domain="person", range="date"),
    Relation(name="people", domain="city", range="number", unit="people"),
)
TYPES = (EntityWords(name="city", noun="city", plural="cities"),)
BORN_IN = Fact(
    subject="Ada",
    relation="born_in",
    object="Brena",
    places=(Place("w://ada", 0, 36), Place("w://brena", 25, 42)),
)
FACTS = (
    BORN_IN,
    Fact(subject="Ada", relation="born_on", object="1931-05-04", places=(Place("w://ada", 0, 26),)),
    Fact(subject="Brena", relation="people", object=12_000, places=(Place("w://brena", 0, 24),)),
    Fact(subject="Ada", relation="born_in", object="Ada"),
)


def known(facts=FACTS, pages=PAGES, name="known"):
    return Knowledge(ENTITIES, RELATIONS, TYPES, facts, MemoryCorpus(pages), name)


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


@pytest.fixture
def bare(tmp_path):
    """A corpus without knowledge."""
    store.write(PAGES, tmp_path / "corpus", "known")
    return tmp_path / "corpus"


@pytest.fixture
def built(bare):
    store.attach_knowledge(bare, known())
    return bare


def the_file(directory):
    (found,) = directory.glob("knowledge.*")
    return found


def test_stored_knowledge_is_the_knowledge_that_was_attached(built):
    stored = store.open_knowledge(store.open_corpus(built))
    assert stored.facts == known().facts
    assert dict(stored.entities) == dict(known().entities)
    assert dict(stored.relations) == dict(known().relations)
    assert dict(stored.types) == dict(known().types)
    assert stored.name == "known"
    assert stored.digest == known().digest
    assert stored.corpus.digest == MemoryCorpus(PAGES).digest


def test_the_golden_world_comes_back_from_disk(tmp_path):
    golden = golden_world()
    pages = [golden.corpus.page(index) for index in range(len(golden.corpus))]
    store.write(pages, tmp_path / "golden", "golden")
    corpus = store.attach_knowledge(tmp_path / "golden", golden)
    assert store.open_knowledge(corpus).digest == golden.digest
    assert verifying.verify(tmp_path / "golden").digest == golden.corpus.digest


def test_attaching_leaves_pages_and_digest_as_they_were(bare):
    before, digest = contents(bare), store.open_corpus(bare).digest
    corpus = store.attach_knowledge(bare, known())
    after = contents(bare)
    assert corpus.digest == digest
    assert {name: after[name] for name in before if name != "corpus.json"} == {
        name: content for name, content in before.items() if name != "corpus.json"
    }
    assert len(after) == len(before) + 1


def test_the_same_knowledge_gives_the_same_bytes_and_a_second_time_changes_nothing(built):
    before = contents(built)
    store.attach_knowledge(built, known())
    assert contents(built) == before


def test_new_knowledge_replaces_the_old_file_and_all(built):
    old = the_file(built)
    corpus = store.attach_knowledge(built, known(FACTS[:1]))
    assert the_file(built) != old
    assert store.open_knowledge(corpus).facts == FACTS[:1]
    verifying.verify(built)


def test_what_a_killed_attempt_left_goes_with_the_next(built):
    for name in ("knowledge.zst.fresh", "knowledge.0123456789abcdef.zst", ".corpus.json"):
        (built / name).write_bytes(b"half")
    verifying.verify(built)
    store.attach_knowledge(built, known())
    assert [file.name for file in built.glob("*knowledge*")] == [
        store.open_corpus(built).manifest.knowledge_file
    ]


def test_a_fact_on_an_unknown_page_is_refused_and_leaves_all_as_it_was(built):
    strange = known((FACTS[0], Fact(subject="Brena", relation="people", object=1,
                                    places=(Place("w://gone", 0, 1),))))  # fmt: skip
    before = contents(built)
    with pytest.raises(CorpusError, match="'w://gone', which is no page of the corpus 'known'"):
        store.attach_knowledge(built, strange)
    assert contents(built) == before


def test_attaching_where_no_corpus_is_says_so(tmp_path):
    with pytest.raises(CorpusError, match="no such directory"):
        store.attach_knowledge(tmp_path / "none", known())


def test_a_corpus_without_knowledge_says_how_to_get_some(bare):
    with pytest.raises(CorpusError, match=r"no knowledge.*corpus generate.*attach_knowledge"):
        store.open_knowledge(store.open_corpus(bare))


def test_a_corpus_in_memory_says_that_it_keeps_none():
    with pytest.raises(CorpusError, match="'memory' is in memory"):
        store.open_knowledge(MemoryCorpus(PAGES))


def test_a_corpus_that_was_replaced_meanwhile_does_not_lend_its_knowledge(built):
    corpus = store.open_corpus(built)
    store.write(PAGES[:1], built, "known", overwrite=True)
    with pytest.raises(CorpusError, match="has been replaced since it was opened"):
        store.open_knowledge(corpus)


def test_a_corpus_of_before_knowledge_still_opens_and_verifies(bare):
    manifest = json.loads((bare / "corpus.json").read_text())
    assert manifest.pop("knowledge") is None
    (bare / "corpus.json").write_text(json.dumps(manifest))
    assert len(verifying.verify(bare)) == 2
    assert len(store.open_knowledge(store.attach_knowledge(bare, known())).facts) == 4


def test_knowledge_that_is_gone_or_cut_is_found_on_opening(built):
    whole = the_file(built).read_bytes()
    the_file(built).write_bytes(whole[:-1])
    with pytest.raises(CorpusError, match=rf"knowledge\..*zst has {len(whole) - 1} bytes"):
        store.open_corpus(built)
    the_file(built).unlink()
    with pytest.raises(CorpusError, match=r"knowledge\..*zst is missing"):
        store.open_corpus(built)


def test_any_flipped_byte_of_the_knowledge_is_found(built):
    path, whole = the_file(built), the_file(built).read_bytes()
    for place in range(0, len(whole), 5):
        flipped = bytearray(whole)
        flipped[place] ^= 4
        path.write_bytes(flipped)
        with pytest.raises(CorpusError, match=r"zst is damaged: its SHA-256"):
            verifying.verify(built)
        with pytest.raises(CorpusError, match=r"zst is damaged: its SHA-256"):
            store.open_knowledge(store.open_corpus(built))


def forged(directory, change):
    """Replace the knowledge by changed lines of it under a true hash."""
    path = the_file(directory)
    raw = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    lines = [json.loads(line) for line in raw.splitlines()]
    change(lines)
    path.unlink()
    changed = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    packed = zstandard.ZstdCompressor().compress(changed)
    sha = hashlib.sha256(packed).hexdigest()
    (directory / f"knowledge.{sha[:16]}.zst").write_bytes(packed)
    manifest = json.loads((directory / "corpus.json").read_text())
    manifest["knowledge"] = {"size": len(packed), "sha256": sha}
    (directory / "corpus.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[0].update(version=9), "version 9; this webenvs reads"),
        (lambda lines: lines[0].update(format="zip"), "the format 'zip'"),
        (lambda lines: lines[0].update(corpus="0" * 64), "belongs to the corpus 0000"),
        (lambda lines: lines[0].pop("name"), "damaged: .*name"),
        (lambda lines: lines[0].update(facts=5), "is damaged"),
        (lambda lines: lines.append([]), "more lines than the header says"),
        (lambda lines: lines[4].__setitem__(0, [0, 0, 77, []]), "leads nowhere"),
        (lambda lines: lines[4].__setitem__(0, [0, 9, 0, []]), "leads nowhere"),
        (lambda lines: lines[4].__setitem__(0, [0, 0, 0, [77, 0, 1]]), "leads nowhere"),
        (lambda lines: lines[4].__setitem__(0, [0, 0, 0, [0, 1]]), "leads nowhere"),
        (lambda lines: lines[4].__setitem__(0, [0, 0, 0, [0, 5, 1]]), "runs from 5 to 1"),
        (lambda lines: lines[4].__setitem__(0, [0, 0, 0, [0, 0, 99]]), "up to character 99"),
    ],
)
def test_verification_sees_through_true_hashes_of_false_knowledge(built, change, message):
    forged(built, change)
    with pytest.raises(CorpusError, match=message):
        verifying.verify(built)


def test_an_undeclared_relation_is_refused_as_everywhere():
    with pytest.raises(CorpusError, match="undeclared relation"):
        known((Fact(subject="Ada", relation="likes", object="Brena"),))


def test_players_never_see_it(built):
    corpus = store.open_corpus(built)
    seen = " ".join(corpus.page(index).text for index in range(len(corpus)))
    assert "born_in" not in seen
    assert len(corpus) == len(PAGES)


def test_two_processes_that_attach_at_once_leave_one_whole_knowledge(built):
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]); import test_knowledge as t\n"
        "for turn in range(15): t.store.attach_knowledge(sys.argv[1], t.known(t.FACTS[:turn % 3]))"
    )
    folder = str(Path(__file__).parent)
    arguments = [sys.executable, "-c", script, str(built), folder]
    processes = [subprocess.Popen(arguments) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    verifying.verify(built)
    assert len(list(built.glob("knowledge.*"))) == 1


def test_many_facts_fill_many_lines(tmp_path):
    entities = [
        Entity(id=f"E{number:05}", name=f"E{number}", type="city") for number in range(9000)
    ]
    facts = [
        Fact(subject=entity.id, relation="people", object=place, places=(Place("w://ada", 0, 3),))
        for place, entity in enumerate(entities)
    ]
    many = Knowledge(entities, RELATIONS, TYPES, facts, MemoryCorpus(PAGES), "many")
    store.write(PAGES, tmp_path / "many", "many")
    corpus = store.attach_knowledge(tmp_path / "many", many)
    assert store.open_knowledge(corpus).facts == many.facts
    assert knowledge_file.terms_of(many).entities == tuple(many.entities.values())
