"""Knowledge from a file of triples: what is inferred, where facts stand, what is refused."""

import gzip
import json

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.triples import read_knowledge
from webenvs.errors import CorpusError
from webenvs.records import Page

SITE = "https://town.example/"
PAGES = {
    "alba": ("Alba", "Alba is a river. It rises on Monte  Corvo, and passes Brena. It is long."),
    "brena": (
        "Brena",
        "Brena\nFounded: 04-May-1931\nPeople: 12,345\nIts sister town is Tarn. Its year is 1968.",
    ),
    "tarn": ("Tarn", "A town by the river Alba (founded in 1968). Its sister town is Brena."),
    "list": ("Rivers", "Alba, Bera\nCida"),
}


@pytest.fixture
def corpus():
    pages = [Page(url=SITE + name, title=title, text=text) for name, (title, text) in PAGES.items()]
    return MemoryCorpus(pages, name="town")


@pytest.fixture
def read(corpus, tmp_path):
    """read(rows, more rows) -> the knowledge of a file, and of a file of declarations."""

    def make(rows, declarations=(), **settings):
        paths = []
        for name, content in (("facts.jsonl", rows), ("words.jsonl", declarations)):
            path = tmp_path / name
            path.write_text("".join(json.dumps(row) + "\n\n" for row in content), "utf-8")
            paths.append(path)
        more = [paths[1]] if declarations else []
        return read_knowledge(paths[0], corpus, more, **settings)

    return make


def fact(subject, relation, value, *evidence):
    urls = [SITE + one if isinstance(one, str) else one for one in evidence]
    return {"subject": subject, "relation": relation, "object": value, "evidence": urls}


RISES = fact("Alba", "rises on", "Monte Corvo", "alba")
FOUNDED = fact("Brena", "founded", "1931-05-04", "brena")


def passages(knowledge):
    return [
        knowledge.corpus.page(knowledge.corpus.index(place.url)).text[place.start : place.end]
        for fact in knowledge.facts
        for place in fact.places
    ]


def test_the_passage_is_the_sentence_or_line_that_first_spells_the_object(read):
    found = read([RISES, FOUNDED, fact("Brena", "people", 12345, "brena")])
    assert passages(found) == [
        "It rises on Monte  Corvo, and passes Brena.",
        "Founded: 04-May-1931",
        "People: 12,345",
    ]
    assert (found.name, found.corpus.name) == ("facts", "town")


def test_kinds_are_inferred_from_the_objects(read):
    found = read(
        [
            RISES,
            FOUNDED,
            fact("Brena", "people", 12345, "brena"),
            fact("Tarn", "since", "1968", "tarn"),
        ]
    )
    kinds = {relation.name: relation.kind for relation in found.relations.values()}
    assert kinds == {"rises on": "entity", "founded": "date", "people": "number", "since": "year"}
    assert found.facts_of("since")[0].object == 1968


def test_functional_is_measured_from_the_facts(read):
    found = read(
        [
            fact("Alba", "passes", "Brena", "alba"),
            fact("Tarn", "sister", "Brena", "tarn"),
            fact("Brena", "sister", "Tarn", "brena"),
            fact("Alba", "sister", "Brena", "alba"),
            fact("Alba", "sister", "Monte Corvo", "alba"),
            fact("Tarn", "since", 1968, "tarn"),
        ]
    )
    measured = {
        name: (one.functional, one.inverse_functional) for name, one in found.relations.items()
    }
    assert measured == {"passes": (True, True), "sister": (False, False), "since": (True, False)}


def test_entities_not_declared_are_called_by_their_id_and_have_their_own_page(read):
    found = read([RISES])
    river = found.entities["Alba"]
    assert (river.name, river.type, river.url) == ("Alba", "", SITE + "alba")
    assert found.entities["Monte Corvo"].url == ""


