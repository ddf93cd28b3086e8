"""What noise costs: areas, paired changes, and players against each other on the same episodes."""

import msgspec
import pytest

from webenvs.bench.robustness import robustness, versus, weights
from webenvs.bench.sweep import Asked, Cell, Sweep, planned, sweep
from webenvs.bench.swept import Swept
from webenvs.errors import SettingError

N = 40
SCORES = {
    ("", 0.0): (1.0,) * 30 + (0.0,) * 10,
    ("dim", 0.5): (1.0,) * 20 + (0.0,) * 20,
    ("dim", 1.0): (0.0,) * N,
    ("idle", 0.5): (1.0,) * 30 + (0.0,) * 10,
    ("idle", 1.0): (1.0,) * 30 + (0.0,) * 10,
}


def cell(player, key, success, calls=10):
    recall = tuple(0.5 + score / 2 for score in success)
    return Cell(
        player=player,
        kind=key[0],
        strength=key[1],
        success=success,
        calls=(calls,) * len(success),
        evidence=recall,
    )


@pytest.fixture
def made():
    cells = [cell("one", key, success, 10 + int(4 * key[1])) for key, success in SCORES.items()]
    cells += [cell("two", key, tuple(reversed(success))) for key, success in SCORES.items()]
    return Sweep(
        env="webenvs/MultiHop-v0",
        game="solo",
        settings={},
        corpus="ab" * 32,
        version="0.1.0",
        seed=3,
        episodes=N,
        command="",
        players=("one", "two"),
        kinds=(Swept(label="dim", group="pages"), Swept(label="idle", group="failures")),
        strengths=(0.5, 1.0),
        tasks=tuple(f"task-{number:02d}" for number in range(N)),
        cells=tuple(cells),
    )


@pytest.mark.parametrize(
    ("strengths", "expected"),
    [
        ((0.0, 1.0), (0.5, 0.5)),
        ((0.0, 0.5, 1.0), (0.25, 0.5, 0.25)),
        ((0.0, 0.1, 0.3, 0.5, 1.0), (0.05, 0.15, 0.2, 0.35, 0.25)),
        ((0.0, 0.1, 0.2), (0.25, 0.5, 0.25)),
    ],
)
def test_strengths_count_by_the_trapezoid_rule(strengths, expected) -> None:
    assert weights(strengths) == pytest.approx(expected)


@pytest.mark.parametrize("strengths", [(0.0,), (0.1, 1.0), (0.0, 1.0, 0.5), (0.0, 0.5, 0.5)])
def test_strengths_that_do_not_ascend_from_0_have_no_area(strengths) -> None:
    with pytest.raises(SettingError, match="ascend from 0"):
        weights(strengths)


def test_the_area_is_that_under_the_success(made) -> None:
    one = robustness(made)[0]
    dim, idle = one.curves
    assert dim.area.mean == pytest.approx(0.25 * 0.75 + 0.5 * 0.5)
    assert idle.area.mean == pytest.approx(0.75)
    assert one.area.mean == pytest.approx((dim.area.mean + idle.area.mean) / 2)


def test_changes_are_paired_with_the_clean_web(made) -> None:
    dim = robustness(made)[0].curves[0]
    assert [point.success_change.mean for point in dim.points] == [-0.25, -0.75]
    assert [point.calls_change.mean for point in dim.points] == [2, 4]
    assert [point.evidence_change.mean for point in dim.points] == [-0.125, -0.375]
    assert dim.area_change.mean == pytest.approx(dim.area.mean - 0.75)


def test_what_changes_nothing_has_a_change_of_zero_inside_its_interval(made) -> None:
    point = robustness(made)[0].curves[1].points[0]
    assert point.success_change.mean == 0
    assert point.success_change.interval.low < 0 < point.success_change.interval.high


def test_intervals_hold_their_means(made) -> None:
    changes = ("success", "success_change", "calls_change", "evidence_change")
    for one in robustness(made):
        points = [point for curve in one.curves for point in curve.points]
        means = [one.clean, one.area, one.area_change]
        means += [getattr(curve, name) for curve in one.curves for name in ("area", "area_change")]
        means += [getattr(point, name) for point in points for name in changes]
        for mean in means:
            assert mean.interval.low <= mean.mean <= mean.interval.high


def test_where_all_twins_make_as_many_calls_the_most_calls_bound_the_interval(made) -> None:
    change = robustness(made)[1].curves[1].points[0].calls_change
    assert change.interval.kind == "bound"
    assert -14 < change.interval.low < 0 < change.interval.high < 14


def test_a_broken_episode_is_left_out_of_its_pairs(made) -> None:
    cells = list(made.cells)
    cells[1] = msgspec.structs.replace(cells[1], broken=(0, 39))
    dim = robustness(msgspec.structs.replace(made, cells=tuple(cells)))[0].curves[0]
    assert [point.success_change.n for point in dim.points] == [N - 2, N]
    assert dim.area.n == N - 2


def test_of_an_unfinished_cell_what_is_there_counts(made) -> None:
    cells = list(made.cells)
    cells[2] = cell("one", ("dim", 1.0), SCORES["dim", 1.0][:8])
    dim = robustness(msgspec.structs.replace(made, cells=tuple(cells)))[0].curves[0]
    assert [point.success_change.n for point in dim.points] == [N, 8]


def test_a_cell_without_episodes_has_no_mean(made) -> None:
    cells = list(made.cells)
    cells[2] = cell("one", ("dim", 1.0), ())
    one = robustness(msgspec.structs.replace(made, cells=tuple(cells)))[0]
    assert one.curves[0].points[1].success_change.mean is None
    assert one.curves[0].area.mean is None


def test_players_are_compared_on_the_same_episodes(made) -> None:
    assert versus(made, "one", "two", "dim", 0.5).mean == 0
    assert versus(made, "one", "one", "dim", 0.5).interval.kind == "bound"


@pytest.fixture(scope="module")
def tried():
    """A player that retries and one that does not, with turns enough for every retry."""
    kinds = ("timeout", "timeout(sticky)")
    asked = Asked(players=("hasty", "persistent"), kinds=kinds, strengths=(0.3,), episodes=80)
    return sweep(planned("MultiHop-v0", asked, {"turns": 40}))


def test_a_player_that_retries_beats_one_that_does_not_under_transient_faults(tried) -> None:
    gain = versus(tried, "persistent", "hasty", "timeout", 0.3)
    assert gain.interval.low > 0


def test_under_sticky_faults_retrying_gains_nothing(tried) -> None:
    gain = versus(tried, "persistent", "hasty", "timeout(sticky)", 0.3)
    assert gain.interval.low <= 0 <= gain.interval.high


def test_retrying_costs_calls_that_sticky_faults_do_not_pay_back(tried) -> None:
    hasty, persistent = robustness(tried)
    sticky = [one.curves[1].points[0].calls_change for one in (hasty, persistent)]
    assert sticky[1].interval.low > sticky[0].interval.high
