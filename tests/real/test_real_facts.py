"""Facts over real pages: as many as there are, true, stated where they say, good for questions."""

import os
from collections import Counter
from pathlib import Path

import pytest

from baselines.real_facts import build, factbook, peps, worldcup
from webenvs.corpora import store
from webenvs.corpora.knowledge import plain
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import Atom, Post, Query, Var, const
from webenvs.tasks.kp.wording import fact_sentence, question_of

T, X, Y = Var("T"), Var("X"), Var("Y")


@pytest.fixture(scope="module")
def data():
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("WEBENVS_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"needs public data files: set WEBENVS_DATA (looked in {folder})")
    return folder


@pytest.fixture(scope="module")
def known(data, tmp_path_factory):
    """known(source) -> its knowledge."""
    folder = tmp_path_factory.mktemp("facts")
    held = {}

    def get(name):
        if name not in held:
            held[name] = build.knowledge_of(name, data, folder / f"{name}.jsonl")
        return held[name]

    return get


def objects(knowledge, relation):
    return {fact.subject: fact.object for fact in knowledge.facts_of(relation)}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("peps", "peps: 736 pages, 1148 entities, 11 relations, 4428 facts"),
        ("worldcup", "worldcup: 608 pages, 1002 entities, 15 relations, 4726 facts"),
        ("factbook", "factbook: 261 pages, 929 entities, 12 relations, 3025 facts"),
    ],
)
def test_a_source_gives_as_many_facts_as_counted(known, source, told):
    assert build.summary(known(source)) == told


@pytest.mark.parametrize("source", ["peps", "worldcup", "factbook"])
def test_every_passage_is_one_line_that_spells_the_object(known, source):
    knowledge = known(source)
    for fact in knowledge.facts:
        for place in fact.places:
            page = knowledge.corpus.page(knowledge.corpus.index(place.url))
            passage = page.text[place.start : place.end]
            assert "\n" not in passage
            names = knowledge.spellings(fact.object, fact.relation)
            assert any(plain(name) in plain(passage) for name in names), fact


@pytest.mark.parametrize("source", ["peps", "worldcup", "factbook"])
def test_links_stand_where_they_say_and_lead_to_pages(known, source):
    corpus = known(source).corpus
    pages = [corpus.page(index) for index in range(len(corpus))]
    for page in pages:
        for link in page.links:
            assert page.text.startswith(link.anchor, link.position)
            assert corpus.index(link.url) is not None
    linked = sum(len(page.links) for page in pages)
    assert linked == {"peps": 3669, "worldcup": 3605, "factbook": 663}[source]


def test_a_pep_is_told_as_its_headers_say(known):
    knowledge = known("peps")
    told = {fact_sentence(knowledge, fact) for fact in knowledge.facts_about("PEP 435")}
    assert told == {
        "PEP 435 was written by Barry Warsaw.",
        "PEP 435 was written by Eli Bendersky.",
        "PEP 435 was written by Ethan Furman.",
        "PEP 435 has the status Final.",
        "PEP 435 is of the type Standards Track.",
        "PEP 435 was created on 23 February 2013.",
        "PEP 435 was meant for Python 3.4.",
        "PEP 435 replaces PEP 354.",
    }
    assert Counter(objects(knowledge, "status").values()) == {
        "Final": 374, "Rejected": 131, "Withdrawn": 71, "Draft": 49, "Active": 38, "Deferred": 36,
        "Superseded": 25, "Accepted": 11, "April Fool!": 1,
    }  # fmt: skip


def test_peps_show_no_mail_addresses_in_their_headers(known):
    corpus = known("peps").corpus
    for index in range(len(corpus)):
        head = corpus.page(index).text.split("\n\n", 1)[0]
        people = [line for line in head.split("\n") if line.startswith(("Author", "Sponsor"))]
        assert not any("@" in line for line in people), people


def test_the_goals_of_each_world_cup_are_those_of_the_record_books(known):
    knowledge = known("worldcup")
    goals, tournaments = objects(knowledge, "goals"), objects(knowledge, "tournament")
    sums = Counter()
    for match, count in goals.items():
        sums[tournaments[match]] += count
    assert {int(name[-4:]): count for name, count in sums.items()} == {
        1998: 171, 2002: 161, 2006: 147, 2010: 145, 2014: 171, 2018: 169, 2022: 172,
    }  # fmt: skip


