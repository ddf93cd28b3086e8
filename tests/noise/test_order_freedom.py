"""What a call meets is a matter of the call alone, whatever was called before it."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.noise.declared import Noise
from webenvs.noise.model import Scene
from webenvs.noise.table import TABLE
from webenvs.players.message import say
from webenvs.records import Call, Claim, Link, Page
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.seeding import canonical_json, shuffled
from webenvs.web.view import View
from webenvs.web.web import Web

ORDERS = 100
SITE = "https://o.example/"
FREE = [name for name, kind in TABLE.items() if not kind.timed]
TIMED = [name for name in TABLE if TABLE[name].timed and TABLE[name].hook == "failure"]
ON_WEB = [name for name, kind in TABLE.items() if kind.hook in ("failure", "hits", "page", "reply")]


def page(number):
    years = " ".join(f"In {1700 + 10 * number + n} the bridge was mended." for n in range(20))
    links = tuple(Link(anchor=f"page {to}", url=f"{SITE}{to}", position=to) for to in range(number))
    return Page(
        url=f"{SITE}{number}",
        title=f"River {number % 4} ({number})",
        text=f"River {number}.\n\n## History\n\n{years}\n\n## Course\n\nIt flows by page {number}.",
        links=links,
    )


PAGES = tuple(page(number) for number in range(10))
CORPUS = MemoryCorpus(PAGES)


class Knowing:
    """What is known of the rivers: their numbers, and which share a name."""

    def claims(self, url):
        text = PAGES[int(url.removeprefix(SITE))].text
        end = text.index(".")
        known = {"fact": "river", "others": ("77", "78"), "older": ("55",), "until": (2015,)}
        return (Claim(start=6, end=end, text=text[6:end], **known),)

    def namesakes(self, url):
        number = int(url.removeprefix(SITE))
        return tuple(f"{SITE}{n}" for n in range(number % 4, 10, 4) if n != number)


def web(*noises):
    """A web that remembers nothing yet."""
    return Web(CORPUS, retriever_for(CORPUS), noises, top_k=4, page_characters=300, lore=Knowing())


OPEN = View(url=f"{SITE}7", trail=(f"{SITE}3",))
ASKED = (
    *(("search", {"query": query}) for query in ("river", "bridge 1703", "page 7", "zzz", "")),
    *(("fetch", {"url": f"{SITE}{n}"}) for n in (0, 3, 7, 9, "none")),
    *(("fetch", {"url": f"{SITE}7", "page": n}) for n in (2, 3)),
    ("click", {"link": 0}),
    ("click", {"link": 5}),
    ("find", {"text": "bridge"}),
    ("back", {}),
    ("read", {}),
)
CALLS = tuple(
    (Call(id=f"{number}.{occurrence}", tool=tool, arguments=arguments), occurrence)
    for number, (tool, arguments) in enumerate(ASKED)
    for occurrence in (0, 1)
)


def answers(made, calls, number=lambda call: 0):
    """What every call brings and leaves open, asked in this order."""
    found = {}
    for call, occurrence in calls:
        at = number(call)
        scene = Scene(seed=4, role="worker", tool=call.tool, number=at, used=at)
        found[call.id] = made.call(call, OPEN, scene, occurrence)
    return found


def in_any_order(noises, number=lambda call: 0):
    """The answers in the usual order; fails if they differ in one of a hundred others."""
    usual = answers(web(*noises), CALLS, number)
    shared = web(*noises)
    for order in range(ORDERS):
        made = shared if order % 2 else web(*noises)
        assert answers(made, shuffled(CALLS, order), number) == usual
    return usual


def applied(found):
    return {name for result, _ in found.values() for name in result.noise}


@pytest.mark.parametrize("name", [name for name in ON_WEB if name in FREE])
def test_every_call_is_answered_alike_in_a_hundred_orders(name):
    assert applied(in_any_order([Noise(name=name, strength=0.6)])) == {name}


def test_every_call_is_answered_alike_in_a_hundred_orders_under_all_noise_at_once():
    noises = [Noise(name=name, strength=0.15) for name in ON_WEB if name in FREE]
    assert len(applied(in_any_order(noises))) > len(noises) / 4


@pytest.mark.parametrize("name", TIMED)
def test_what_goes_by_time_answers_alike_at_the_same_time(name):
    found = in_any_order([Noise(name=name, strength=0.6)], lambda call: int(float(call.id) * 10))
    assert applied(found) == {name}


@pytest.mark.parametrize("name", TIMED)
def test_what_goes_by_time_answers_otherwise_at_another_time(name):
    made, (call, _) = web(Noise(name=name, strength=0.5)), CALLS[0]

    def statuses(seed):
        scenes = [Scene(seed=seed, tool="search", number=at, used=at) for at in range(60)]
        return {made.call(call, None, scene, 0)[0].status for scene in scenes}

    assert max(len(statuses(seed)) for seed in range(9)) == 2


def texts(begin, noises, messages, seed):
    """What the player read on each of its calls, and what was done to it."""
    session = begin(noise=noises, turns=100, seed=seed)
    found = {}
    for message in messages:
        turn = session.act(message)
        (call,), (result,) = turn.calls, turn.results
        key = canonical_json((call.tool, call.arguments)).decode()
        entry = (result.status, result.content, result.urls, result.noise, result.details)
        found.setdefault(key, []).append(entry)
    return found


MESSAGES = (
    *(say("search", query=query) for query in ("river", "bridge", "town mayor", "mountain")),
    *(say("fetch", url=f"https://small.example/{n}") for n in ("alba", "brena", "corvo", "veit")),
)


@pytest.mark.parametrize("hook", ["failure", "hits", "page", "reply"])
def test_every_message_of_a_session_is_answered_alike_in_a_hundred_orders(begin, hook):
    noises = [
        {"name": name, "strength": 0.2}
        for name in FREE
        if TABLE[name].hook == hook and not TABLE[name].lore
    ]
    messages = MESSAGES * 2  # the second time is a retry, or was asked before
    usual = texts(begin, noises, messages, 7)
    for order in range(ORDERS):
        assert texts(begin, noises, shuffled(messages, order), 7) == usual
