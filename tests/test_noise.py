"""Noise as settings write it, and what each model does to calls and hits."""

import pytest

from webenvs.errors import SettingError, UnknownNameError
from webenvs.noise.compact import PRESETS, noise_from
from webenvs.noise.failures import Failure
from webenvs.noise.ranking import DroppedHits
from webenvs.players.message import say
from webenvs.records import Hit
from webenvs.seeding import uniform

HITS = tuple(
    Hit(url=f"https://small.example/{n}", title="t", snippet="s", score=9.0 - n, rank=n + 1)
    for n in range(10)
)


def test_a_preset_or_a_list_of_rates_is_read_in_order():
    assert noise_from("none") == noise_from("") == noise_from(" , ") == ()
    assert noise_from("timeout:0.1, drop:1") == (
        Failure(status="timeout", rate=0.1),
        DroppedHits(rate=1.0),
    )
    assert noise_from("mild") == noise_from(PRESETS["mild"])
    assert [model.name for model in noise_from("mild")] == ["timeout", "rate_limited", "drop"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("timout:0.1", "There is no noise 'timout:0.1'. Did you mean 'timeout:RATE'"),
        ("timeout", "There is no noise 'timeout'. Did you mean 'timeout:RATE'"),
        ("mlid", "Did you mean 'mild'"),
        ("drop:0.1,fog:0.2", "There is no noise 'fog:0.2'"),
    ],
)
def test_an_unknown_noise_is_told_with_the_nearest(setting, words):
    with pytest.raises(UnknownNameError, match=words):
        noise_from(setting)


@pytest.mark.parametrize("rate", ["1.1", "-0.1", "much", "nan", "inf", ""])
def test_a_rate_outside_0_and_1_is_refused(rate):
    with pytest.raises(SettingError, match=rf"noise 'drop:{rate}' = '{rate}' .*from 0 to 1"):
        noise_from(f"drop:{rate}")


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_failures_come_at_their_rate(rate):
    model = Failure(status="timeout", rate=rate)
    failed = sum(model.fail((seed, "search", "x", 0)) == "timeout" for seed in range(2000))
    assert abs(failed / 2000 - rate) < 0.04
    assert Failure(status="timeout", rate=1.0).fail((1, "search", "x", 0)) == "timeout"


def test_a_failure_is_the_draw_of_its_key_and_leaves_hits_and_pages_alone():
    model = Failure(status="server_error", rate=0.5)
    key = (7, "fetch", "[{}]", 2)
    assert (model.fail(key) is not None) == (uniform(*key, "server_error") < 0.5)
    assert model.hits(key, HITS) is HITS
    assert model.page(key, "text") == "text"


def test_different_failures_are_drawn_independently():
    timeout, limited = noise_from("timeout:0.5,rate_limited:0.5")
    keys = [(seed, "search", "x", 0) for seed in range(1000)]
    both = sum(timeout.fail(key) is not None and limited.fail(key) is not None for key in keys)
    assert 190 < both < 310


def test_dropped_hits_go_missing_and_the_others_move_up():
    model = DroppedHits(rate=0.4)
    lost = 0
    for seed in range(200):
        kept = model.hits((seed, "search", "x", 0), HITS)
        assert [hit.rank for hit in kept] == list(range(1, len(kept) + 1))
        urls = [hit.url for hit in kept]
        assert urls == [hit.url for hit in HITS if hit.url in urls], "the order stays"
        lost += 10 - len(kept)
    assert abs(lost / 2000 - 0.4) < 0.04
    assert DroppedHits(rate=1.0).hits((1, "search", "x", 0), HITS) == ()
    assert model.fail((1, "search", "x", 0)) is None
    assert model.page((1, "fetch", "x", 0), "text") == "text"


def test_whether_a_hit_drops_does_not_depend_on_the_other_hits():
    model = DroppedHits(rate=0.5)
    key = (3, "search", "x", 0)
    all_kept = {hit.url for hit in model.hits(key, HITS)}
    assert {hit.url for hit in model.hits(key, HITS[:5])} == {
        hit.url for hit in HITS[:5] if hit.url in all_kept
    }


def statuses(session, messages):
    for message in messages:
        session.act(message)
    return [
        (call.tool, str(call.arguments), result.status)
        for turn in session.state.turns
        for call, result in zip(turn.calls, turn.results, strict=True)
    ]


def test_the_same_call_misbehaves_alike_whatever_happened_between(begin):
    """Two rollouts of one question see comparable worlds."""
    settings = {"noise": "timeout:0.4,server_error:0.2", "turns": 60, "seed": 12}
    queries = [say("search", query=f"river {n}") for n in range(25)]
    fetches = [say("fetch", url=f"https://small.example/{n}") for n in ("alba", "brena", "veit")]
    plain = dict.fromkeys(statuses(begin(**settings), queries + fetches))
    mixed = dict.fromkeys(statuses(begin(**settings), (fetches + queries)[::-1]))
    assert set(plain) == set(mixed)
    other = dict.fromkeys(statuses(begin(**{**settings, "seed": 13}), queries + fetches))
    assert set(other) != set(plain)


def test_workers_share_the_count_of_occurrences_so_that_retries_are_retries(begin):
    """A failure met by one worker is not met again by the next one that tries the same."""
    found = []
    for seed in range(40):
        session = begin(game="team", noise="timeout:0.5", seed=seed)
        session.act({"calls": [{"name": "delegate", "arguments": {"task": t}} for t in "AB"]})
        one, two = (session.act(say("search", query="river")).results[0].status for _ in "AB")
        found.append((one, two))
    assert {("timeout", "ok"), ("ok", "timeout"), ("ok", "ok")} <= set(found)


def test_strength_zero_is_exactly_the_clean_web(begin):
    messages = [
        say("search", query="river"),
        say("fetch", url="https://small.example/alba"),
        say("answer", text="Tarn"),
    ]
    clean, zero = begin(), begin(noise="timeout:0,drop:0.0")
    statuses(clean, messages[:2])
    statuses(zero, messages[:2])
    assert clean.state == zero.state
