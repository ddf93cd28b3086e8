"""The summary of a run: means, intervals, paired differences, and what was left out."""

import msgspec
import pytest

from webenvs.bench.statistics import wilson
from webenvs.bench.summary import Summary, section, summarise
from webenvs.errors import UnknownNameError


def test_the_score_is_the_mean_with_its_wilson_interval(make_run) -> None:
    first = summarise(make_run()).players[0]
    right = sum(row.correct for row in make_run().rows if row.player == "first-hit")
    assert first.score.n == 30
    assert first.score.mean == pytest.approx(right / 30)
    assert first.score.interval == wilson(right, 30)


def test_invalid_episodes_are_counted_and_left_out(make_run, make_row) -> None:
    rows = [
        make_row(number=n, correct=float(n < 2), valid=n != 3, end="answered") for n in range(4)
    ]
    rows[3] = make_row(number=3, correct=0.0, valid=False, end="aborted", reward=-9.0)
    player = summarise(make_run({"one": 1.0}, rows=rows)).players[0]
    assert (player.score.n, player.excluded) == (3, 1)
    assert player.score.mean == pytest.approx(2 / 3)
    assert player.reward == pytest.approx((1.0 + 1.0 + 0.1) / 3)
    assert player.ends == {"aborted": 1, "answered": 3}


def test_a_player_without_a_valid_episode_has_no_numbers(make_run, make_row) -> None:
    player = summarise(make_run({"one": 1.0}, rows=[make_row(valid=False)])).players[0]
    numbers = (player.score.mean, player.reward, player.calls, player.tokens, player.needed)
    assert numbers == (None,) * 5
    assert (player.score.interval.low, player.score.interval.high) == (0.0, 1.0)


def test_the_baseline_is_the_first_player_unless_named(make_run) -> None:
    assert summarise(make_run()).baseline == "first-hit"
    named = summarise(make_run(), "researcher")
    assert [player.comparison is None for player in named.players] == [False, True]
    with pytest.raises(UnknownNameError, match="Did you mean 'researcher'"):
        summarise(make_run(), "researchr")


def test_the_difference_is_paired_over_common_valid_episodes(make_run, make_row) -> None:
    rows = [make_row("one", n, float(n % 2)) for n in range(10)]
    rows[9] = make_row("one", 9, 1.0, valid=False)
    rows += [make_row("two", n, 1.0) for n in range(2, 12)]
    comparison = summarise(make_run({"one": 0, "two": 0}, rows=rows)).players[1].comparison
    assert comparison is not None
    assert (comparison.pairs, comparison.unpaired) == (7, 3)
    assert comparison.difference == pytest.approx(4 / 7)


def test_pairing_narrows_the_interval(make_run) -> None:
    summary = summarise(make_run({"one": 0.5, "two": 0.6}, episodes=200))
    comparison = summary.players[1].comparison
    assert comparison is not None
    alone = [player.score.interval.high - player.score.interval.low for player in summary.players]
    assert comparison.interval.high - comparison.interval.low < 0.8 * max(alone)
    assert comparison.p_value < 0.01
    assert comparison.interval.low > 0


def test_repeats_are_paired_with_the_same_repeat(make_run, make_row) -> None:
    rows = [make_row("one", n, 0.0, repeat=k) for n in range(5) for k in range(3)]
    rows += [make_row("two", n, float(k == 0), repeat=k) for n in range(5) for k in range(3)]
    comparison = summarise(make_run({"one": 0, "two": 0}, rows=rows)).players[1].comparison
    assert comparison is not None
    assert (comparison.pairs, comparison.difference) == (15, pytest.approx(1 / 3))


def test_costs_are_means_and_every_player_has_every_tool(make_run, make_row) -> None:
    rows = [make_row("one", n, calls={"search": n}) for n in range(4)]
    rows += [make_row("two", 0, calls={"delegate": 2}, tokens=50, turns=3)]
    one, two = summarise(make_run({"one": 0, "two": 0}, rows=rows)).players
    assert one.calls_by_tool == {"delegate": 0.0, "search": 1.5}
    assert (two.calls, two.calls_by_tool["search"], two.tokens, two.turns) == (2.0, 0.0, 50.0, 3.0)


def test_hops_break_the_score_down_and_their_counts_add_up(make_run) -> None:
    player = summarise(make_run()).players[1]
    assert [part.hops for part in player.hops] == [2, 3, 4]
    assert sum(part.score.n for part in player.hops) == player.score.n
    assert sum(part.score.n * part.score.mean for part in player.hops) == pytest.approx(
        player.score.n * player.score.mean
    )


def test_the_order_of_the_rows_does_not_matter(make_run) -> None:
    run = make_run({"one": 0.4, "two": 0.6})
    assert section(run) == section(make_run({"one": 0.4, "two": 0.6}, rows=run.rows[::-1]))


def test_a_summary_reads_back_from_its_json(make_run) -> None:
    summary = summarise(make_run())
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary
