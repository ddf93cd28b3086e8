"""The past of a generated world: what was true before, and its pages as they were."""

import itertools

import pytest
from click.testing import CliRunner

from webenvs import catalog, library
from webenvs.cli.main import cli
from webenvs.corpora import store
from webenvs.corpora.history import RULES, History
from webenvs.corpora.lore import Lore
from webenvs.corpora.snapshot import snapshot
from webenvs.corpora.world.generate import build_world
from webenvs.corpora.world.past.chronicle import NOW
from webenvs.corpora.world.relations import RELATIONS
from webenvs.episodes import play
from webenvs.errors import SettingError
from webenvs.seeding import digest
from webenvs.testing.golden_site import golden_site

OFFICES = [name for name, rule in RULES.items() if rule.sort == "office"]
TOWN = "https://world.example/wiki/Ulvardal"


@pytest.fixture(scope="module")
def world():
    """A world large enough for every kind of change."""
    return build_world(seed=5, pages=900).knowledge


@pytest.fixture(scope="module")
def past(world):
    """Every fact that has changed, with its earlier terms."""
    history = History(world)
    return {fact: terms for fact in world.facts if (terms := history.terms(fact))}


def year(knowledge, subject, relation):
    facts = knowledge.facts_from(subject, relation)
    return int(str(facts[0].object)[:4]) if facts else None


def test_every_rule_is_of_a_relation_of_the_world_and_all_of_them_are_at_work(past):
    assert set(RULES) <= set(RELATIONS)
    changed = {fact.relation for fact in past}
    assert changed <= set(RULES)
    assert set(RULES) - changed <= {"capital", "parent_company"}, "of these there are few facts"


def test_terms_run_backwards_and_each_differs_from_what_came_after(past):
    for fact, terms in past.items():
        years = [term.until for term in terms]
        assert years == sorted(set(years), reverse=True)
        assert years[0] < NOW
        values = [fact.object, *(term.value or term.name for term in terms)]
        assert all(one != other for one, other in itertools.pairwise(values))


def test_nothing_was_so_before_its_subject_began(world, past):
    beginnings = [
        name for name in RELATIONS if name.endswith(("_founded", "_opened", "first_issue"))
    ]
    for fact, terms in past.items():
        began = [year(world, fact.subject, name) for name in beginnings]
        assert terms[-1].until > max((one for one in began if one), default=0)


def test_earlier_holders_were_of_age_alive_of_the_same_kind_and_of_one_office_only(world, past):
    seen = {}
    for fact, terms in past.items():
        if fact.relation not in OFFICES:
            continue
        for term in terms:
            if not term.value:
                assert not world.bearers(term.name), "someone without a page"
                continue
            person = world.entities[term.value]
            assert person.kind == world.entities[fact.object].kind
            assert seen.setdefault(term.value, fact.key) == fact.key
            assert year(world, term.value, "birth_year") + 25 <= term.until
            assert (year(world, term.value, "death_year") or NOW) >= term.until
            assert not any(world.facts_to(term.value, office) for office in OFFICES)
    assert seen, "some of them have pages"


def test_earlier_owners_and_seats_were_there_and_fit(world, past):
    homes = {"capital": "city_country", "region_seat": "city_region"}
    for fact, terms in past.items():
        for term in terms if RULES[fact.relation].sort in ("owner", "seat") else ():
            assert world.entities[term.value].type == world.entities[fact.object].type
            assert term.value != fact.subject
            founded = year(world, term.value, "company_founded") or year(
                world, term.value, "city_founded"
            )
            assert founded <= term.until
            if fact.relation in homes:
                (home,) = world.facts_from(term.value, homes[fact.relation])
                assert home.object == fact.subject


def test_earlier_counts_are_of_the_same_size_and_sums_only_grow(past):
    for fact, terms in past.items():
        values = [fact.object, *(term.value for term in terms)]
        if RULES[fact.relation].sort in ("count", "sum"):
            for later, earlier in itertools.pairwise(values):
                assert 0.6 < earlier / later < 1.2
                assert fact.relation != "units_sold" or earlier < later


def test_the_past_hangs_on_the_fact_alone(world, past):
    history = History(world)
    backwards = {fact: history.terms(fact) for fact in reversed(world.facts)}
    assert all(backwards[fact] == terms for fact, terms in past.items())


def test_what_held_in_a_year_is_the_term_that_covers_it(past, world):
    history = History(world)
    fact, terms = max(past.items(), key=lambda item: len(item[1]))
    assert history.at(fact, NOW) is None
    assert history.at(fact, terms[0].until) == terms[0]
    assert history.at(fact, terms[1].until + 1) == terms[0]
    assert history.at(fact, terms[-1].until - 300) == terms[-1]


def test_relations_of_other_knowledge_have_no_past_even_by_the_same_name():
    knowledge = golden_site()
    assert not any(History(knowledge).terms(fact) for fact in knowledge.facts)


# --- snapshots


@pytest.fixture(scope="module")
def tiny():
    return library.knowledge(library.corpus("tiny"))


@pytest.fixture(scope="module")
def then(tiny):
    """The world of 300 pages at the end of these years."""
    return {year: snapshot(tiny, year) for year in (1995, 2009, NOW)}


def pages(knowledge):
    return [knowledge.corpus.page(index) for index in range(len(knowledge.corpus))]


def test_the_snapshot_of_now_is_the_world(tiny, then):
    assert then[NOW].corpus.digest == tiny.corpus.digest
    assert then[NOW].facts == tiny.facts


