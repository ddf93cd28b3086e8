"""Dynamic sampling: an update asks on until its batch is full, and no further than its cap."""

import pytest

from baselines.grpo.config import Config
from baselines.grpo.records import Group, Query, Rollout, Trajectory
from baselines.grpo.refilling import filled


def group(query, accs, status="ok"):
    planner = Trajectory(
        id="x", role="planner", token_ids=(), prompt_len=0, loss_mask=(), logprobs=(), reward=0.0
    )
    rollouts = tuple(
        Rollout(query=query, index=index, planner=planner, acc=acc, status=status)
        for index, acc in enumerate(accs)
    )
    return Group(query=query, rollouts=rollouts)


MIXED, RIGHT, WRONG = (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)


class Game:
    """Questions without end, whose groups come out as told, one after another; then all mixed."""

    def __init__(self, *outcomes, status="ok"):
        self.outcomes, self.status = list(outcomes), status
        self.batches = []

    def ask(self, after):
        return [Query(world="w", task=f"{len(after)}.{n}", seed=0) for n in range(4)]

    def play(self, queries, batch):
        self.batches.append((batch, [query.task for query in queries]))
        return [group(one, self.outcomes.pop(0) if self.outcomes else MIXED, self.status)
                for one in queries]  # fmt: skip

    def filled(self, room=lambda: True, **settings):
        config = Config(**{"queries": 4, "group": 2, "refills": 9, **settings})
        return filled(self.ask, self.play, config, room)


def test_a_batch_that_teaches_throughout_is_played_once():
    game = Game()
    groups, batches = game.filled()
    assert (len(groups), batches) == (4, 1)


def test_as_many_questions_are_asked_again_as_groups_are_missing():
    game = Game(MIXED, RIGHT, WRONG, MIXED, RIGHT)
    groups, batches = game.filled()
    assert [len(tasks) for _, tasks in game.batches] == [4, 2, 1]
    assert (len(groups), batches) == (7, 3)


def test_what_is_asked_again_follows_all_that_was_played():
    game = Game(MIXED, RIGHT, WRONG, MIXED, RIGHT)
    game.filled()
    assert game.batches[1:] == [(1, ["4.0", "4.1"]), (2, ["6.0"])]


def test_groups_that_are_left_out_stay_in_what_is_told():
    groups, _ = Game(RIGHT).filled()
    assert [one.acc for one in groups[0].rollouts] == [1.0, 1.0]


def test_a_cap_ends_it():
    groups, batches = Game(*[WRONG] * 100).filled(refills=2)
    assert (len(groups), batches) == (12, 3)


def test_without_refills_a_batch_stays_as_it_came():
    assert Game(WRONG).filled(refills=0)[1] == 1


def test_where_level_groups_are_kept_every_batch_is_full():
    assert Game(*[WRONG] * 4).filled(zero_variance="keep")[1] == 1


def test_groups_that_the_infrastructure_broke_are_asked_for_again():
    game = Game(status="infra_error")
    assert game.filled(refills=1)[1] == 2


def test_where_time_is_short_a_batch_stays_as_it_came():
    left = iter([True, False])
    assert Game(*[WRONG] * 100).filled(room=lambda: next(left))[1] == 2


@pytest.mark.parametrize("refills", [-1, 1.5])
def test_refills_are_counted(refills):
    from baselines.grpo.presets import config_from
    from webenvs.errors import SettingError

    with pytest.raises(SettingError, match="refills"):
        config_from("dapo", {"refills": refills})
