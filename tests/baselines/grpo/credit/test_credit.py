"""Credit: golden rows of the specification, and mistakes of released code that it must not make.

Every law that a mistake breaks is also tried on that mistake, written out here, and must fail it.
"""

import math

import msgspec
import pytest

from baselines.grpo import credit
from baselines.grpo.advantages import group_advantages
from webenvs.errors import SettingError, UnknownNameError

KEY = (0, "update", 0)
M3 = ((1.0, (None, None)), (0.0, ()))
"""Two rollouts, of which the first, right one has two workers."""
S4 = (
    {"reward": 1.0, "acc": 1.0, "workers": (0.9, 0.7)},
    {"reward": 0.1, "acc": 0.0, "workers": (0.4,)},
    {"reward": 0.0, "acc": 0.0, "workers": (0.6, 0.2, 0.0)},
    {"reward": 0.1, "acc": 0.0, "workers": ()},
)


def close(values):
    return pytest.approx(values, abs=1e-6)


def rows_of(groups, config, key=KEY):
    return credit.rows(groups, config, key)[0]


def advantages(rows, role=None):
    return [row.trajectory.advantage for row in rows if role in (None, row.trajectory.role)]


def by_id(rows):
    return {row.trajectory.id: (row.trajectory.advantage, row.coef) for row in rows}


def test_m2_workers_have_their_planners_advantage(group, config):
    m1 = group(
        {"reward": 0.9875, "acc": 1.0, "workers": (None,) * 2},
        {"reward": 0.05, "acc": 0.0},
        {"reward": 0.975, "acc": 1.0, "workers": (None,)},
        {"reward": 0.04, "acc": 0.0, "workers": (None,) * 3},
    )
    expected = [1.013277] * 3 + [-0.989247] + [0.986577] * 2 + [-1.010607] * 4
    assert advantages(rows_of([m1], config())) == close(expected)


def test_m3_a_rollout_counts_once_however_many_workers_it_has(group, config):
    assert advantages(rows_of([group(*M3)], config())) == close([1, 1, 1, -1])


def row_wise(groups):
    """The mistake of M3: every row counts in the mean and the deviation."""
    values = [
        (one.planner.reward, 1 + len(one.workers)) for group in groups for one in group.rollouts
    ]
    per_row = [reward for reward, number in values for _ in range(number)]
    return list(group_advantages(per_row, eps=0))


def right(groups, config):
    return advantages(rows_of(groups, config))


def baseline_moves(compute, group):
    """Whether more workers of one rollout change what its planner and the other's earn."""
    few = compute([group((1.0, (None,)), (0.0, ()))])
    many = compute([group((1.0, (None,) * 5), (0.0, ()))])
    return (few[0], few[-1]) != close((many[0], many[-1]))


def test_duplicated_worker_rows_do_not_move_the_baseline(group, config):
    assert not baseline_moves(lambda groups: right(groups, config()), group)


def test_the_row_wise_baseline_fails_that_law_with_the_numbers_of_m3(group):
    assert row_wise([group(*M3)]) == close([0.577350] * 3 + [-1.732051])
    assert baseline_moves(row_wise, group)


def on_tokens(advantage, mask):
    """What a learner multiplies the tokens with: the one number, by the trajectory's own mask."""
    return [advantage * bit for bit in mask]


def copied_by_position(planner_mask, worker_mask):
    """The mistake of M4: the planner's masked row is laid over the worker's."""
    row = [1.0 * bit for bit in planner_mask]
    return [value * bit for value, bit in zip(row, worker_mask, strict=True)]


def test_m4_every_trained_token_of_a_worker_has_the_advantage(group, config):
    made = group((1.0, ({"tokens": 5},)), (-1.0, ()))
    planner, worker = made.rollouts[0].trajectories
    planner = msgspec.structs.replace(planner, loss_mask=(1, 1, 0, 0, 1))
    worker = msgspec.structs.replace(worker, loss_mask=(1, 0, 1, 1, 1))
    first = msgspec.structs.replace(made.rollouts[0], planner=planner, workers=(worker,))
    made = msgspec.structs.replace(made, rollouts=(first, made.rollouts[1]))
    row = rows_of([made], config())[1].trajectory
    expected = [1, 0, 1, 1, 1]
    assert on_tokens(row.advantage, row.loss_mask) == close(expected)
    defect = copied_by_position(planner.loss_mask, worker.loss_mask)
    assert defect == [1, 0, 0, 0, 1] != expected


