"""Every model strikes as often as is declared: within binomial bounds, sticky or not."""

import math

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.noise.declared import Noise
from webenvs.noise.draw import Draw
from webenvs.noise.model import Scene
from webenvs.noise.table import TABLE
from webenvs.noise.weather import Mixture, Weather, strikes
from webenvs.records import Call, Hit, Page
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.web.view import View
from webenvs.web.web import Web

DRAWS = 25_000
"""For each rate and habit: four times as many a model."""
RATES = (0.05, 0.3)
FAR = 10**6
"""A time at which whatever begins late has begun."""
SITE = "https://r.example/"
HITS = tuple(
    Hit(url=f"{SITE}{n}", title="t", snippet="s", score=50.0 - n, rank=n + 1) for n in range(50)
)
BY_CALL = ("call", "hit", "page", "report")
HABITS = [
    pytest.param(name, sticky, id=f"{name}-{habit}")
    for name, kind in TABLE.items()
    for sticky, habit in ((None, "usual"), (True, "sticky"), (False, "transient"))
    if sticky is None or kind.unit in BY_CALL
]


def bounds(rate, draws):
    """What a count is within but once in 1.7 million times: five standard deviations."""
    spread = 5 * math.sqrt(draws * rate * (1 - rate))
    return draws * rate - spread, draws * rate + spread


def only(name, rate, sticky=None):
    """A mixture of this noise alone, and its cause."""
    kind = TABLE[name]
    mixture = Mixture([Noise(name=name, strength=rate, sticky=sticky)])
    (cause,) = mixture.causes(kind.hook, "worker")
    return mixture, cause


def struck(mixture, cause, seed, occurrence=0):
    """How many of one call's units noise falls on, by the draws that the framework makes."""
    kind = cause.kind
    scene = Scene(seed=seed, role="worker", number=FAR, used=FAR, tool=kind.tools[0])
    if kind.hook in ("tools", "report"):
        tried = 0 if cause.sticky else occurrence
        return strikes(cause, Draw(seed, kind.hook, {"role": "worker"}, tried), scene)
    weather = Weather(mixture, scene, kind.tools[0], {"query": "x"}, occurrence)
    if kind.hook == "hits" and kind.unit != "call":
        return len(weather._struck(cause, weather._draw(cause), HITS))
    if kind.hook == "page":
        return weather._falls_on(cause, HITS[0].url)
    return strikes(cause, weather._draw(cause), scene)


def units(name):
    """How many units a call of `struck` draws for."""
    kind = TABLE[name]
    return len(HITS) if kind.hook == "hits" and kind.unit != "call" else 1


def count(name, rate, sticky, draws, occurrence=0):
    mixture, cause = only(name, rate, sticky)
    calls = draws // units(name)
    return sum([struck(mixture, cause, seed, occurrence) for seed in range(calls)])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("name", "sticky"), HABITS)
def test_noise_falls_as_often_as_is_declared(name, rate, sticky):
    low, high = bounds(rate, DRAWS)
    assert low <= count(name, rate, sticky, DRAWS) <= high


@pytest.mark.slow
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", TABLE)
def test_noise_falls_as_often_as_is_declared_in_a_hundred_thousand_draws(name, rate):
    low, high = bounds(rate, 100_000)
    assert low <= count(name, rate, None, 100_000) <= high


@pytest.mark.parametrize("name", TABLE)
def test_at_strength_1_noise_falls_on_everything_and_at_0_on_nothing(name):
    assert count(name, 1.0, None, 1000) == 1000
    assert not Mixture([Noise(name=name, strength=0.0)])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", [name for name, kind in TABLE.items() if kind.unit in BY_CALL])
def test_a_second_try_of_a_transient_fault_is_a_draw_of_its_own(name, rate):
    mixture, cause = only(name, rate, sticky=False)
    first, second = (falls_on_first(mixture, cause, occurrence) for occurrence in (0, 1))
    low, high = bounds(rate, len(second))
    assert low <= sum(second) <= high
    both = sum(one and other for one, other in zip(first, second, strict=True))
    low, high = bounds(rate * rate, len(second))
    assert low <= both <= high


@pytest.mark.parametrize("name", [name for name, kind in TABLE.items() if kind.unit in BY_CALL])
def test_a_second_try_of_a_sticky_fault_meets_the_same(name):
    mixture, cause = only(name, 0.3, sticky=True)
    assert falls_on_first(mixture, cause, 0) == falls_on_first(mixture, cause, 3)


def falls_on_first(mixture, cause, occurrence):
    """Whether noise falls on the first unit of a call, for 3,000 seeds."""
    if cause.kind.hook != "hits" or cause.kind.unit == "call":
        return [bool(struck(mixture, cause, seed, occurrence)) for seed in range(3000)]
    found = []
    for seed in range(3000):
        weather = Weather(mixture, Scene(seed=seed, role="worker"), "search", {}, occurrence)
        found.append(bool(weather._struck(cause, weather._draw(cause), HITS[:1])))
    return found


PAGES = tuple(
    Page(
        url=f"{SITE}{n:02}",
        title=f"River {n}",
        text=f"The river {n} is long. " * 30,
        links=(),
    )
    for n in range(12)
)
EFFECTIVE = {"duplicate": 3}
"""Of four hits, how many can be struck to an effect, where that is not all: a double of the last
has no room."""


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "name", [n for n, k in TABLE.items() if k.hook in ("failure", "reply", "hits")]
)
def test_the_web_records_noise_as_often_as_is_declared(name, rate):
    corpus, kind, calls = MemoryCorpus(PAGES), TABLE[name], 1500
    web = Web(corpus, retriever_for(corpus), [Noise(name=name, strength=rate)], top_k=4)
    tool = kind.tools[0]
    arguments = {"query": "river long"} if tool == "search" else {"url": PAGES[0].url}
    met = 0
    for seed in range(calls):
        scene = Scene(seed=seed, tool=tool, number=FAR, used=FAR)
        result, _ = web.call(Call(id="1", tool=tool, arguments=arguments), None, scene, 0)
        met += name in result.noise
    by_hit = kind.hook == "hits" and kind.unit != "call"
    of = EFFECTIVE.get(name, 4) if by_hit else 1
    low, high = bounds(1 - (1 - rate) ** of, calls)
    assert low <= met <= high


@pytest.mark.parametrize("name", [name for name, kind in TABLE.items() if kind.hook == "page"])
def test_the_web_never_records_noise_on_pages_more_often_than_is_declared(name):
    """How often it can do something to a page is the model's own matter."""
    corpus = MemoryCorpus(PAGES)
    web = Web(corpus, retriever_for(corpus), [Noise(name=name, strength=0.3)])
    call = Call(id="1", tool="fetch", arguments={"url": PAGES[0].url})
    view = View(url=PAGES[0].url)
    met = sum(name in web.call(call, view, Scene(seed=s), 0)[0].noise for s in range(1000))
    assert met <= bounds(0.3, 1000)[1]
