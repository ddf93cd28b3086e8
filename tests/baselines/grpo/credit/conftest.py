"""Rollouts written by hand: who was rewarded how, and how many tokens each sampled."""

import math

import pytest

from baselines.grpo.config import Config
from baselines.grpo.records import Group, Query, Rollout, Trajectory


def _trajectory(name, role="worker", tokens=2, reward=None, **fields):
    """A prompt of two tokens, then `tokens` sampled ones."""
    return Trajectory(
        id=name,
        role=role,
        token_ids=tuple(range(2 + tokens)),
        prompt_len=2,
        loss_mask=(0, 0, *(1,) * tokens),
        logprobs=(math.nan, math.nan, *(-0.5,) * tokens),
        reward=reward,
        **fields,
    )


def _rollout(query, index, reward, workers=(), acc=None, **fields):
    """A rollout of a planner and its workers.

    `workers` are their rewards, or mappings of fields; `acc` is by default the reward.
    """
    tokens = fields.pop("tokens", 2)
    policies = fields.pop("policies", ("shared", "shared"))
    root = f"{query.id}/{index}/0"
    planner = _trajectory(root, "planner", tokens, reward, policy=policies[0])
    made = []
    for number, worker in enumerate(workers):
        given = worker if isinstance(worker, dict) else {"reward": worker}
        place = {"invocation": number, "parent": root, "parent_turn": 0, "frame": number + 1}
        name = f"{query.id}/{index}/{number + 1}"
        made.append(_trajectory(name, **{"policy": policies[1], **place, **given}))
    return Rollout(
        query=query,
        index=index,
        planner=planner,
        workers=tuple(made),
        acc=(reward or 0.0) if acc is None else acc,
        **fields,
    )


@pytest.fixture
def trajectory():
    """Make a trajectory: name, role, tokens, reward, fields."""
    return _trajectory


@pytest.fixture
def rollout():
    """Make one rollout of a question: reward, workers, acc, fields."""

    def make(reward, workers=(), **fields):
        query = Query(world="w", task="t", seed=0)
        return _rollout(query, fields.pop("index", 0), reward, workers, **fields)

    return make


@pytest.fixture
def group():
    """Make a group of rollouts: pairs of reward and workers, or mappings; `task` names it."""

    def make(*rollouts, task="t"):
        query = Query(world="w", task=task, seed=0)
        made = []
        for index, one in enumerate(rollouts):
            given = one if isinstance(one, dict) else {"reward": one[0], "workers": one[1]}
            made.append(_rollout(query, index, **given))
        return Group(query=query, rollouts=tuple(made))

    return make


@pytest.fixture
def config():
    """Make a config whose deviation has nothing added to it, so that numbers are those by hand."""

    def make(**fields):
        return Config(**{"eps": 0.0, **fields})

    return make


_MALFORMED = ("invalid_arguments", "unknown_tool")


def _of_episode(episode):
    """The rollout of a played episode, with a token a message, as an engine would leave it."""
    query = Query(world="small", task=episode.task, seed=episode.seed)
    made = []
    for number, frame in enumerate(frame for frame in episode.frames):
        turns = [turn for turn in episode.turns if turn.frame == frame.index]
        results = [result for turn in turns for result in turn.results]
        calls = sum(len(turn.calls) for turn in turns)
        root = frame.parent is None
        made.append(
            _trajectory(
                f"{query.id}/0/{frame.index}",
                "planner" if root else "worker",
                tokens=len(turns),
                parent=None if root else f"{query.id}/0/0",
                parent_turn=-1 if root else 0,
                invocation=number - 1,
                frame=frame.index,
                turns=len(turns),
                calls_total=calls + sum(len(turn.errors) for turn in turns),
                calls_valid=calls - sum(result.status in _MALFORMED for result in results),
                finish="answer" if frame.end in ("answered", "gave_up") else "max_turns",
            )
        )
    return Rollout(query=query, index=0, planner=made[0], workers=made[1:], episode=episode)


@pytest.fixture
def played(begin):
    """Play messages on the small web; returns the unscored rollout and its task."""

    def make(*messages, task=0, **settings):
        session = begin(task, **settings)
        for message in messages:
            session.act(message)
        assert session.over
        return _of_episode(session.episode()), session.task

    return make
