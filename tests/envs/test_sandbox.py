"""The sandbox in an episode: limits, tries, engines and pages, computed by hand."""

import dataclasses
import random

import msgspec
import pytest

from webenvs.envs.session import Session
from webenvs.errors import UnavailableError
from webenvs.players.message import say, say_all
from webenvs.seeding import integer, uniform
from webenvs.web.web import Web

RESEARCHER = "researcher_0"
SPLIT = say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
DOWN = [{"name": "timeout", "tools": ["search"]}]
PAGES_DOWN = [{"name": "timeout", "tools": ["fetch"]}]


def results(session, *messages):
    return [result for message in messages for result in session.act(message).results]


def clock(session, player=RESEARCHER):
    return session.info(player)["clock"]


def searches(*queries):
    return [say("search", query=query) for query in queries]


def test_without_a_sandbox_no_time_passes(begin, site):
    session = begin(noise=DOWN)
    (result,) = results(session, say("search", query="river"))
    assert (result.status, result.seconds, result.attempts) == ("timeout", 0, 1)
    assert clock(session) == 0
    assert "seconds" not in session.info(RESEARCHER)["budget"]


def test_every_call_takes_its_time(begin, site):
    session = begin(sandbox={"latency": {"find": 0.25}})
    found = results(
        session,
        say("search", query="river"),
        say("fetch", url=site("alba")),
        say("find", text="Brena"),
        say("click", link=0),
    )
    assert [result.seconds for result in found] == [0.5, 1.0, 0.25, 1.0]
    assert clock(session) == 2.75
    assert session.info(RESEARCHER)["latency"] == (1.0,)
    assert session.info(RESEARCHER)["attempts"] == (1,)


def test_what_asks_nobody_takes_no_time(begin):
    session = begin(sandbox={"latency": {}}, calls={"search": 1})
    again = results(session, *searches("river", "river", "town"), say("serch", query="x"))
    assert [result.status for result in again[1:]] == ["duplicate", "over_budget", "unknown_tool"]
    assert clock(session) == 0.5


def test_a_failure_takes_the_time_of_the_failure(begin):
    session = begin(sandbox={"latency": {}}, noise=DOWN)
    (result,) = results(session, say("search", query="river"))
    assert (result.seconds, clock(session)) == (30, 30)


def test_a_rate_limit_lets_a_burst_through_and_then_makes_calls_wait(begin):
    """2 tokens at 0; 1.05 - 1 left at 0.1; 0.1 at 0.2, so 1.8 s to a whole one; then 2 s each."""
    limit = {"rate": 0.5, "burst": 2}
    session = begin(sandbox={"latency": {"search": 0.1}, "limits": {"search": limit}})
    found = results(session, *searches("river", "town", "bridge", "chess"))
    assert [result.seconds for result in found] == [0.1, 0.1, 1.9, 2.0]
    assert [result.status for result in found] == ["ok"] * 4
    assert found[2].details["sandbox"] == {"waited": 1.8}
    assert clock(session) == 4.1


def test_a_rate_limit_agrees_with_a_bucket_that_is_filled_second_by_second(begin, site):
    chance = random.Random(4)
    limit = {"rate": 0.4, "burst": 3}
    session = begin(sandbox={"limits": {"search": limit}}, turns=300)
    now, tokens, filled = 0.0, 3.0, 0.0
    for number in range(200):
        if chance.random() < 0.6:
            session.act(say("fetch", url=site(f"none{number}")))
            now += 1.0
            continue
        tokens = min(3.0, tokens + (now - filled) * 0.4)
        wait = max(0.0, (1 - tokens) / 0.4)
        tokens, filled = tokens + wait * 0.4 - 1, now + wait
        (result,) = results(session, say("search", query=f"q{number}"))
        assert result.seconds == pytest.approx(wait + 0.5, abs=1e-5)
        now = filled + 0.5
    assert clock(session) == pytest.approx(now, abs=1e-3)


