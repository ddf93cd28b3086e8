"""Failures as a session meets them: what they say, whether a retry helps, and who is to blame."""

import msgspec
import pytest

from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Scene
from webenvs.noise.table import TABLE
from webenvs.noise.weather import Mixture, Weather
from webenvs.players.message import say

SITE = "https://small.example/"
SAID = {
    "timeout": ("timeout", "The request timed out after 30 s. You can try again.", 30),
    "rate_limited": ("rate_limited", "Too many requests (HTTP 429). You can try again.", 0.1),
    "server_error": ("server_error", "The server failed (HTTP 503). You can try again.", 0.5),
    "internal_error": ("server_error", "The server met an internal error (HTTP 500).", 0.5),
    "refused": ("refused", "The connection was refused. You can try again.", 0.05),
    "forbidden": ("blocked", "Access was denied (HTTP 403).", 0.1),
    "gone": ("not_found", "The page was not found (HTTP 404).", 0.1),
}
FAILURES = [n for n, kind in TABLE.items() if kind.model.startswith("webenvs.noise.failures:")]
BY_CALL = [name for name in FAILURES if TABLE[name].unit == "call"]


def failure(text, tool="fetch", occurrence=0, **scene):
    """The failure that this noise makes of a call, or None."""
    made = Scene(**{"seed": 0, "tool": tool, **scene})
    return Weather(Mixture(noise_from(text)), made, tool, {"query": "x"}, occurrence).failure()


def statuses(session, messages):
    return [session.act(message).results[0].status for message in messages]


def asked(count, word="river"):
    """So many searches, no two alike."""
    return [say("search", query=f"{word} {n}") for n in range(count)]


@pytest.mark.parametrize("name", SAID)
def test_a_failure_says_what_the_real_one_says_and_takes_its_time(name):
    met = failure(f"{name}:1")
    assert (met.status, met.content, met.seconds) == SAID[name]


def test_every_failure_of_a_single_call_is_tested_here():
    assert set(SAID) == set(BY_CALL)


def test_a_time_out_names_its_seconds():
    met = failure("timeout:1(seconds=2.5)")
    assert met.content == "The request timed out after 2.5 s. You can try again."
    assert met.seconds == 2.5


def test_a_rate_limit_says_when_to_come_back_if_it_is_told():
    met = failure("rate_limited:1(retry_after=20)")
    assert met.content == "Too many requests (HTTP 429). You can try again after 20 s."
    assert met.detail == {"retry_after": 20}


@pytest.mark.parametrize("name", BY_CALL)
def test_a_failed_call_shows_nothing_and_is_the_environments_fault(begin, name):
    session = begin(noise=f"{name}:1")
    (result,) = session.act(say("fetch", url=SITE + "alba")).results
    assert (result.content, result.urls, result.opened) == (SAID[name][1], (), False)
    assert (result.noise, result.error) == ((name,), "env_error")
    assert session.state.frames[0].view is None


@pytest.mark.parametrize("name", BY_CALL)
def test_a_retry_is_executed_and_helps_at_the_rate_if_the_fault_is_transient(begin, name):
    retries = tried_twice(begin, f"{name}:0.5")
    assert 10 < retries.count("ok") < len(retries) - 10
    assert set(retries) == {"ok", SAID[name][0]}


@pytest.mark.parametrize("name", BY_CALL)
def test_a_retry_is_executed_and_fails_again_if_the_fault_is_sticky(begin, name):
    retries = tried_twice(begin, f"{name}:0.5(sticky)")
    assert len(retries) > 20
    assert set(retries) == {SAID[name][0]}


def tried_twice(begin, noise):
    """What second tries brought, over the seeds at which the first one failed."""
    message = say("fetch", url=SITE + "alba")
    found = []
    for seed in range(80):
        first, second = statuses(begin(noise=noise, seed=seed), [message] * 2)
        if first != "ok":
            found.append(second)
    return found


def test_a_page_cannot_be_gone_where_no_page_is_asked_for():
    with pytest.raises(SettingError, match="one that it can fall on: fetch, click"):
        noise_from("gone:0.5@search")
    assert failure("gone:1", tool="search") is None


def test_a_quota_allows_so_many_calls_of_a_tool_and_no_more(begin):
    session = begin(noise="quota:1(calls=3)@search", turns=30)
    fetch = say("fetch", url=SITE + "alba")
    assert statuses(session, asked(3)) == ["ok"] * 3
    assert statuses(session, [fetch]) == ["ok"]
    assert statuses(session, asked(3, "bridge")) == ["quota_exhausted"] * 3
    assert statuses(session, [say("fetch", url=SITE + "brena")]) == ["ok"]