def test_the_champions_are_those_of_the_record_books(known):
    knowledge = known("worldcup")
    champions = {int(name[-4:]): team for name, team in objects(knowledge, "champion").items()}
    assert champions == {
        1998: "France", 2002: "Brazil", 2006: "Italy", 2010: "Spain", 2014: "Germany",
        2018: "France", 2022: "Argentina",
    }  # fmt: skip
    assert objects(knowledge, "runner_up")["World Cup 2006"] == "France"
    assert objects(knowledge, "third")["World Cup 2002"] == "Turkey"


def test_a_player_named_by_last_name_is_one_with_the_full_name(known):
    knowledge = known("worldcup")
    griezmann = knowledge.entities["Antoine Griezmann (France)"]
    assert (griezmann.aliases, griezmann.kind) == (("Griezmann",), "France player")
    names = Counter((one.name.casefold(), one.kind) for one in knowledge.of_type("player"))
    assert max(names.values()) == 1


def test_own_goals_make_no_scorer(known):
    knowledge = known("worldcup")
    match = next(
        one for one in knowledge.entities if one.startswith("Spain v Russia (World Cup 2018")
    )
    scorers = {fact.object for fact in knowledge.facts_from(match, "scorer")}
    assert scorers == {"Artem Dzyuba (Russia)"}


def test_a_country_is_told_as_its_fields_say(known):
    knowledge = known("factbook")
    told = {fact_sentence(knowledge, fact) for fact in knowledge.facts_about("Portugal")}
    assert told == {
        "Portugal borders on Spain.",
        "Portugal has 10,194,277 inhabitants.",
        "Portugal has Lisbon as its capital.",
        "Portugal has Portuguese as an official language.",
        "Portugal has Mirandese as an official language.",
        "Portugal has a coastline of 1,793 kilometres.",
        "Portugal has an area of 92,090 square kilometres.",
        "Portugal has 128 airports.",
        "Portugal lies in Europe.",
        "Portugal pays in euros.",
    }


def test_neighbours_are_mutual_but_for_pages_that_disagree(known):
    knowledge = known("factbook")
    pairs = {(fact.subject, fact.object) for fact in knowledge.facts_of("neighbour")}
    alone = {subject for subject, other in pairs if (other, subject) not in pairs}
    assert alone == {"Western Sahara", "Akrotiri", "Dhekelia"}


def test_questions_over_real_pages_have_the_answers_that_are_known(known):
    def asked(source, *atoms, post=None):
        query = Query(atoms=atoms, post=post)
        question = question_of(known(source), query)
        return question, set(map(str, answer_of(known(source), query)))

    assert asked("peps", Atom(T, "superseded_by", const("PEP 600"))) == (
        "Which PEP is superseded by PEP 600?",
        {"PEP 513", "PEP 571", "PEP 599"},
    )
    assert asked(
        "worldcup",
        Atom(T, "champion", X),
        Atom(Y, "champion", X),
        Atom(Y, "year", const(1998)),
        Atom(T, "runner_up", const("Croatia")),
    )[1] == {"World Cup 2018"}
    assert asked("worldcup", Atom(T, "round", const("Final")), post=Post(op="COUNT")) == (
        "How many matches belonged to the round Final?",
        {"7"},
    )
    question, found = asked(
        "factbook",
        Atom(X, "capital", T),
        Atom(X, "neighbour", const("Spain")),
        Atom(X, "neighbour", const("Switzerland")),
    )
    assert question.startswith("What is the capital of the country that ")
    assert found == {"Paris (city, France)"}


def test_what_is_left_out_is_counted(data):
    assert peps.collect(data).left_out == {
        "Author that is no person's full name": 15,
        "PEP-Delegate that is no person's full name": 2,
        "Sponsor that is no person's full name": 1,
    }
    assert factbook.collect(data).left_out["Population: total"] == 12
    assert sum(worldcup.collect(data).left_out.values()) == 256


def test_the_program_writes_a_corpus_with_knowledge(data, known, tmp_path, capsys):
    build.main(["worldcup", "--data", str(data), "--out", str(tmp_path / "cups")])
    said = capsys.readouterr().out
    assert said.startswith("worldcup: 608 pages")
    assert "left out: 256 x scorers" in said
    stored = store.open_knowledge(store.open_corpus(tmp_path / "cups" / "corpus"))
    assert stored.digest == known("worldcup").digest
    assert sorted(path.name for path in (tmp_path / "cups").iterdir()) == ["corpus", "facts.jsonl"]