def test_a_rate_limit_that_does_not_wait_refuses_and_says_when_to_come_back(begin, site):
    limit = {"rate": 0.5, "burst": 1, "wait": False}
    session = begin(sandbox={"limits": {"search": limit}}, calls={"search": 2})
    first, second = results(session, *searches("river", "town"))
    assert (first.status, first.seconds) == ("ok", 0.5)
    assert (second.status, second.executed, second.seconds) == ("rate_limited", False, 0.1)
    assert second.error == "env_error"
    assert second.content == "Too many requests: try again in 1.5 s."
    assert session.info(RESEARCHER)["budget"]["search"] == 1, "nothing was executed"
    results(session, say("fetch", url=site("alba")), say("find", text="a"), say("find", text="b"))
    assert clock(session) == 1.8
    (early,) = results(session, *searches("town"))
    assert early.content == "Too many requests: try again in 0.2 s."
    results(session, say("find", text="c"))
    (late,) = results(session, *searches("town"))
    assert (late.status, clock(session)) == ("ok", 2.5)


def test_tools_have_buckets_of_their_own(begin, site):
    limit = {"rate": 0.1, "burst": 1}
    session = begin(sandbox={"limits": {"search": limit, "fetch": limit}})
    found = results(session, say("search", query="river"), say("fetch", url=site("alba")))
    assert [result.seconds for result in found] == [0.5, 1.0]


def test_workers_share_a_bucket(begin):
    limit = {"rate": 0.1, "burst": 1}
    session = begin(game="team", sandbox={"limits": {"search": limit}})
    session.act(SPLIT)
    found = results(session, *searches("river", "town"))
    assert [result.seconds for result in found] == [0.5, 10.5]


def test_a_failing_call_is_tried_again_on_a_fixed_schedule(begin):
    """Four time-outs of 30 s with pauses of 1, 2 and 4 s between them."""
    session = begin(noise=DOWN, sandbox={"retries": {"attempts": 4, "backoff": [1, 2, 4]}})
    (result,) = results(session, say("search", query="river"))
    assert (result.status, result.attempts, result.seconds) == ("timeout", 4, 127)
    assert result.details["sandbox"]["tried"] == [{"status": "timeout", "noise": ["timeout"]}] * 4
    assert session.state.executed == 4


def struck(seed, occurrence, tool="search", **arguments):
    return uniform(seed, tool, arguments, occurrence, "timeout") < 0.5


@pytest.mark.parametrize("sticky", [False, True])
def test_every_try_draws_anew_unless_the_fault_is_sticky(begin, sticky):
    seen = set()
    for seed in range(24):
        noise = [{"name": "timeout", "strength": 0.5, "sticky": sticky}]
        session = begin(seed=seed, noise=noise, sandbox={"retries": {"attempts": 3}})
        (result,) = results(session, say("search", query="river"))
        draws = [struck(seed, 0 if sticky else n, query="river") for n in range(3)]
        failures = next((n for n, draw in enumerate(draws) if not draw), 3)
        assert result.attempts == min(failures + 1, 3)
        assert result.status == ("timeout" if failures == 3 else "ok")
        assert result.seconds == (0.5, 30 + 1 + 0.5, 60 + 1 + 2 + 0.5, 90 + 1 + 2)[failures]
        seen.add(result.attempts)
    assert seen == ({1, 3} if sticky else {1, 2, 3})


def test_a_second_call_goes_on_with_the_next_draws(begin):
    seed = next(s for s in range(99) if all(struck(s, n, query="river") for n in range(4)))
    seed_noise = {"seed": seed, "noise": "timeout:0.5"}
    session = begin(**seed_noise, sandbox={"retries": {"attempts": 2}})
    results(session, *searches("river", "river"))
    (count,) = session.state.occurrences.values()
    assert count == 4


def test_every_try_takes_a_token(begin):
    limit = {"rate": 0.01, "burst": 2}
    sandbox = {"limits": {"search": limit}, "retries": {"attempts": 3, "backoff": [1]}}
    session = begin(noise=DOWN, sandbox=sandbox)
    (result,) = results(session, say("search", query="river"))
    assert result.details["sandbox"]["waited"] == 100 - 62, "two at 0 and 31, one token at 100"
    assert result.seconds == 130


def test_refused_tries_follow_the_schedule_too(begin):
    """At 0.5 and 1.6 the bucket is empty until 2.0; the third try at 2.7 is served."""
    limit = {"rate": 0.5, "burst": 1, "wait": False}
    sandbox = {"limits": {"search": limit}, "retries": {"attempts": 3, "backoff": [1]}}
    session = begin(sandbox=sandbox)
    _, late = results(session, *searches("river", "town"))
    assert (late.status, late.attempts, late.seconds, late.executed) == ("ok", 3, 2.7, True)
    assert session.state.executed == 2


