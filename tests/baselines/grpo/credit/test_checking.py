"""Checking: the mask example of the specification passes, and every broken invariant is named."""

import math

import msgspec
import pytest

from baselines.grpo import credit
from baselines.grpo.checking import BrokenRolloutError, check
from baselines.grpo.records import Group, Query, Rollout, Trajectory
from baselines.grpo.rewards import scored
from webenvs.players.message import say, say_all


def _laid(name, role, blocks, **fields):
    """A trajectory of (tokens, sampled) blocks, the first of which is the prompt."""
    ids = [token for tokens, _ in blocks for token in tokens]
    mask = [int(sampled) for tokens, sampled in blocks for _ in tokens]
    return Trajectory(
        id=name,
        role=role,
        token_ids=tuple(ids),
        prompt_len=len(blocks[0][0]),
        loss_mask=tuple(mask),
        logprobs=tuple(-1.0 if bit else math.nan for bit in mask),
        **fields,
    )


@pytest.fixture
def example():
    """The golden mask example: a planner and its worker."""
    planner = _laid(
        "p",
        "planner",
        [([1, 2, 3], 0), ([10, 11, 12, 9], 1), ([4, 20, 21, 5], 0), ([13, 14, 9], 1)],
    )
    worker = _laid(
        "w",
        "worker",
        [
            ([1, 6, 7], 0),
            ([30, 31, 9], 1),
            ([4, 40, 41, 42, 5], 0),
            ([32, 9], 1),
            ([4, 50, 5], 0),
            ([33, 34, 9], 1),
        ],
        parent="p",
        invocation=0,
        parent_turn=0,
        frame=1,
    )
    query = Query(world="w", task="t", seed=0)
    return Rollout(query=query, index=0, planner=planner, workers=(worker,))


def test_the_mask_example_keeps_every_invariant(example):
    assert check(example) is example
    assert [one.sampled for one in example.trajectories] == [7, 8]


def test_the_mask_example_has_15_tokens_to_share(example, config):
    first = msgspec.structs.replace(
        example, acc=1.0, planner=msgspec.structs.replace(example.planner, reward=1.0)
    )
    other = msgspec.structs.replace(
        example, index=1, planner=msgspec.structs.replace(example.planner, reward=0.0)
    )
    group = Group(query=example.query, rollouts=(first, other))
    rows = credit.rows([group], config(), ())[0]
    assert [row.coef for row in rows] == pytest.approx([1 / 30] * 4)


def test_a_played_and_scored_rollout_keeps_every_invariant(played, config):
    rollout, task = played(
        say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))),
        say("report", text="a"),
        say("report", text="b"),
        say("answer", text="Tarn"),
        game="team",
        workers=2,
    )
    assert check(scored(rollout, task, config()))


NAN = math.nan
BROKEN_TRAJECTORIES = {
    "short-mask": ({"loss_mask": (0, 0, 1)}, "4 token ids, 3 of loss_mask and 4 logprobs"),
    "short-logprobs": ({"logprobs": (NAN, NAN)}, "and 2 logprobs are not equally many"),
    "no-prompt": ({"prompt_len": 0}, "prompt_len = 0 is not between 1 and its 4 tokens"),
    "long-prompt": ({"prompt_len": 5}, "prompt_len = 5 is not between"),
    "mask-of-two": ({"loss_mask": (0, 0, 2, 1)}, r"loss_mask\[2\] = 2 is neither 0 nor 1"),
    "prompt-trained": (
        {"loss_mask": (0, 1, 1, 1), "logprobs": (NAN, -0.5, -0.5, -0.5)},
        r"loss_mask\[1\] = 1 lies in the prompt of 2",
    ),
    "sampled-without": ({"logprobs": (NAN, NAN, NAN, -0.5)}, r"logprobs\[2\] = nan"),
    "read-with": ({"logprobs": (NAN, -0.5, -0.5, -0.5)}, "token 1 was not sampled"),
    "infinite": ({"logprobs": (NAN, NAN, -math.inf, -0.5)}, r"logprobs\[2\] = -inf"),
    "no-probability": ({"logprobs": (NAN, NAN, 0.5, -0.5)}, "a probability above 1"),
    "calls": ({"calls_valid": 2, "calls_total": 1}, "calls_valid = 2 is not between 0 and"),
    "turns": ({"turns": -1}, "turns = -1 is negative"),
    "version": ({"policy_version": -1}, "policy_version = -1 is negative"),
    "nan-reward": ({"reward": NAN}, "reward = nan is not one finite number"),
    "advantage-a-token": ({"advantage": (0.5, 0.5)}, r"advantage = \(0\.5, 0\.5\) is not one"),
    "weight": ({"weight": -1.0}, r"weight = -1\.0 is not a finite number"),
    "broken-with-reward": ({"finish": "infra_error", "reward": 0.0}, "must be None, not a zero"),
}