def test_m4_an_advantage_is_one_number_that_ignores_where_the_planner_was_trained(group, config):
    short = group({"reward": 1.0, "tokens": 1, "workers": ({"tokens": 50},)}, (0.0, ()))
    long = group({"reward": 1.0, "tokens": 90, "workers": ({"tokens": 50},)}, (0.0, ()))
    worker = [rows_of([made], config())[1].trajectory.advantage for made in (short, long)]
    assert worker == [1.0, 1.0]


@pytest.mark.parametrize(
    ("alignment", "expected"),
    [
        ("pooled", (1.426935, 0.768350, -0.219529, 0.439057, -0.878114, -1.536700)),
        ("weighted", (1.496860, 0.768658, -0.323645, 0.404557, -1.051847, -1.780049)),
    ],
)
def test_s4_workers_with_rewards_of_their_own(group, config, alignment, expected):
    rows = rows_of([group(*S4)], config(credit="own", alignment=alignment, align_to=2))
    assert advantages(rows, "worker") == close(expected)
    assert advantages(rows, "planner") == close((1.723281, -0.492366, -0.738549, -0.492366))


def s4_draw(group, config):
    """The key under which the third rollout drops its second worker, and those rows."""
    for number in range(200):
        rows = rows_of(
            [group(*S4)], config(credit="own", alignment="random", align_to=2), (number,)
        )
        found = by_id(rows)
        if "w/t/0/2/2" not in found and {"w/t/0/2/1", "w/t/0/2/3"} <= set(found):
            return rows
    raise AssertionError("no key drops that worker")


def test_s4_workers_aligned_at_random(group, config):
    """Golden per trajectory: the duplicate of the second rollout's worker is its multiplicity."""
    rows = [row for row in s4_draw(group, config) if row.trajectory.role == "worker"]
    expected = (1.414214, 0.707107, -0.353553, 0.353553, -1.767767)
    assert [row.trajectory.advantage for row in rows] == close(expected)
    assert [row.coef for row in rows] == close([m / (2 * 3 * 2) for m in (1, 1, 2, 1, 1)])


def test_s3_surrogates_of_both_alignments(group, config):
    """Ratio 1.1 on the first rollout's worker: 0.044721 weighted; at random 0.05 when 0.1 drops."""
    made = group({"reward": 1.0, "workers": (0.9,)}, {"reward": 0.0, "workers": (0.1, 0.5, 0.5)})

    def surrogate(alignment, number):
        setting = config(credit="own", alignment=alignment, align_to=2)
        workers = [
            row for row in rows_of([made], setting, (number,)) if row.trajectory.role == "worker"
        ]
        first, *others = [row.coef * 2 * row.trajectory.advantage for row in workers]
        return 1.1 * first + math.fsum(others)

    assert surrogate("weighted", 0) == close(0.044721)
    drawn = {round(surrogate("random", number), 6) for number in range(40)}
    assert 0.05 in drawn


def test_rollouts_without_workers_add_nothing_to_the_workers_group(group, config):
    made = config(credit="own")
    with_none = rows_of([group(*S4)], made)
    without = rows_of([group(*S4[:3])], made)
    workers = [
        [(row.trajectory.advantage, row.coef) for row in rows if row.trajectory.role == "worker"]
        for rows in (with_none, without)
    ]
    assert workers[0] == workers[1]


def test_groups_are_compared_within_themselves(group, config):
    easy, hard = group((1.0, ()), (0.9, ()), task="easy"), group((0.1, ()), (0.0, ()), task="hard")
    together = advantages(rows_of([easy, hard], config()))
    assert together == close([1, -1, 1, -1])


@pytest.mark.parametrize(("blend", "credit_"), [(1.0, "broadcast"), (0.0, "own")])
def test_the_ends_of_a_blend_are_matpo_and_mgrpo(group, config, blend, credit_):
    blended = rows_of([group(*S4)], config(credit="blend", blend=blend))
    assert by_id(blended) == by_id(rows_of([group(*S4)], config(credit=credit_)))


def test_a_blend_mixes_advantages_and_coefficients(group, config):
    mixed = by_id(rows_of([group(*S4)], config(credit="blend", blend=0.25)))
    matpo = by_id(rows_of([group(*S4)], config(credit="broadcast")))
    mgrpo = by_id(rows_of([group(*S4)], config(credit="own")))
    for name, found in mixed.items():
        pairs = zip(matpo[name], mgrpo[name], strict=True)
        assert found == close([0.25 * one + 0.75 * other for one, other in pairs])


@pytest.mark.parametrize("blend", [-0.1, 1.1, math.nan])
def test_a_blend_outside_of_its_bounds_is_refused(group, config, blend):
    with pytest.raises(SettingError, match=r"blend = .* is not allowed"):
        rows_of([group(*M3)], config(credit="blend", blend=blend))