def test_a_backup_has_a_bucket_of_its_own(begin):
    limit = {"rate": 0.01, "burst": 1, "wait": False}
    session = begin(sandbox={"limits": {"search": limit}, "failover": ["bm25"]})
    found = results(session, *searches("river", "town", "bridge"))
    assert [result.status for result in found] == ["ok", "ok", "rate_limited"]
    assert [result.attempts for result in found] == [1, 2, 2]
    assert [result.executed for result in found] == [True, True, False]


def test_players_mistakes_and_empty_results_are_not_tried_again(begin, site):
    session = begin(sandbox={"retries": {"attempts": 3}})
    found = results(
        session, say("search", query="zzyzx"), say("fetch", url=site("none")), say("find", text="x")
    )
    assert [result.attempts for result in found] == [1, 1, 1]
    assert [result.status for result in found] == ["empty", "not_found", "not_found"]


FAILOVER = {"failover": [{"retriever": "bm25", "search": {"k1": 0.5}}, "bm25"]}


def backup_struck(seed, place):
    return struck(integer(2**63, seed, "failover", place), 0, query="river")


def test_a_backup_engine_is_asked_when_search_still_fails(begin):
    """Each engine draws apart: 0.5 s where it works, 30 s where it does not."""
    seen = set()
    for seed in range(40):
        session = begin(seed=seed, noise="timeout:0.5", sandbox=FAILOVER)
        (result,) = results(session, say("search", query="river"))
        down = [struck(seed, 0, query="river"), backup_struck(seed, 1), backup_struck(seed, 2)]
        tries = down.index(False) + 1 if False in down else 3
        assert (result.attempts, result.status) == (tries, "timeout" if all(down) else "ok")
        assert result.seconds == (90 if all(down) else 30 * (tries - 1) + 0.5)
        told = result.details.get("sandbox", {})
        assert told.get("backend") == ("bm25" if tries > 1 and not all(down) else None)
        seen.add(tuple(down[:tries]))
    assert {(False,), (True, False), (True, True, False), (True, True, True)} <= seen


def test_the_backup_answers_with_its_own_ranking_and_the_record_tells_its_name(begin):
    seed = next(s for s in range(99) if struck(s, 0, query="river") and not backup_struck(s, 1))
    sandbox = {"failover": ["rank-bm25"]}
    session = begin(seed=seed, noise="timeout:0.5", sandbox=sandbox)
    clean = begin(retriever="rank-bm25")
    (found,), (wanted,) = (results(s, say("search", query="river")) for s in (session, clean))
    assert found.content == wanted.content
    assert found.noise == ()
    assert found.details["sandbox"] == {
        "backend": "rank-bm25",
        "tried": [
            {"status": "timeout", "noise": ["timeout"]},
            {"status": "ok", "backend": "rank-bm25"},
        ],
    }


def test_pages_have_no_backup(begin, site):
    session = begin(noise=PAGES_DOWN, sandbox=FAILOVER)
    (result,) = results(session, say("fetch", url=site("alba")))
    assert (result.status, result.attempts) == ("timeout", 1)


def test_the_cache_answers_another_worker_without_time_token_or_draw(begin, site):
    limit = {"rate": 0.01, "burst": 1}
    sandbox = {"cache": True, "limits": {"fetch": limit}}
    session = begin(game="team", sandbox=sandbox)
    session.act(SPLIT)
    first, second = results(session, *[say("fetch", url=site("alba"))] * 2)
    assert (first.status, first.executed, first.seconds) == ("ok", True, 1.0)
    assert (second.status, second.executed, second.seconds) == ("ok", False, 0)
    assert (second.content, second.opened, second.attempts) == (first.content, True, 0)
    cached = second.details["sandbox"]["cached"]
    assert cached["call"] == first.call
    assert len(cached["key"]) == 64
    assert list(session.state.occurrences.values()) == [1]
    clicked, clicked_too = results(session, *[say("click", link=1)] * 2)
    assert clicked.urls == clicked_too.urls == (site("brena"),), "the page is open for both"
    assert clicked_too.details["sandbox"]["cached"]["call"] == clicked.call


