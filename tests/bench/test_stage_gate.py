"""The gate between two stages: what is compared, how it is judged, and what is refused."""

import sys
import types
from xml.etree import ElementTree

import msgspec
import pytest
from scipy.stats import spearmanr

from webenvs import catalog
from webenvs.bench import svg
from webenvs.bench.run import run
from webenvs.bench.stage_report import grids, picture, sentences, write
from webenvs.bench.stages import Comparison, compare, verdict
from webenvs.errors import SettingError
from webenvs.players.message import close

EPISODES = 8


@pytest.fixture(scope="module")
def sides():
    """The toy stage, and the same corpus under heavy noise."""
    return [
        ("S1", catalog.scenario("MultiHop", stage="S1")),
        ("S3", catalog.scenario("MultiHop", stage="S3", corpus="tiny", noise="timeout:0.5")),
    ]


@pytest.fixture(scope="module")
def compared(sides):
    return compare(sides, catalog.LADDER, episodes=EPISODES, seed=3)


def test_rewards_are_those_that_the_players_earn_on_each_stage(sides, compared):
    for place, (_, scenario) in enumerate(sides):
        rows = run(scenario, ["scripted"], episodes=EPISODES, seed=3)[0].rows
        standing = next(each for each in compared.players if each.player == "scripted")
        mean = sum(row.reward for row in rows) / EPISODES
        assert standing.rewards[place].mean == pytest.approx(mean)


def test_rho_is_the_rank_correlation_of_the_mean_rewards(compared):
    one, other = ([each.rewards[side].mean for each in compared.players] for side in (0, 1))
    assert compared.rho == pytest.approx(spearmanr(one, other).statistic)
    assert compared.rho_interval.low <= compared.rho <= compared.rho_interval.high


def test_the_difference_is_the_mean_of_the_players_differences(compared):
    for each in compared.players:
        assert each.difference == pytest.approx(each.rewards[1].mean - each.rewards[0].mean)
        assert each.interval.low <= each.difference <= each.interval.high
    mean = sum(each.difference for each in compared.players) / len(compared.players)
    assert compared.difference == pytest.approx(mean)


def test_stages_of_one_corpus_are_paired_and_others_are_not(compared):
    assert compared.paired
    other = catalog.scenario("MultiHop", stage="S2", corpus="tiny", hops=(2, 2))
    sides = [("S1", catalog.scenario("MultiHop", stage="S1")), ("S2", other)]
    apart = compare(sides, catalog.LADDER, episodes=4)
    assert not apart.paired
    for each in apart.players:
        assert each.interval.low < each.difference < each.interval.high


def test_a_stage_is_like_itself(sides):
    alike = compare([sides[0], sides[0]], catalog.LADDER, episodes=4, seed=3)
    assert (alike.rho, alike.difference, alike.variation, alike.divergence) == (1, 0, 0, 0)
    assert alike.promoted


def test_progress_adds_up_to_all_episodes(sides):
    done = []
    compare(sides, catalog.LADDER[:8], episodes=3, progress=done.append)
    assert sum(done) == 2 * 3 * 8


def test_stages_that_pay_differently_are_not_compared():
    sides = [(name, catalog.scenario("MultiHop", stage=name)) for name in ("S1", "S0")]
    with pytest.raises(SettingError, match=r"S1 and S0 do not pay the same: .* -s reward=plan"):
        compare(sides, catalog.LADDER, episodes=2)


def test_teams_are_compared_on_what_every_stage_can_pay():
    paid = {"game": "team", "reward": "plan"}
    sides = [(name, catalog.scenario("MultiHop", stage=name, **paid)) for name in ("S0", "S1")]
    assert compare(sides, catalog.LADDER, episodes=2).game == "team"


def closing(observation, info):
    """A player that answers nothing at once."""
    return close(info, "nothing")


@pytest.fixture
def alike(monkeypatch):
    """The names of eight players that are one."""
    module = types.ModuleType("eight_alike")
    names = [f"player_{number}" for number in range(8)]
    for name in names:
        setattr(module, name, closing)
    monkeypatch.setitem(sys.modules, "eight_alike", module)
    return [f"eight_alike:{name}" for name in names]


def test_players_that_nobody_can_tell_apart_promote_nothing(sides, alike):
    found = compare(sides, alike, episodes=3)
    assert (found.rho, found.promoted, found.undefined) == (None, False, 2000)
    assert (found.rho_interval.low, found.rho_interval.high) == (-1.0, 1.0)
    assert verdict(found).startswith("Not promoted: a stage tells no two players apart")


