"""The sandbox as settings declare it: what is read, what is refused, and in which words."""

import json

import pytest

from webenvs.envs.settings import Settings, settings_from
from webenvs.errors import SettingError, UnknownNameError
from webenvs.search.engines import TABLE
from webenvs.web.sandbox import (
    ON,
    SHORT,
    Backup,
    Limit,
    Retries,
    Sandbox,
    declared,
    sandbox_from,
)
from webenvs.web.tools import TOOLS


@pytest.mark.parametrize("value", [{}, None, False, "off"])
def test_nothing_declared_is_no_sandbox(value):
    assert declared(value) == {}
    assert settings_from({"sandbox": value}) == Settings()
    assert sandbox_from({}) is None


@pytest.mark.parametrize("value", [True, "on"])
def test_on_stands_for_a_whole_sandbox(value):
    assert declared(value) == dict(ON)
    made = sandbox_from(declared(value))
    assert made.cache
    assert made.degrade
    assert made.retries == Retries(attempts=4, backoff=(1, 2, 4))
    assert made.limits["search"] == Limit(rate=2, burst=10, wait=True)


def test_every_part_is_read_from_a_mapping_that_json_can_hold():
    told = {
        "latency": {"search": 0.25},
        "limits": {"fetch": {"rate": 0.5, "burst": 3, "wait": False}},
        "cache": True,
        "retries": {"attempts": 3, "backoff": [1, 5]},
        "failover": ["dense", {"retriever": "bm25", "search": {"k1": 0.5}}],
        "degrade": True,
    }
    assert declared(told) == told
    assert sandbox_from(json.loads(json.dumps(told))) == Sandbox(
        latency={"search": 0.25},
        limits={"fetch": Limit(rate=0.5, burst=3, wait=False)},
        cache=True,
        retries=Retries(attempts=3, backoff=(1, 5)),
        failover=(Backup(retriever="dense"), Backup(retriever="bm25", search={"k1": 0.5})),
        degrade=True,
    )


def test_a_record_is_told_as_the_mapping_it_stands_for():
    made = Sandbox(cache=True, limits={"search": Limit(rate=2)}, retries=Retries())
    assert sandbox_from(declared(made)) == made
    assert sandbox_from(declared(Sandbox())) == Sandbox(), "its clock runs"


def test_tools_take_their_usual_time_unless_it_is_declared():
    made = Sandbox(latency={"search": 0.25, "find": 0})
    assert {tool: made.seconds(tool) for tool in TOOLS} == {
        "search": 0.25,
        "fetch": 1.0,
        "click": 1.0,
        "find": 0.0,
        "back": SHORT,
        "read": SHORT,
    }


def test_a_short_schedule_goes_on_with_its_last_pause():
    retries = Retries(attempts=6, backoff=(1, 2, 4))
    assert [retries.pause(attempt) for attempt in range(6)] == [0, 1, 2, 4, 4, 4]


def test_records_may_stand_inside_the_mapping():
    told = {"limits": {"search": Limit(rate=2)}, "retries": Retries(attempts=2)}
    assert declared(told) == {"limits": {"search": {"rate": 2.0}}, "retries": {"attempts": 2}}
    assert sandbox_from(told).retries == Retries(attempts=2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, r"sandbox = 3 is not allowed: sandbox must be a mapping"),
        ("onn", r"sandbox = 'onn' is not allowed: .* or \"on\" or \"off\""),
        ({"cashe": True}, r"sandbox has no field 'cashe'. Did you mean 'cache'\? Allowed: latency"),
        ({"cache": "yes"}, r"sandbox.cache: Expected `bool`, got `str`"),
        ({"latency": 3}, r"sandbox.latency: Expected `object`, got `int`"),
        ({"latency": {"serch": 1}}, r"sandbox.latency has no tool 'serch'. Did you mean 'search'"),
        ({"latency": {"search": -1}}, r"sandbox.latency.*>= 0"),
        ({"latency": {"search": float("nan")}}, r"sandbox = nan .* finite numbers"),
        ({"limits": {"fetsh": {"rate": 1}}}, r"sandbox.limits has no tool 'fetsh'"),
        ({"limits": {"search": 2}}, r"sandbox.limits.search = 2 .* a mapping of rate, burst, wait"),
        ({"limits": {"search": {}}}, r"sandbox.limits.search.*missing required field `rate`"),
        ({"limits": {"search": {"rate": 0}}}, r"sandbox.limits.search.rate: .*>= 1e-06"),
        ({"limits": {"search": {"rate": 5e-324}}}, r"sandbox.limits.search.rate: .*>= 1e-06"),
        ({"limits": {"search": {"rate": 1, "burst": 0}}}, r"sandbox.limits.search.burst: .*>= 1"),
        ({"limits": {"search": {"rate": 1, "brust": 2}}}, r"no field 'brust'.*mean 'burst'"),
        ({"retries": 3}, r"sandbox.retries = 3 .* a mapping of attempts, backoff"),
        ({"retries": {"attempts": 0}}, r"sandbox.retries.attempts: .*>= 1"),
        ({"retries": {"backoff": []}}, r"sandbox.retries.backoff: .*length >= 1"),
        ({"retries": {"backoff": [-1]}}, r"sandbox.retries.backoff.*>= 0"),
        ({"retries": {"backoff": [float("inf")]}}, r"sandbox.retries = inf .* finite numbers"),
        ({"failover": "bm25"}, r"sandbox.failover: Expected `array`, got `str`"),
        ({"failover": [3]}, r"sandbox.failover\[0\] = 3 .* a mapping of retriever, search"),
        ({"failover": [{"engine": "x"}]}, r"sandbox.failover\[0\] has no field 'engine'"),
    ],
)
def test_a_wrong_part_is_named_with_what_is_allowed(value, words):
    with pytest.raises(SettingError, match=words):
        settings_from({"sandbox": value})


def test_an_unknown_backup_engine_is_named_with_the_nearest():
    words = r"no retriever 'bm52' for sandbox.failover\[1\]. Did you mean 'bm25'"
    with pytest.raises(UnknownNameError, match=words):
        settings_from({"sandbox": {"failover": ["dense", "bm52"]}})
    assert "bm25" in TABLE


def test_a_backup_engine_with_wrong_settings_is_named_when_the_scenario_is_made(scenario):
    backup = {"retriever": "bm25", "search": {"k2": 1}}
    with pytest.raises(UnknownNameError, match="no setting 'k2' of search"):
        scenario(sandbox={"failover": [backup]})


@pytest.mark.parametrize("name", ["seconds", "planner_seconds"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "60"])
def test_a_time_budget_is_a_number_above_zero(name, value):
    with pytest.raises(SettingError, match=f"{name} = .* is not allowed"):
        settings_from({name: value})