def test_an_unknown_credit_is_refused_with_the_nearest(group, config):
    with pytest.raises(UnknownNameError, match="Did you mean 'broadcast'"):
        rows_of([group(*M3)], config(credit="brodcast"))


def test_role_statistics_compare_what_workers_inherit_among_workers(group, config):
    """Rewards 1, 0.5 and 0; only the first two rollouts have workers, so theirs are 1 and -1."""
    made = group((1.0, (None,) * 3), (0.5, (None,)), (0.0, ()))
    rows = rows_of([made], config(role_statistics=True))
    assert advantages(rows, "worker") == close([1, 1, 1, -1])
    assert advantages(rows, "planner") == close([1.224745, 0, -1.224745])
    plain = rows_of([made], config())
    assert advantages(plain, "worker") == close([1.224745] * 3 + [0])


def test_role_statistics_count_rollouts_by_their_workers_only_where_they_are_pooled(group, config):
    made = group((1.0, (None,) * 3), (0.0, (None,)))
    rows = rows_of([made], config(role_statistics=True, alignment="pooled"))
    assert advantages(rows, "worker") == close([0.577350] * 3 + [-1.732051])


@pytest.mark.parametrize(
    "broken",
    [{"reward": None}, {"reward": 0.0, "status": "infra_error"}],
    ids=["unscored", "infrastructure"],
)
def test_what_broke_or_was_not_scored_is_left_out_and_is_no_zero(group, config, broken):
    broken = {"workers": (None,), **broken}
    rows = rows_of([group(*M3, broken)], config())
    assert by_id(rows) == by_id(rows_of([group(*M3)], config()))


def test_a_broken_worker_is_left_out_of_tokens_and_statistics(group, config):
    worker = {"reward": 0.0, "finish": "infra_error", "tokens": 9}
    whole = S4[0] | {"workers": (0.9, 0.7, worker)}
    for setting in (config(), config(credit="own")):
        assert by_id(rows_of([group(whole, *S4[1:])], setting)) == by_id(
            rows_of([group(*S4)], setting)
        )


def test_an_unscored_worker_is_no_zero_where_its_own_reward_counts(group, config):
    whole = S4[0] | {"workers": (0.9, 0.7, None)}
    rows = rows_of([group(whole, *S4[1:])], config(credit="own"))
    assert by_id(rows) == by_id(rows_of([group(*S4)], config(credit="own")))


def test_groups_of_one_are_left_out(group, config):
    rows, metrics = credit.rows([group((1.0, ()))], config(zero_variance="keep"), KEY)
    assert rows == []
    assert (metrics["groups/used"], metrics["groups/too_small"]) == (0.0, 1.0)


M7 = tuple({"reward": reward, "acc": 0.0} for reward in (0.05, 0.05, 0.05, 0.04))


def test_m7_groups_that_differ_in_format_alone_are_skipped_by_accuracy(group, config):
    rows, metrics = credit.rows([group(*M7), group(*M3, task="u")], config(), KEY)
    assert {row.group for row in rows} == {"w/u/0"}
    assert metrics["zero_variance"] == 0.5


def test_m7_kept_they_have_advantages_of_full_size(group, config):
    rows = rows_of([group(*M7)], config(zero_variance="keep"))
    assert advantages(rows) == close([0.577350] * 3 + [-1.732051])


def test_right_groups_without_spread_are_skipped_too(group, config):
    rows = rows_of([group(*({"reward": 1.0 - n / 10, "acc": 1.0} for n in range(3)))], config())
    assert rows == []


def test_frozen_policies_have_no_rows_but_count(group, config):
    pair = {"policies": ("planner", "worker")}
    made = group({"reward": 1.0, "workers": (None, None), **pair}, {"reward": 0.0, **pair})
    frozen = rows_of([made], config(freeze=("worker",)))
    assert {row.trajectory.policy for row in frozen} == {"planner"}
    whole = by_id(rows_of([made], config()))
    assert all(whole[name] == found for name, found in by_id(frozen).items())


def test_truncated_trajectories_are_masked_on_request_but_stay_in_the_baseline(group, config):
    long = {"finish": "length", "tokens": 6}
    made = group({"reward": 1.0, "workers": (long,), "tokens": 4}, (0.0, ()))
    kept = rows_of([made], config())
    masked = rows_of([made], config(overlong="mask"))
    assert [row.coef for row in kept] == close([1 / 20, 1 / 20, 1 / 4])
    assert [row.coef for row in masked] == close([1 / 8, 1 / 4])
    assert advantages(masked) == close([1, -1])
