"""Noise on what pages state: wrong values, and values of earlier years."""

import itertools
from types import SimpleNamespace

import pytest

from webenvs import catalog, library
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.envs.session import Session
from webenvs.episodes import play
from webenvs.noise.draw import Draw
from webenvs.noise.model import Scene
from webenvs.noise.table import model_of
from webenvs.players.message import say
from webenvs.records import Claim, Link, Page, Task
from webenvs.search import engines
from webenvs.tasks.taskset import TaskSet
from webenvs.web.around import Surroundings

URL = "https://town.example/"
TEXT = "Tarn has 12,400 residents. Its mayor is Ilsa Veit.\n\nMayor: Ilsa Veit\nFounded: 1931"
PAGE = Page(
    url=URL,
    title="Tarn",
    text=TEXT,
    links=(
        Link(anchor="Ilsa Veit", url=URL + "veit", position=TEXT.find("Ilsa")),
        Link(anchor="Founded", url=URL + "f", position=TEXT.find("Founded")),
    ),
)


def claim(text, fact, others=(), older=(), until=(), after=0):
    start = TEXT.index(text, after)
    spot = {"start": start, "end": start + len(text), "text": text, "fact": fact}
    return Claim(**spot, others=others, older=older, until=until)


MAYORS = {
    "others": ("Otto Rem", "Una Holl"),
    "older": ("Bo Lind", "Ada Kerr"),
    "until": (2015, 2009),
}
CLAIMS = (
    claim("12,400", "residents", ("11,000", "19,100"), ("10,900",), (2012,)),
    claim("Ilsa Veit", "mayor", **MAYORS),
    claim("Ilsa Veit", "mayor", **MAYORS, after=50),
    claim("1931", "founded", ("1940", "1917")),
)


class Known:
    """A web of one page of which these claims are known."""

    def __init__(self, claims=CLAIMS):
        self._claims = claims

    def page(self, url):
        return PAGE if url == URL else None

    def claims(self, url):
        return self._claims if url == URL else ()


def strike(name, page=PAGE, seed=0, around=None, essential=(), **options):
    draw = Draw(seed, "page", {"url": page.url}, 0)
    scene = Scene(seed=seed, essential=tuple(essential))
    return model_of(name, options).page(draw, page, scene, around or Known())


def restored(changed, detail):
    """The text with every written value turned back into the right one."""
    text = changed.text
    for right, wrong in detail["values"]:
        text = text.replace(wrong, right)
    return text


@pytest.mark.parametrize("seed", range(20))
def test_exactly_the_values_that_the_detail_tells_are_wrong_everywhere_on_the_page(seed):
    changed, detail = strike("contradict", seed=seed)
    assert detail["values"]
    assert restored(changed, detail) == TEXT
    known = {one.text: one.others for one in CLAIMS}
    for right, wrong in detail["values"]:
        assert wrong in known[right]
        assert right not in changed.text, "all mentions of a fact change alike"
    spared = {one.text for one in CLAIMS} - {right for right, _ in detail["values"]}
    assert all(changed.text.count(value) == TEXT.count(value) for value in spared)


def test_the_share_of_facts_is_struck_and_at_least_one():
    few = [len(strike("contradict", seed=seed, share=0)[1]["values"]) for seed in range(40)]
    assert set(few) == {1}
    assert len(strike("contradict", share=1)[1]["values"]) == 3
    some = [len(strike("contradict", seed=seed)[1]["values"]) for seed in range(300)]
    assert 1.4 < sum(some) / 300 < 1.8, "1.5 of 3, and 1 where it were none"


def test_a_link_on_a_wrong_value_is_hidden_and_the_others_stay():
    seed = next(s for s in range(50) if "Ilsa Veit" not in strike("contradict", seed=s)[0].text)
    changed, _ = strike("contradict", seed=seed)
    veit, founded = changed.links
    assert veit.position == -1
    assert changed.text[founded.position :].startswith("Founded")


def test_an_essential_page_is_not_contradicted_unless_asked():
    assert strike("contradict", essential=[URL]) == (PAGE, {})
    assert strike("contradict", essential=[URL], anywhere=True)[0] != PAGE
    assert strike("contradict", essential=[URL + "veit"])[0] != PAGE


@pytest.mark.parametrize("before", ["boilerplate", "bloat", "redirect", "truncate", "garble"])
def test_values_are_found_again_on_a_page_that_other_noise_has_changed(before):
    around = SimpleNamespace(page=lambda url: PAGE, claims=Known().claims, url=lambda number: URL)
    options = {"redirect": {"limit": 100}, "truncate": {"least": 0.7}, "garble": {"lost": 0.02}}
    found = 0
    for seed in range(10):
        shifted, _ = strike(before, seed=seed, around=around, **options.get(before, {}))
        changed, detail = strike("contradict", shifted, seed, around, share=1)
        found += len(detail.get("values", ()))
        assert restored(changed, {"values": detail.get("values", [])}) == shifted.text
    assert found >= 10


def test_where_nothing_is_known_years_and_numbers_change_in_their_own_style():
    page = Page(
        url=URL,
        title="t",
        text="Built in 1931 for 12,400 people; 1931 was wet. 3 storeys, 047 doors, v1.25, 9:30.",
    )
    seen = set()
    for seed in range(60):
        changed, detail = strike("contradict", page, seed, Known(()), share=1)
        assert restored(changed, detail) == page.text
        written = dict(map(tuple, detail["values"]))
        assert set(written) == {"1931", "12,400", "047"}
        assert 1911 <= int(written["1931"]) <= 1951
        assert written["12,400"][-4] == ","
        assert len(written["047"]) == 3
        seen.add(written["1931"])
    assert len(seen) > 10
    assert "1931" not in seen