@pytest.mark.parametrize("member", ["planner", "worker"])
@pytest.mark.parametrize(
    ("fields", "message"), BROKEN_TRAJECTORIES.values(), ids=BROKEN_TRAJECTORIES
)
def test_every_broken_trajectory_is_named_with_its_place(rollout, member, fields, message):
    made = rollout(0.5, (0.5,))
    broken = [
        msgspec.structs.replace(one, **fields) if one.role == member else one
        for one in made.trajectories
    ]
    made = msgspec.structs.replace(made, planner=broken[0], workers=tuple(broken[1:]))
    with pytest.raises(BrokenRolloutError, match=f"Rollout w/t/0/0: trajectory .*{message}"):
        check(made)


BROKEN_WORKERS = {
    "parent": ({"parent": "elsewhere"}, "parent = 'elsewhere' must be 'w/t/0/0/0'"),
    "orphan": ({"parent": None}, "parent = None must be"),
    "order": ({"invocation": 1}, "invocation = 1 must be 0"),
    "planner-like": ({"role": "planner"}, "has the planner's role"),
    "no-turn": ({"parent_turn": -1}, "parent_turn = -1 is negative"),
    "same-frame": ({"frame": 0}, "two trajectories have frame = 0"),
}


@pytest.mark.parametrize(("fields", "message"), BROKEN_WORKERS.values(), ids=BROKEN_WORKERS)
def test_every_broken_family_is_named(rollout, fields, message):
    made = rollout(0.5, (0.5,))
    worker = msgspec.structs.replace(made.workers[0], **fields)
    with pytest.raises(BrokenRolloutError, match=message):
        check(msgspec.structs.replace(made, workers=(worker,)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"acc": 1.5}, r"acc = 1\.5 is not between 0 and 1"),
        ({"index": -1}, "index = -1 is negative"),
        ({"status": "infra_error"}, r"reward = 0\.5 must be None, not a zero"),
    ],
    ids=["acc", "index", "status"],
)
def test_every_broken_rollout_is_named(rollout, fields, message):
    with pytest.raises(BrokenRolloutError, match=message):
        check(msgspec.structs.replace(rollout(0.5), **fields))


def test_two_trajectories_of_one_id_are_named(rollout):
    made = rollout(0.5, (0.5, 0.5))
    twin = msgspec.structs.replace(made.workers[1], id=made.workers[0].id)
    with pytest.raises(BrokenRolloutError, match="two trajectories have id = 'w/t/0/0/1'"):
        check(msgspec.structs.replace(made, workers=(made.workers[0], twin)))


def test_a_planner_with_a_parent_is_named(rollout):
    made = rollout(0.5)
    planner = msgspec.structs.replace(made.planner, parent="x")
    with pytest.raises(BrokenRolloutError, match="the planner's role = 'planner', parent = 'x'"):
        check(msgspec.structs.replace(made, planner=planner))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"frame": 9}, r"frame = 9 is none of the episode's \[0\]"),
        ({"turns": 3}, "turns = 3, its frame has 1 messages"),
    ],
    ids=["frame", "turns"],
)
def test_what_its_episode_does_not_bear_out_is_named(played, fields, message):
    made, _ = played(say("answer", text="Tarn"), game="solo")
    planner = msgspec.structs.replace(made.planner, **fields)
    with pytest.raises(BrokenRolloutError, match=message):
        check(msgspec.structs.replace(made, planner=planner))


def test_a_planner_of_a_workers_frame_is_named(played):
    made, _ = played(
        say("delegate", task="A"),
        say("report", text="a"),
        say("answer", text="Tarn"),
        game="team",
        workers=1,
    )
    planner = msgspec.structs.replace(made.planner, frame=1, turns=1)
    with pytest.raises(BrokenRolloutError, match="is a planner's, its frame 1 a worker's"):
        check(msgspec.structs.replace(made, planner=planner, workers=()))
