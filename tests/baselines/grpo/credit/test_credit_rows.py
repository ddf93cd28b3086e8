"""Rows: what each counts in the loss, what chance decides, and what is told of a batch."""

import math
from collections import Counter

import msgspec
import pytest

from baselines.grpo import credit

KEY = (0, "update", 0)
M3 = ((1.0, (None, None)), (0.0, ()))
"""Two rollouts, of which the first, right one has two workers."""
S4 = (
    {"reward": 1.0, "acc": 1.0, "workers": (0.9, 0.7)},
    {"reward": 0.1, "acc": 0.0, "workers": (0.4,)},
    {"reward": 0.0, "acc": 0.0, "workers": (0.6, 0.2, 0.0)},
    {"reward": 0.1, "acc": 0.0, "workers": ()},
)


M7 = tuple({"reward": reward, "acc": 0.0} for reward in (0.05, 0.05, 0.05, 0.04))
"""A group that differs in its format alone."""


def close(values):
    return pytest.approx(values, abs=1e-6)


def rows_of(groups, config, key=KEY):
    return credit.rows(groups, config, key)[0]


def advantages(rows, role=None):
    return [row.trajectory.advantage for row in rows if role in (None, row.trajectory.role)]


def by_id(rows):
    return {row.trajectory.id: (row.trajectory.advantage, row.coef) for row in rows}


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("rollout-token-mean", (1 / 20, 1 / 20, 1 / 10)),
        ("token-mean", (1 / 15, 1 / 15, 1 / 15)),
        ("trajectory-mean", (1 / 12, 1 / 18, 1 / 15)),
        ("planner-count", (1 / 8, 1 / 12, 1 / 10)),
        ("session-equal", (1 / 16, 1 / 24, 1 / 10)),
        ("constant", (1 / 30, 1 / 30, 1 / 30)),
    ],
)
def test_m5_rows_have_the_coefficients_of_their_aggregation(group, config, aggregation, expected):
    made = group(
        {"reward": 1.0, "tokens": 4, "workers": ({"tokens": 6},)}, {"reward": 0.0, "tokens": 5}
    )
    rows = rows_of([made], config(aggregation=aggregation, context=10))
    assert [row.coef for row in rows] == close(expected)


def test_coefficients_are_averaged_over_the_groups_that_are_used(group, config):
    one = [row.coef for row in rows_of([group(*M3)], config())]
    three = [group(*M3), group(*M7, task="level"), group(*M3, task="u")]
    assert [row.coef for row in rows_of(three, config())] == close([c / 2 for c in one * 2])


def test_mgrpo_rows_count_m_over_d_k_and_n(group, config):
    """K = 4 planners of 2 tokens; d = (2, 1, 3, 0) to D = 2, workers of 2 tokens, K' = 3."""
    rows = rows_of([group(*S4)], config(credit="own", align_to=2))
    workers = [row.coef for row in rows if row.trajectory.role == "worker"]
    assert workers == close([m / (2 * 3 * 2) for m in (1, 1, 2, 2 / 3, 2 / 3, 2 / 3)])
    assert [row.coef for row in rows if row.trajectory.role == "planner"] == close([1 / 8] * 4)


def test_random_rows_are_the_weighted_ones_on_average(group, config):
    number = 600
    sums = Counter()
    for draw in range(number):
        rows = rows_of([group(*S4)], config(credit="own", alignment="random", align_to=2), (draw,))
        sums.update({row.trajectory.id: row.coef / number for row in rows})
    weighted = by_id(rows_of([group(*S4)], config(credit="own", align_to=2)))
    for name, (_, coef) in weighted.items():
        assert sums[name] == pytest.approx(coef, rel=0.15)


def test_rollouts_draw_their_workers_apart(group, config):
    made = group(*({"reward": reward, "workers": (0.5, 0.1, 0.9)} for reward in (1.0, 0.0)))
    setting = config(credit="own", alignment="random", align_to=1)
    pairs = [
        [
            row.trajectory.invocation
            for row in rows_of([made], setting, (number,))
            if row.trajectory.role == "worker"
        ]
        for number in range(20)
    ]
    assert any(one != other for one, other in pairs)