def test_the_snapshot_of_2009_is_the_recorded_one(then):
    assert then[2009].corpus.digest[:16] == "8280e73c321f8d5e"
    assert digest(then[2009].facts)[:16] == "af7eca9e299a4716"


def test_two_snapshots_differ_in_what_changed_and_have_the_same_urls_and_links(tiny, then):
    lore = Lore(tiny)
    changed = 0
    for old, older, now in zip(*(pages(then[year]) for year in (2009, 1995, NOW)), strict=True):
        assert old.url == older.url == now.url
        assert len(old.links) == len(older.links) == len(now.links)
        if not any(lore.history.terms(fact) for fact in tiny.facts_on(now.url)):
            assert old == older == now
        changed += old.text != older.text
    assert changed >= 20


@pytest.mark.parametrize("year", [1995, 2009])
def test_every_fact_of_a_snapshot_is_that_of_its_year_and_its_passages_say_so(year, tiny, then):
    history, old = History(tiny), then[year]
    expected = {}
    for fact in tiny.facts:
        term = history.at(fact, year)
        told = (term.name.replace(" ", "_") or term.value) if term else fact.object
        expected[(fact.subject, fact.relation, str(told))] = term
    assert {fact.key for fact in old.facts} <= set(expected)
    assert len(old.facts) > 0.95 * len(tiny.facts)
    spelled = 0
    for fact in old.facts:
        for place in fact.places:
            page = old.corpus.page(old.corpus.index(place.url))
            passage = page.text[place.start : place.end]
            assert passage.strip() == passage != ""
            names = old.spellings(fact.object, fact.relation)
            assert expected[fact.key] is None or any(name in passage for name in names)
            spelled += expected[fact.key] is not None
    assert spelled > 60


def test_links_of_a_snapshot_lead_to_the_earlier_value_or_are_hidden(tiny, then):
    led = hidden = 0
    for clean, page in zip(pages(tiny), pages(then[1995]), strict=True):
        for before, after in zip(clean.links, page.links, strict=True):
            if after.position < 0:
                hidden += 1
            else:
                led += before.url != after.url
                stood = clean.text[before.position :].startswith(before.anchor)
                assert not stood or page.text[after.position :].startswith(after.anchor)
    assert led
    assert hidden


def test_the_page_of_a_later_holder_does_not_say_so_yet(tiny):
    history = History(tiny)
    told = 0
    for fact in tiny.facts:
        terms = history.terms(fact)
        url = tiny.entities[fact.object].url if fact.relation in OFFICES else ""
        places = [place for place in fact.places if place.url == url]
        if not terms or not places:
            continue
        index = tiny.corpus.index(url)
        said = tiny.corpus.page(index).text[places[0].start : places[0].end]
        told += 1
        assert said not in snapshot(tiny, terms[0].until).corpus.page(index).text
    assert told


def test_a_passage_that_was_not_there_before_is_a_claim_that_was_empty(tiny):
    """On the page of a governor, of the province that she came to govern in 2012."""
    lore = Lore(tiny)
    url = "https://world.example/wiki/Aldetta_Sarandavel"
    (claim,) = (one for one in lore.claims(url) if "| governor |" in one.fact)
    assert claim.text == "Sarandavel is in charge of the affairs of Rostwold. "
    assert (claim.at(2012), claim.at(2011), claim.others) == (claim.text, "", ())


def test_tasks_of_a_snapshot_ask_for_what_was_true_then(then):
    """The oracle finds every answer on the older pages."""
    noise = {"corpus": then[2009], "reward": "answer", "turns": 40}
    scenario = catalog.scenario("Lookup-v0", **noise)
    lineup = catalog.lineup("oracle")
    assert all(set(play(scenario, lineup, seed).rewards.values()) == {1.0} for seed in range(20))


def test_a_world_of_other_knowledge_is_the_same_in_every_year():
    assert snapshot(golden_site(), 1700).corpus.digest == golden_site().corpus.digest


def test_the_command_writes_a_snapshot_that_can_be_searched_and_asked_about(tmp_path, then):
    out = tmp_path / "then"
    result = CliRunner().invoke(cli, ["corpus", "as-of", "tiny", "2009", "--out", str(out)])
    assert result.exit_code == 0, result.output
    written = store.open_corpus(out)
    assert written.name == "world-0-300-as-of-2009"
    assert written.digest == then[2009].corpus.digest
    assert store.open_knowledge(written).facts == then[2009].facts
    found = CliRunner().invoke(cli, ["corpus", "search", str(out), "spa town Ulvardal"])
    assert TOWN in found.output


def test_the_command_needs_knowledge(tmp_path):
    store.write([golden_site().corpus.page(0)], tmp_path / "c", "c")
    arguments = ["corpus", "as-of", str(tmp_path / "c"), "2009", "--out", str(tmp_path / "o")]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "no knowledge" in result.output
    assert not (tmp_path / "o").exists()


def test_no_snapshot_is_taken_of_a_snapshot_nor_of_a_year_to_come(then, tmp_path):
    with pytest.raises(SettingError, match=r"the world = '.*-as-of-2009' .* no snapshot"):
        snapshot(then[2009], 2005)
    out = tmp_path / "o"
    result = CliRunner().invoke(cli, ["corpus", "as-of", "tiny", "2020", "--out", str(out)])
    assert result.exit_code == 2
    assert "year = 2020 is not allowed: year must be at most 2019" in result.output
    assert not out.exists()