@pytest.mark.parametrize(
    ("players", "settings", "words"),
    [
        (catalog.LADDER[:7], {}, r"players = \[.*\] is not allowed: .* at least 8 players"),
        ((*catalog.LADDER[:8], "random"), {}, "none of them twice"),
        (catalog.LADDER, {"episodes": 1}, "episodes = 1 is not allowed"),
        (catalog.LADDER, {"threshold": 1.5}, "threshold = 1.5 is not allowed"),
        (catalog.LADDER, {"threshold": float("nan")}, "threshold = nan is not allowed"),
        (catalog.LADDER, {"workers": 0}, "workers = 0 is not allowed"),
    ],
)
def test_what_cannot_be_compared_is_refused(sides, players, settings, words):
    with pytest.raises(SettingError, match=words):
        compare(sides, players, **settings)


def test_two_games_are_not_compared(sides):
    team = ("S1", catalog.scenario("MultiHop", stage="S1", game="team"))
    with pytest.raises(SettingError, match="S1 plays solo and S1 team: name one game for both"):
        compare([sides[0], team], catalog.LADDER)


@pytest.mark.parametrize(
    ("rho", "low", "high", "words"),
    [
        (0.9, 0.85, 1.0, "Promoted: rank correlation 0.900 [0.850, 1.000] is at least 0.8."),
        (0.9, 0.5, 1.0, "is at least 0.8; the interval reaches below it."),
        (0.8, 0.8, 1.0, "Promoted: "),
        (0.7, 0.5, 0.75, "Not promoted: rank correlation 0.700 [0.500, 0.750] is below 0.8."),
        (0.7, 0.5, 0.9, "is below 0.8; the interval reaches up to it."),
    ],
)
def test_the_verdict_says_what_the_interval_leaves_open(compared, rho, low, high, words):
    interval = msgspec.structs.replace(compared.rho_interval, low=low, high=high)
    judged = msgspec.structs.replace(
        compared, rho=rho, rho_interval=interval, promoted=rho >= 0.8, threshold=0.8
    )
    assert words in verdict(judged)


def test_tables_have_a_row_for_every_player(compared):
    for grid in grids(compared):
        assert [row[0] for row in grid.rows] == list(catalog.LADDER)
        assert all(len(row) == len(grid.header) for row in grid.rows)


def test_sentences_end_with_the_verdict(compared):
    told = sentences(compared)
    assert "paired by task" in told[0]
    assert told[-1] == verdict(compared)


def test_aborted_episodes_are_told(compared):
    one, other = compared.sides
    short = msgspec.structs.replace(
        compared, sides=(msgspec.structs.replace(one, left_out=2), other), undefined=7
    )
    assert "2 aborted episodes are left out on S1." in sentences(short)
    assert "7 resamples told no two players apart." in sentences(short)


def test_the_report_holds_the_comparison_and_a_picture_of_every_player(compared, tmp_path):
    paths = write(compared, tmp_path / "out")
    assert [path.name for path in paths] == ["stages.json", "stages.md", "stages.svg"]
    assert msgspec.json.decode(paths[0].read_bytes(), type=Comparison) == compared
    told = paths[1].read_text()
    assert "(stages.svg)" in told
    assert "| scripted |" in told
    drawn = paths[2].read_text()
    assert drawn == picture(compared)
    assert all(f">{name}</text>" in drawn for name in catalog.LADDER)
    again = write(compared, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_long_names_of_stages_stand_below_each_other_and_on_the_paper(compared):
    long = (
        "S3:corpus=tiny,noise=mild,timeout:0.1(sticky)@researcher/search+fetch,sandbox=on,turns=9"
    )
    sides = tuple(msgspec.structs.replace(side, label=long) for side in compared.sides)
    drawn = ElementTree.fromstring(picture(msgspec.structs.replace(compared, sides=sides)))
    wide, tall = float(drawn.get("width")), float(drawn.get("height"))
    texts = [text for text in drawn.iter("{http://www.w3.org/2000/svg}text") if "S3" in text.text]
    assert len({text.get("y") for text in texts}) == len(texts) == 3
    for text in texts:
        assert float(text.get("x")) + svg.label_width(text.text, 13) * 0.85 <= wide
        assert float(text.get("y")) <= tall - 4


def test_a_report_folder_that_is_a_file_is_refused(compared, tmp_path):
    place = tmp_path / "file"
    place.write_text("x")
    with pytest.raises(SettingError, match="a folder, or a path where one can be made"):
        write(compared, place)