@pytest.mark.parametrize("text", ["", "No number here.", "9" * 5_000])
def test_a_page_without_values_stays_as_it_is(text):
    page = Page(url=URL, title="t", text=text)
    for name in ("contradict", "stale"):
        changed, detail = strike(name, page, around=Known(()))
        assert changed is page
        assert detail == {}


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (2015, ("12,400", "Bo Lind")),
        (2012, ("10,900", "Bo Lind")),
        (2009, ("10,900", "Ada Kerr")),
    ],
)
def test_a_stale_page_shows_all_values_of_one_year(year, words):
    found = [strike("stale", seed=seed) for seed in range(40)]
    texts = {changed.text for changed, detail in found if detail["year"] == year}
    (text,) = texts
    assert text == TEXT.replace("12,400", words[0]).replace("Ilsa Veit", words[1])


def test_a_stale_page_tells_what_is_old_and_spares_essential_ones_if_asked():
    changed, detail = strike("stale")
    assert restored(changed, detail) == TEXT
    assert strike("stale", essential=[URL])[0] != PAGE
    assert strike("stale", essential=[URL], anywhere=False) == (PAGE, {})
    assert strike("stale", around=Known(CLAIMS[3:])) == (PAGE, {}), "nothing has changed"


def test_a_stale_page_does_not_say_yet_what_its_subject_came_to_later():
    start = TEXT.index("Its mayor")
    passage = Claim(
        start=start, end=start + 23, text=TEXT[start : start + 23], older=("",), until=(2003,)
    )
    changed, detail = strike("stale", around=Known((passage,)))
    assert changed.text.startswith("Tarn has 12,400 residents. \n\nMayor")
    assert detail == {"year": 2003, "values": [["Its mayor is Ilsa Veit.", ""]]}


# --- over the generated web


@pytest.fixture(scope="module")
def tiny():
    corpus = library.corpus("tiny")
    around = Surroundings(corpus, engines.retriever(corpus, "bm25", {}), library.lore(corpus))
    return SimpleNamespace(corpus=corpus, around=around, knowledge=library.knowledge(corpus))


def test_no_contradiction_over_the_web_is_true(tiny):
    """Whatever is written instead is true of no fact that the page's passage states."""
    knowledge = tiny.knowledge
    changed = 0
    for index in range(len(tiny.corpus)):
        page = tiny.corpus.page(index)
        for one in tiny.around.claims(page.url):
            subject, relation, _ = one.fact.split(" | ")
            true = {
                name.lower()
                for fact in knowledge.facts_from(subject, relation)
                for name in knowledge.spellings(fact.object, relation)
            }
            assert one.text.lower() in true or not any(one.older)
            assert not true & {other.lower() for other in one.others}
            assert one.text not in one.older[:1]
            changed += len(one.others)
    assert changed > 1_500


@pytest.mark.parametrize("env", ["Lookup-v0", "MultiHop-v0", "SetQuery-v0"])
def test_contradictions_never_reach_a_page_that_every_way_to_the_answer_needs(env):
    """An oracle opens the evidence, a researcher other pages too; those may be wrong."""
    scenario = catalog.scenario(env, corpus="tiny", noise="contradict:1(share=1)", turns=30)
    struck = 0
    for seed, player in itertools.product(range(20), ("oracle", "scripted")):
        episode = play(scenario, catalog.lineup(player), seed)
        task = scenario.tasks.get(episode.task)
        sets = [set(urls) for urls in task.evidence]
        essential = set.intersection(*sets) if sets else set()
        for turn in episode.turns:
            for result in turn.results:
                struck += "contradict" in result.noise
                assert not (set(result.urls) & essential and "contradict" in result.noise)
    assert struck > 5, "other pages are struck"


def test_a_contradicted_answer_is_what_the_player_reads(tiny):
    """The sentence that bears the answer changes, and nothing around it."""
    scenario = catalog.scenario(
        "Lookup-v0", corpus="tiny", noise="contradict:1(share=1,anywhere=true)"
    )
    clean = catalog.scenario("Lookup-v0", corpus="tiny")
    read = 0
    for seed in range(30):
        task = scenario.tasks.draw(seed, "train")
        url = task.evidence[0][0]
        noisy, usual = (
            Session(one, task, seed).act(say("fetch", url=url)).results[0]
            for one in (scenario, clean)
        )
        pairs = noisy.details.get("contradict", {}).get("values", ())  # none on lists of subjects
        spelled = {*task.answers, *(name for names in task.aliases.values() for name in names)}
        if any(right in spelled for right, _ in pairs):
            read += 1
            assert all(wrong in noisy.content for _, wrong in pairs)
            assert usual.content != noisy.content
    assert read >= 20


def test_a_corpus_without_knowledge_can_be_declared_any_noise():
    """It never fails: what is not known is not contradicted, but numbers are."""
    corpus = MemoryCorpus([Page(url=URL, title="Tarn", text="Tarn was founded in 1931.")])
    task = Task(question="?", answers=("1931",), split="train")
    scenario = catalog.scenario(
        "Tasks-v0",
        corpus=corpus,
        tasks=TaskSet([task], "one"),
        split="train",
        noise="contradict:1,stale:1",
    )
    (result,) = Session(scenario, scenario.tasks.tasks[0], 0).act(say("fetch", url=URL)).results
    assert result.noise == ("contradict",)
    assert "1931" not in result.content


def test_lore_is_opened_only_where_declared_noise_needs_it():
    needing, free = (
        catalog.scenario("Lookup-v0", corpus="tiny", noise=noise).web.around
        for noise in ("contradict:0.1", "truncate:0.1")
    )
    url = "https://world.example/wiki/Ulvardal"
    assert needing.claims(url)
    assert free.claims(url) == ()