def test_what_was_done_to_a_cached_page_is_told_of_everyone_who_reads_it(begin, site):
    session = begin(game="team", sandbox={"cache": True}, noise="inject:1")
    session.act(SPLIT)
    first, second = results(session, *[say("fetch", url=site("alba"))] * 2)
    assert (second.executed, second.content) == (False, first.content)
    assert second.noise == first.noise == ("inject",)
    one, other = (session.noise(f"worker_{number}") for number in (0, 1))
    assert [entry["detail"] for entry in one] == [entry["detail"] for entry in other] != [{}]


def test_a_players_own_repeat_stays_a_duplicate(begin):
    session = begin(game="team", sandbox={"cache": True})
    session.act(SPLIT)
    found = results(session, *searches("river", "river", "river", "river"))
    assert [result.status for result in found] == ["ok", "ok", "duplicate", "duplicate"]


def test_failures_are_not_kept(begin):
    session = begin(game="team", noise=DOWN, sandbox={"cache": True})
    session.act(SPLIT)
    found = results(session, *searches("river", "river"))
    assert [result.status for result in found] == ["timeout", "timeout"]
    assert all(result.executed for result in found)


def test_what_the_cache_answers_costs_nothing_and_takes_nothing_from_a_budget(begin):
    session = begin(game="team", sandbox={"cache": True}, calls={"search": 1})
    session.act(SPLIT)
    found = results(session, *searches("river", "river", "town", "town"))
    assert [result.status for result in found] == ["ok", "ok", "over_budget", "ok"]


def test_the_key_of_the_cache_tells_engines_sizes_and_calls_apart(begin):
    keys = set()
    for settings in ({}, {"search": {"k1": 0.5}}, {"top_k": 2}, {"page_characters": 500}):
        session = begin(game="team", sandbox={"cache": True}, **settings)
        session.act(SPLIT)
        messages = searches("river", "river", "town", "town")
        _, river, _, town = results(session, *messages)
        keys |= {result.details["sandbox"]["cached"]["key"] for result in (river, town)}
    assert len(keys) == 8


def test_what_one_player_may_not_open_is_not_answered_from_anothers_cache(scenario, small_tasks):
    """A planner walks freely; its walker may not leave /alba, though the planner has been there."""
    made = scenario(game="team", planner_web=("fetch",), sandbox={"cache": True})
    planner, worker = made.game.roles
    site = msgspec.structs.replace(worker, site=True)
    game = msgspec.structs.replace(made.game, roles=(planner, site))
    root = "https://small.example/alba"
    task = msgspec.structs.replace(small_tasks.tasks[0], meta={"root": root})
    session = Session(dataclasses.replace(made, game=game), task, 0)
    brena = say("fetch", url="https://small.example/brena")
    results(session, brena, say("delegate", task="A"))
    (blocked,) = results(session, brena)
    assert (blocked.status, blocked.executed) == ("blocked", True)


def test_a_page_that_cannot_be_opened_is_answered_with_what_search_shows_of_it(begin, site):
    session = begin(noise=PAGES_DOWN, sandbox={"degrade": True, "retries": {"attempts": 2}})
    (result,) = results(session, say("fetch", url="http://small.example/veit"))
    assert result.content == (
        "The request timed out after 30 s. You can try again.\n"
        "What search shows of this page:\n"
        f"1. Ilsa Veit\n   {site('veit')}\n   Ilsa Veit was born in Tarn. She likes chess."
    )
    assert (result.status, result.error, result.opened) == ("degraded", "env_error", False)
    assert (result.urls, result.attempts, result.seconds) == ((site("veit"),), 2, 61)
    assert (result.noise, result.cost) == (("timeout",), len(result.content))
    assert result.details["sandbox"]["degraded"] == "timeout"
    (find,) = results(session, say("find", text="Tarn"))
    assert find.content == "No page is open: fetch a page first."


def test_a_degraded_page_is_asked_for_again(begin, site):
    seed = next(s for s in range(99) if [down(s, n, site) for n in range(2)] == [True, False])
    session = begin(seed=seed, noise="timeout:0.5", sandbox={"degrade": True})
    found = results(session, *[say("fetch", url=site("veit"))] * 2)
    assert [result.status for result in found] == ["degraded", "ok"]


def down(seed, occurrence, site):
    return struck(seed, occurrence, "fetch", url=site("veit"), page=1)