def test_declarations_give_words_types_and_aliases(read):
    found = read(
        [fact("river_alba", "rises", "corvo", "alba", "alba")],
        [
            {"type": {"name": "river"}},
            {"type": {"name": "peak", "plural": "high peaks"}},
            {"relation": {"name": "rises", "domain": "river", "predicates": ["rises on {x}"]}},
            {"entity": {"id": "river_alba", "name": "Alba"}},
            {"entity": {"id": "corvo", "name": "The Corvo", "type": "peak", "aliases": ["Corvo"]}},
        ],
        name="mine",
    )
    assert found.name == "mine"
    assert (found.types["river"].plural, found.types["peak"].plural) == ("rivers", "high peaks")
    relation = found.relation("rises")
    assert (relation.domain, relation.range, relation.predicates) == (
        "river",
        "peak",
        ("rises on {x}",),
    )
    assert found.entities["river_alba"].type == "river"
    assert found.entities["river_alba"].url == SITE + "alba"
    assert len(found.facts[0].places) == 1


def test_a_relation_declared_and_never_stated_has_no_facts(read):
    found = read([RISES], [{"relation": {"name": "flows", "range": "number"}}])
    assert found.facts_of("flows") == ()
    assert found.relation("flows").kind == "number"


def test_passages_may_be_given_by_their_bounds_or_their_text(read):
    found = read(
        [
            fact("Alba", "rises on", "Monte Corvo", {"url": SITE + "alba", "start": 20, "end": 42}),
            fact("Brena", "founded", "1931-05-04", {"url": SITE + "brena", "text": "04-May-1931"}),
        ]
    )
    assert passages(found) == ["rises on Monte  Corvo,", "04-May-1931"]


def test_a_page_that_has_the_object_for_its_title_is_the_passage(read):
    found = read([fact("Alba", "on list", "Rivers", "list")])
    assert passages(found) == ["Alba, Bera\nCida"]


def test_one_evidence_may_stand_without_a_list_and_the_file_may_be_gzipped(corpus, tmp_path):
    path = tmp_path / "facts.jsonl.gz"
    row = {**RISES, "evidence": SITE + "alba"}
    path.write_bytes(gzip.compress(json.dumps(row).encode("utf-8-sig")))
    found = read_knowledge(path, corpus)
    assert (len(found.facts), found.name) == (1, "facts")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([fact("Alba", "r", "Brena", "alpa")], "line 1, field evidence = 'https://town.example/al"
         "pa': no page of the corpus 'town' has this url. Did you mean 'https://town.example/alba'?"),
        ([RISES, fact("Alba", "r", "Tarn", "alba")], r"line 3, field evidence = .*the page does "
         r"not spell the object 'Tarn' \('Tarn'\); name another page"),
        ([RISES, RISES], r"line 3, field object = 'Monte Corvo': this fact is stated already at .* "
         "line 1"),
        ([{**RISES, "subjekt": "x"}], "line 1: unknown field 'subjekt'. Did you mean 'subject'?"),
        ([{**RISES, "object": None}], "line 1, field object: missing"),
        ([{**RISES, "object": True}], "field object = True: an object is a text or a whole number"),
        ([{**RISES, "object": 1.5}], "field object = 1.5"),
        ([{**RISES, "subject": " "}], "field subject = ' ': must be a text"),
        ([{**RISES, "evidence": []}], r"field evidence = \[\]: must be a list"),
        ([{**RISES, "evidence": [3]}], r"field evidence = \[3\]"),
        ([fact("Alba", "r", "Brena", {"start": 1})], "evidence = None: an evidence needs a url"),
        ([fact("Alba", "r", "Brena", {"url": SITE + "alba", "begin": 1})],
         "unknown field of an evidence. .*Allowed: url, start, end, text"),
        ([fact("Alba", "r", "Brena", {"url": SITE + "alba", "start": 0, "end": 999})],
         r"start and end must be characters of the page, 0 <= start < end <= \d+"),
        ([fact("Alba", "r", "Brena", {"url": SITE + "alba", "start": 0, "end": 4})],
         "field evidence = 'Alba': the passage 0 to 4 of .* does not spell the object 'Brena'"),
        ([fact("Alba", "r", "Brena", {"url": SITE + "alba", "text": "no such"})],
         "field evidence = 'no such': the page .* has no such passage"),
        ([fact("Alba", "r", "Brena", {"url": SITE + "alba", "text": ""})], "must be a passage"),
        ([{"relatoin": {}}], "unknown field 'relatoin' .a row with 'subject' is a fact"),
        ([{"relation": 3}, RISES], "field relation = 3: must be an object"),
    ],
)  # fmt: skip
def test_wrong_rows_are_refused_by_line_field_and_value(read, rows, message):
    with pytest.raises(CorpusError, match=message):
        read(rows)


