"""What strikes a call: at its rate, on its own, nested by strength, sticky or not."""

import textwrap

import pytest

import webenvs
from webenvs.envs.session import Session
from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Scene
from webenvs.noise.weather import Mixture, Weather
from webenvs.players.message import say
from webenvs.records import Hit

HITS = tuple(
    Hit(url=f"https://small.example/{n}", title="t", snippet="s", score=9.0 - n, rank=n + 1)
    for n in range(10)
)


def failed(text, seed, occurrence=0, **scene):
    weather = Weather(
        Mixture(noise_from(text)), Scene(seed=seed, **scene), "search", {"query": "x"}, occurrence
    )
    failure = weather.failure()
    return None if failure is None else failure.status


def left(text, seed, hits=HITS):
    weather = Weather(Mixture(noise_from(text)), Scene(seed=seed), "search", {"query": "x"}, 0)
    return weather.hits("x", hits, None)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_failures_come_at_their_rate(rate):
    met = sum(failed(f"timeout:{rate}", seed) == "timeout" for seed in range(2000))
    assert abs(met / 2000 - rate) < 0.05


def test_different_failures_are_drawn_independently():
    both = sum(
        failed("timeout:0.5", seed) is not None and failed("rate_limited:0.5", seed) is not None
        for seed in range(1000)
    )
    assert 190 < both < 310


def test_a_stronger_noise_keeps_what_a_weaker_one_did():
    for seed in range(300):
        assert failed("timeout:0.2", seed) is None or failed("timeout:0.6", seed) is not None
        kept = {hit.url for hit in left("drop:0.6", seed)}
        assert kept <= {hit.url for hit in left("drop:0.2", seed)}


def test_a_transient_fault_is_drawn_anew_at_every_try_and_a_sticky_one_is_not():
    transient = [[failed("timeout:0.5", s, n) for n in range(6)] for s in range(60)]
    assert any(len(set(tries)) == 2 for tries in transient)
    sticky = [[failed("timeout:0.5(sticky)", s, n) for n in range(6)] for s in range(60)]
    assert all(len(set(tries)) == 1 for tries in sticky)
    assert [tries[0] for tries in sticky] == [tries[0] for tries in transient]


def test_whether_a_hit_is_struck_does_not_depend_on_the_other_hits():
    for seed in range(50):
        all_kept = {hit.url for hit in left("drop:0.5", seed)}
        few = [hit.url for hit in left("drop:0.5", seed, HITS[:5])]
        assert few == [hit.url for hit in HITS[:5] if hit.url in all_kept]


def test_noise_falls_on_the_role_alone_that_it_is_declared_for():
    assert failed("timeout:1@worker", 0, role="worker") == "timeout"
    assert failed("timeout:1@worker", 0, role="planner") is None
    assert failed("timeout:1@fetch", 0) is None


OWN = '''
import msgspec
from msgspec.structs import replace

from webenvs.noise.model import Failure
from webenvs.records import Record


class Teapot(Record, frozen=True, kw_only=True):
    """HTTP 418."""

    size: int = 1

    def failure(self, draw, scene):
        content = f"I am a teapot of size {self.size}."
        return Failure(status="blocked", content=content, detail={"size": self.size})


class Late(Record, frozen=True, kw_only=True):
    """Says when."""

    def failure(self, draw, scene):
        return Failure(status="server_error", content=f"down at message {scene.turn}")


class Dated(Record, frozen=True, kw_only=True):
    """Says on a page when it was opened."""

    def page(self, draw, page, scene, around):
        return replace(page, text=f"Opened at message {scene.turn}. {page.text}"), {}


class Idle(Record, frozen=True, kw_only=True):
    pass


class Loose:
    pass


class Both(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return None

    def reply(self, draw, reply, call):
        return reply, {}


class Soft(msgspec.Struct, kw_only=True):
    def failure(self, draw, scene):
        return None
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "own_noise_for_tests.py").write_text(textwrap.dedent(OWN))
    monkeypatch.syspath_prepend(tmp_path)
    return "own_noise_for_tests"


def test_a_model_of_the_users_own_acts_like_a_built_in_one(own):
    scenario = webenvs.scenario("MultiHop-v0", noise=f"{own}:Teapot:1(size=3)@search")
    session = Session(scenario, scenario.tasks.draw(0, "train"), 0)
    (result,) = session.act(say("search", query="river")).results
    assert result.content == "I am a teapot of size 3."
    assert (result.status, result.error) == ("blocked", "env_error")
    assert session.noise("researcher_0") == [
        {"call": "0.1", "tool": "search", "name": f"{own}:Teapot", "detail": {"size": 3}}
    ]


@pytest.mark.parametrize(("model", "words"), [("Late", "down at"), ("Dated", "Opened at")])
def test_a_model_of_the_users_own_may_depend_on_when(own, begin, site, model, words):
    session = begin(noise=f"{own}:{model}:1@fetch")

    def read(messages):
        fork = session.fork()  # on the same web, which remembers
        for number in range(messages):
            fork.act(say("search", query=f"river {number}"))
        return fork.act(say("fetch", url=site("alba"))).results[0].content

    for messages in (0, 3, 1):
        assert f"{words} message {messages}" in read(messages)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Idle", "none of the hooks"),
        ("Loose", r"must be a msgspec\.Struct"),
        ("Both", "has the hooks failure and reply; a model has one"),
        ("Soft", "must be frozen"),
    ],
)
def test_a_class_that_is_no_model_is_refused(own, name, words):
    with pytest.raises(SettingError, match=words):
        noise_from(f"{own}:{name}:0.5")


def test_what_a_repeated_call_shows_again_is_told_again(begin, site):
    session = begin(noise="inject:1")
    fetch = say("fetch", url=site("alba"))
    told = []
    for _ in range(2):
        session.act(fetch)
        (entry,) = session.noise("researcher_0")
        told.append((entry["call"], entry["name"], entry["detail"]))
    (first, again) = told
    assert session.state.turns[1].results[0].status == "duplicate"
    assert (first[0], again[0]) == ("0.1", "1.1")
    assert first[1:] == again[1:]