def test_a_click_that_fails_shows_the_page_it_leads_to_and_stays_where_it_was(begin, site):
    noise = [{"name": "timeout", "tools": ["click"]}]
    session = begin(noise=noise, sandbox={"degrade": True})
    _, clicked, find = results(
        session, say("fetch", url=site("alba")), say("click", link=1), say("find", text="Monte")
    )
    assert (clicked.status, clicked.urls) == ("degraded", (site("brena"),))
    assert find.status == "ok", "alba is still open"


def test_a_long_page_shows_its_lead(begin, site):
    session = begin(noise=PAGES_DOWN, sandbox={"degrade": True})
    (result,) = results(session, say("fetch", url=site("chronicle")))
    lead = result.content.splitlines()[-1].strip()
    assert len(lead) == 240
    assert lead.startswith("In the year 1700 the bridge")
    assert lead.endswith(" …")


@pytest.mark.parametrize(
    "call",
    [say("fetch", url="https://small.example/none"), say("click", link=0), say("find", text="x")],
    ids=["no such page", "nothing open", "no page is opened"],
)
def test_what_shows_no_page_is_not_degraded(begin, call):
    session = begin(noise="timeout:1", sandbox={"degrade": True})
    (result,) = results(session, call)
    assert result.status == "timeout"


def test_a_link_that_is_not_there_is_not_degraded(begin, site):
    noise = [{"name": "timeout", "tools": ["click"]}]
    session = begin(noise=noise, sandbox={"degrade": True})
    _, result = results(session, say("fetch", url=site("alba")), say("click", link=9))
    assert result.status == "timeout"


class Unrecorded:
    """An engine behind a recording that holds no answer."""

    settings = {"engine": "unrecorded"}  # noqa: RUF012 - as engines have it

    def search(self, query, k):
        raise UnavailableError(query)


def test_what_no_try_can_mend_is_not_tried_again_but_a_backup_is_asked(scenario, small_corpus):
    sandbox = {"retries": {"attempts": 4}}
    for backups, status, attempts in (([], "unavailable", 1), (["bm25"], "ok", 2)):
        made = scenario(sandbox={**sandbox, "failover": backups})
        made = dataclasses.replace(made, web=Web(small_corpus, Unrecorded()))
        session = Session(made, made.tasks.tasks[0], 0)
        (result,) = results(session, say("search", query="river"))
        assert (result.status, result.attempts) == (status, attempts)


@pytest.mark.parametrize(("tool", "name"), [("back", "alba"), ("read", "brena"), ("click", "veit")])
def test_walkers_are_shown_the_lead_of_pages_that_they_cannot_reach(
    scenario, small_tasks, site, tool, name
):
    made = scenario(
        game="walk", sandbox={"degrade": True}, noise=[{"name": "timeout", "turns": [1, 9]}]
    )
    task = msgspec.structs.replace(
        small_tasks.tasks[0], meta={"root": site("alba"), "prefix": site("")}
    )
    session = Session(made, task, 0)
    (opened,) = results(session, say("click", link=1))
    assert opened.urls == (site("brena"),)
    last = {"back": say("back"), "read": say("read", part=1), "click": say("click", link=0)}[tool]
    (result,) = results(session, last)
    assert result.status == "degraded"
    assert result.urls == (site(name),)


def test_a_page_outside_of_the_walk_is_not_shown(scenario, small_tasks, site):
    made = scenario(
        game="walk", sandbox={"degrade": True}, noise=[{"name": "timeout", "turns": [0, 9]}]
    )
    task = msgspec.structs.replace(small_tasks.tasks[0], meta={"root": site("alba")})
    (result,) = results(Session(made, task, 0), say("click", link=1))
    assert (result.status, result.urls) == ("timeout", ())


def test_a_quota_counts_calls_and_not_the_tries_that_they_take(begin):
    """Whoever has used it up stays without, however often earlier calls were tried."""
    noise = "quota:1(calls=2)@search,timeout:1(turns=0-0)"
    session = begin(noise=noise, sandbox={"retries": {"attempts": 4}})
    found = results(session, *searches("river", "town", "hill", "lake"))
    assert [result.status for result in found] == ["timeout", "ok", *["quota_exhausted"] * 2]
    assert [result.attempts for result in found] == [4, 1, 1, 1]