@pytest.mark.parametrize(
    ("declarations", "message"),
    [
        ([{"relation": {"name": "r", "functionl": True}}],
         "line 1, relation: unknown field 'functionl'. Did you mean 'functional'?"),
        ([{"relation": {"name": "r", "nouns": 3}}], "relation: Expected 'array', got 'int'"),
        ([{"relation": {"name": "r"}}, {"relation": {"name": "r"}}],
         "line 3, relation, field name = 'r': this relation is declared already"),
        ([{"type": {"name": "river"}}, {"type": {"name": "river"}}], "type is declared already"),
        ([{"type": {}}], "line 1, type: Expected 'str', got 'null'"),
        ([{"entity": {"id": "Alba", "url": "https://x"}}], "entity 'Alba' has the url 'https://x'"),
        ([{"type": {"name": "river"}}, {"relation": {"name": "r", "domain": "rivr"}}],
         "field domain = 'rivr': no declared type has that name. Did you mean 'river'?"),
        ([{"relation": {"name": "rises on", "range": "date"}}],
         "field object = 'Monte Corvo': 'rises on' wants a date as YYYY-MM-DD"),
        ([{"relation": {"name": "rises on", "range": "year"}}],
         "field object = 'Monte Corvo': 'rises on' wants a year, a whole number"),
        ([{"relation": {"name": "passes", "functional": True}}],
         "'passes' is declared functional, but 'Alba' has 'Brena' at .*facts.jsonl line 3: mend "
         "the facts or leave out 'functional'"),
        ([{"relation": {"name": "rises on", "symmetric": True}}],
         "line 1, field object = 'Monte Corvo': 'rises on' is declared symmetric, but 'Monte "
         "Corvo' has no 'Alba'.* leave out 'symmetric'"),
    ],
)  # fmt: skip
def test_wrong_declarations_are_refused(read, declarations, message):
    rows = [
        RISES,
        fact("Alba", "passes", "Brena", "alba"),
        fact("Alba", "passes", "Monte Corvo", "alba"),
    ]
    with pytest.raises(CorpusError, match=message):
        read(rows, declarations)


def test_two_subjects_of_one_object_are_refused_where_there_may_be_one(read):
    rows = [fact("Alba", "passes", "Brena", "alba"), fact("Tarn", "passes", "Brena", "tarn")]
    declared = [{"relation": {"name": "passes", "inverse_functional": True}}]
    message = (
        "line 3, field subject = 'Tarn': 'passes' is declared inverse_functional, but 'Brena' is "
        "that of 'Alba' at .* line 1: mend the facts or leave out 'inverse_functional'"
    )
    with pytest.raises(CorpusError, match=message):
        read(rows, declared)


def test_a_symmetric_relation_stated_both_ways_is_read(read):
    rows = [fact("Tarn", "sister", "Brena", "tarn"), fact("Brena", "sister", "Tarn", "brena")]
    found = read(rows, [{"relation": {"name": "sister", "symmetric": True}}])
    assert found.relation("sister").symmetric


def test_a_day_that_is_none_makes_no_date(read):
    with pytest.raises(CorpusError, match="does not spell the object '1931-02-30'"):
        read([fact("Brena", "founded", "1931-02-30", "brena")])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no row"),
        (b"\xff{}", "not UTF-8"),
        (b"{", "line 1: not JSON"),
        (b"[]", "line 1: a row must be a JSON object"),
        (b"\x1f\x8bxx", "gzip|cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused(corpus, tmp_path, content, message):
    path = tmp_path / "facts.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        read_knowledge(path, corpus)