def test_what_is_out_of_quota_stays_so_however_often_it_is_tried(begin):
    session = begin(noise="quota:1(calls=0)", turns=30)
    assert statuses(session, asked(1) * 5) == ["quota_exhausted"] * 5


def test_an_episode_has_a_quota_or_has_none(begin):
    ends = set()
    for seed in range(30):
        session = begin(noise="quota:0.5(calls=2)", seed=seed, turns=30)
        ends.add(tuple(statuses(session, asked(6))))
    assert ends == {("ok",) * 6, ("ok",) * 2 + ("quota_exhausted",) * 4}


def test_quotas_are_drawn_tool_by_tool():
    drawn = {
        tuple(failure("quota:0.5(calls=1)", tool, seed=s, used=1) is None for tool in TOOLS)
        for s in range(60)
    }
    assert len(drawn) == 4


TOOLS = ("search", "fetch")


def test_workers_share_a_quota(begin):
    session = begin(game="team", noise="quota:1(calls=1)@worker/search")
    session.act({"calls": [{"name": "delegate", "arguments": {"task": t}} for t in "AB"]})
    assert statuses(session, asked(2)) == ["ok", "quota_exhausted"]


def test_a_quota_tells_researchers_how_much_was_used():
    met = failure("quota:1(calls=2)", seed=1, used=4)
    assert met.detail == {"used": 4}
    assert met.content == "The quota of 2 calls is used up: nothing more will be answered."


def test_an_outage_fails_windows_of_calls_together(begin):
    seen = set()
    for seed in range(30):
        found = statuses(begin(noise="outage:0.5(window=4)", seed=seed, turns=30), asked(12))
        windows = [found[at : at + 4] for at in (0, 4, 8)]
        assert all(len(set(window)) == 1 for window in windows)
        seen.add(tuple(window[0] for window in windows))
    assert len(seen) == 8, "each window falls on its own"


def test_all_tools_are_out_together(begin):
    for seed in range(20):
        session = begin(noise="outage:0.5(window=2)", seed=seed)
        search, fetch = statuses(session, [*asked(1), say("fetch", url=SITE + "alba")])
        assert search == fetch


def test_waiting_for_the_end_of_an_outage_helps():
    down = failure("outage:0.5(window=3)", seed=5, number=0) is not None
    later = {failure("outage:0.5(window=3)", seed=5, number=n) is not None for n in range(3, 60)}
    assert later == {True, False}
    assert all(
        (failure("outage:0.5(window=3)", seed=5, number=n) is not None) == down for n in range(3)
    )


@pytest.mark.parametrize("name", [name for name in FAILURES if name not in BY_CALL])
@pytest.mark.parametrize("habit", ["sticky", "transient"])
def test_what_is_not_drawn_by_the_call_is_neither_sticky_nor_transient(name, habit):
    with pytest.raises(SettingError, match=f"{name}.*not by the call: leave out sticky"):
        noise_from(f"{name}:0.5({habit})")


@pytest.mark.parametrize("name", FAILURES)
def test_a_stronger_noise_fails_every_call_that_a_weaker_one_did(name):
    for seed in range(200):
        scene = {"seed": seed, "number": 40, "used": 40}
        assert failure(f"{name}:0.2", **scene) is None or failure(f"{name}:0.6", **scene)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_a_function_of_the_call_and_its_scene(name):
    scenes = [{"seed": seed, "number": 7, "used": 7} for seed in range(60)]
    once = [failure(f"{name}:0.5", **scene) for scene in scenes]
    assert [failure(f"{name}:0.5", **scene) for scene in reversed(scenes)] == once[::-1]


@pytest.mark.parametrize(
    "text",
    [
        "timeout:1(seconds=-1)",
        "timeout:1(seconds=soon)",
        "rate_limited:1(retry_after=-5)",
        "rate_limited:1(retry_after=NaN)",
        "quota:1(calls=-1)",
        "quota:1(calls=1.5)",
        "outage:1(window=0)",
        "rot:1(seconds=-1)",
        "redirect:1(seconds=-0.5)",
        "redirect:1(seconds=1e9)",
    ],
)
def test_options_that_make_no_sense_are_refused(text):
    name, _, option = text.partition(":1(")
    with pytest.raises(SettingError, match=f"Noise '{name}'.*{option.partition('=')[0]}"):
        noise_from(text)


def test_failures_of_a_whole_episode_survive_a_snapshot(begin):
    """Time is counted in the state."""
    settings = {"noise": "quota:1(calls=2),outage:0.5(window=2)@search", "turns": 30}
    one, other = begin(**settings), begin(**settings)
    statuses(one, asked(5))
    other.restore(msgspec.json.decode(msgspec.json.encode(one.snapshot())))
    assert statuses(one, asked(5, "bridge")) == statuses(other, asked(5, "bridge"))
