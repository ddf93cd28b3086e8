"""Only ids and numbers cross between two trainers: no tokens, no weights, no text."""

import msgspec
import pytest

from baselines.grpo.decoupled.sqlite_store import SqliteStore
from baselines.grpo.decoupled.store import (
    Ack,
    GroupDone,
    Outcome,
    Ready,
    WorkerOutcome,
    assembled,
    backend,
    id_of,
    spelled,
)
from baselines.grpo.records import Trajectory
from webenvs.errors import SettingError, UnknownNameError

KINDS = (Outcome, WorkerOutcome, GroupDone, Ack)
TOKENS = (5, 3, 3, 90)


@pytest.fixture
def memory():
    store = SqliteStore(":memory:", "run")
    yield store
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_no_record_has_a_field_for_tokens_weights_or_text(kind):
    fields = {entry.name for entry in msgspec.structs.fields(kind)}
    forbidden = {"token_ids", "tokens", "logprobs", "loss_mask", "weights", "text", "messages"}
    assert not fields & forbidden


@pytest.mark.parametrize("kind", KINDS)
def test_no_record_can_hold_bytes_or_nested_lists(kind):
    names = {str(entry.type) for entry in msgspec.structs.fields(kind)}
    assert not [name for name in names if "bytes" in name or "list" in name or "Any" in name]


def test_a_trajectory_is_refused(memory):
    trajectory = Trajectory(
        id="t",
        role="worker",
        token_ids=TOKENS,
        prompt_len=1,
        loss_mask=(0,) * 4,
        logprobs=(0.0,) * 4,
    )
    with pytest.raises(SettingError, match="'Trajectory' is not allowed"):
        memory.commit([trajectory])


def test_tokens_do_not_pass_for_invocations(make):
    with pytest.raises(SettingError, match=r"invocations.*ascending"):
        Outcome(query="q", rollout=0, invocations=TOKENS)


def test_tokens_do_not_pass_for_rollouts():
    with pytest.raises(SettingError, match=r"valid.*ascending"):
        GroupDone(query="q", batch=0, place=0, of_groups=1, rollouts=8, valid=TOKENS)


@pytest.mark.parametrize("text", ["The mayor was born in Tarn.", "", "x" * 201, "line\nline", "é"])
def test_text_does_not_pass_for_an_id(text):
    with pytest.raises(SettingError, match=r"query.*an id"):
        Outcome(query=text, rollout=0)


def test_text_does_not_pass_for_a_trajectorys_name(make):
    with pytest.raises(SettingError, match=r"trajectory.*an id"):
        make.worker(trajectory="a report of some words")


def test_text_does_not_pass_for_a_fingerprint(make):
    with pytest.raises(SettingError, match="fingerprint"):
        make.worker(fingerprint="not hexadecimal!")


def test_text_does_not_pass_for_a_component(make):
    with pytest.raises(SettingError, match=r"components\['expert'\].*a number"):
        make.worker(components={"expert": "very good"})


def test_text_does_not_pass_for_the_name_of_a_component(make):
    with pytest.raises(SettingError, match="short lower-case names"):
        make.outcome(components={"The whole answer of the planner": 1.0})


def test_weights_do_not_pass_for_components(make):
    with pytest.raises(SettingError, match="at most 24 numbers"):
        make.worker(components={f"w{i}": float(i) for i in range(25)})


@pytest.mark.parametrize("value", ["0.5", None, float("nan"), [0.5]])
def test_what_is_no_number_does_not_pass_for_correctness(value):
    with pytest.raises(SettingError, match=r"Outcome cannot cross.*acc"):
        spelled(Outcome(query="q", rollout=0, acc=value))


@pytest.mark.parametrize("place", [-1, 4097, True, "0"])
def test_a_place_out_of_range_is_named(place):
    with pytest.raises(SettingError, match="rollout"):
        Outcome(query="q", rollout=place)


def test_a_name_that_is_an_id_stays():
    assert id_of("world-1/task-2/3") == "world-1/task-2/3"


def test_a_name_that_is_none_becomes_a_digest():
    assert len(id_of("My Worlds/task/3")) == 40


def test_different_names_become_different_ids():
    assert id_of("My Worlds/task/3") != id_of("My Worlds/task/4")


def test_a_store_that_does_not_exist_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'sqlite'"):
        backend("sqlit")


def test_the_lag_is_that_of_the_oldest_worker(make):
    ready = assembled(
        make.done(),
        [make.outcome(workers=2)],
        [make.worker(policy_version=3), make.worker(invocation=1, policy_version=5)],
    )
    assert ready.lag(7) == 4


def test_a_group_without_workers_has_no_lag(make):
    assert Ready(done=make.done(), outcomes=(make.outcome(),), workers=()).lag(7) == 0