@pytest.mark.parametrize("alignment", ["random", "fifo"])
def test_a_key_gives_the_same_rows_whatever_the_order_of_groups(group, config, alignment):
    setting = config(credit="own", alignment=alignment, align_to=2)
    groups = [group(*S4), group(*S4, task="u")]
    assert rows_of(groups, setting) == rows_of(groups, setting)
    assert by_id(rows_of(groups[::-1], setting)) == by_id(rows_of(groups, setting))


def test_the_order_of_rollouts_does_not_matter(group, config):
    made = group(*S4)
    turned = msgspec.structs.replace(made, rollouts=made.rollouts[::-1])
    for setting in (config(), config(credit="own"), config(credit="own", alignment="random")):
        found, expected = by_id(rows_of([turned], setting)), by_id(rows_of([made], setting))
        assert found.keys() == expected.keys()
        assert all(found[name] == close(expected[name]) for name in found)


def test_a_trajectorys_own_weight_multiplies_its_coefficient(group, config):
    made = group((1.0, ({"weight": 0.5},)), (0.0, ()))
    assert [row.coef for row in rows_of([made], config())] == close([1 / 8, 1 / 16, 1 / 4])


def test_s6_grouping_by_arrival_is_told_and_differs_from_grouping_by_question(group, config):
    groups = [group(*S4), group(*(one | {"workers": (0.1, 0.9)} for one in S4), task="u")]
    queue, queued = credit.rows(groups, config(credit="own", alignment="fifo", align_to=4), KEY)
    asked, grouped = credit.rows(groups, config(credit="own", alignment="pooled"), KEY)
    assert queued["worker/mixed_groups"] > 0
    assert grouped["worker/mixed_groups"] == 0
    assert by_id(queue).keys() == by_id(asked).keys()
    assert advantages(queue, "planner") == advantages(asked, "planner")
    assert advantages(queue, "worker") != close(advantages(asked, "worker"))


@pytest.mark.parametrize("alignment", ["weighted", "random", "pooled"])
def test_s6_no_other_alignment_mixes_questions(group, config, alignment):
    """Workers of one question that all earn the same have no advantage over those of another."""
    flat = [
        group(
            {"reward": 1.0, "workers": (level,) * 2}, {"reward": 0.0, "workers": (level,)}, task=t
        )
        for t, level in (("t", 0.2), ("u", 0.9))
    ]
    rows = rows_of(flat, config(credit="own", alignment=alignment))
    assert set(advantages(rows, "worker")) == {0.0}


def test_the_batch_is_told_in_numbers_by_role(group, config):
    worker = {"reward": 0.5, "turns": 3, "calls_total": 4, "calls_valid": 3, "tokens": 6}
    cut = worker | {"finish": "max_turns", "calls_valid": 1, "components": {"expert": 0.5}}
    broken = {"reward": None, "status": "infra_error"}
    made = group({"reward": 1.0, "workers": (worker, cut)}, {"reward": 0.0}, broken)
    _, metrics = credit.rows([made], config(), KEY)
    expected = {
        "acc": 0.5,
        "infra": 1 / 3,
        "reward_std": 0.5,
        "groups/used": 1,
        "groups/size": 2,
        "groups/too_small": 0,
        "zero_variance": 0,
        "tokens/sampled": 16,
        "tokens/trained": 16,
        "planner/reward": 0.5,
        "planner/valid": 1,
        "worker/reward": 0.5,
        "worker/turns": 3,
        "worker/calls": 4,
        "worker/valid": 0.5,
        "worker/truncated": 0.5,
        "worker/expert": 0.5,
        "worker/d": 1,
        "worker/d_0": 0.5,
        "worker/d_1": 0,
        "worker/d_2": 0.5,
        "worker/rows": 2,
        "planner/rows": 2,
        "planner/advantage_std": 1,
        "worker/loss_share": 12 / 14 / 2,
        "planner/loss_share": 2 / 14 / 2 + 1 / 2,
    }
    assert {name: metrics[name] for name in expected} == close(expected)


def test_a_solo_game_has_no_metrics_of_workers(group, config):
    _, metrics = credit.rows([group((1.0, ()), (0.0, ()))], config(game="solo"), KEY)
    assert not any(name.startswith("worker/") for name in metrics)
    assert metrics["planner/loss_share"] == 1.0


def test_nothing_played_is_told_without_an_error(config):
    rows, metrics = credit.rows([], config(), KEY)
    assert rows == []
    assert all(math.isfinite(value) for value in metrics.values())
