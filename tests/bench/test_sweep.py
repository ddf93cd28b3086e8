"""A noise sweep plays twins: the same episodes with noise and without, and nothing twice."""

import msgspec
import pytest

from webenvs import catalog
from webenvs.bench.run import run
from webenvs.bench.sweep import Asked, missing, planned, sweep
from webenvs.bench.swept import kinds_from
from webenvs.errors import SettingError, UnknownNameError
from webenvs.noise.table import GROUPS, TABLE

ENV = "MultiHop-v0"
FEW = Asked(
    players=("first-hit", "oracle"), kinds=("timeout", "drop"), strengths=(0.5, 1.0), episodes=6
)


def asked(**changed):
    return msgspec.structs.replace(FEW, **changed)


@pytest.fixture(scope="module")
def played():
    return sweep(planned(ENV, FEW))


@pytest.fixture(scope="module")
def solo():
    return catalog.scenario(ENV).game


def test_the_clean_cell_is_what_bench_measures(played) -> None:
    result, episodes = run(catalog.scenario(ENV), ["oracle"], episodes=6)
    cell = played.cell("oracle")
    assert cell.success == tuple(row.correct for row in result.rows)
    assert cell.calls == tuple(sum(row.calls.values()) for row in result.rows)
    assert played.tasks == tuple(episode.task for episode in episodes)


def test_a_cell_is_what_bench_measures_under_that_noise(played) -> None:
    result, _ = run(catalog.scenario(ENV, noise="drop:0.5"), ["first-hit"], episodes=6)
    cell = played.cell("first-hit", "drop", 0.5)
    assert cell.success == tuple(row.correct for row in result.rows)


def test_every_player_has_one_clean_cell_and_one_for_each_kind_and_strength(played) -> None:
    assert [cell.key for cell in played.cells] == [
        (player, *key)
        for player in ("first-hit", "oracle")
        for key in [
            ("", 0.0),
            *((kind, strength) for kind in ("drop", "timeout") for strength in (0.5, 1.0)),
        ]
    ]
    assert {len(cell.success) for cell in played.cells} == {6}


def test_evidence_is_read_in_full_by_an_oracle_and_not_at_all_when_all_fails(played) -> None:
    assert set(played.cell("oracle").evidence) == {1.0}
    assert set(played.cell("oracle", "timeout", 1.0).evidence) == {0.0}


def test_noise_of_the_settings_stays_in_every_episode() -> None:
    made = sweep(planned(ENV, asked(players=("oracle",)), {"noise": "timeout:1"}))
    assert set(made.cell("oracle").evidence) == {0.0}
    assert set(made.cell("oracle", "drop", 0.5).evidence) == {0.0}


def test_workers_do_not_change_a_byte_of_a_sweep(played) -> None:
    assert sweep(planned(ENV, FEW), workers=2) == played


def test_progress_adds_up_to_what_is_missing() -> None:
    plan, done = planned(ENV, FEW), []
    sweep(plan, progress=done.append)
    assert sum(done) == missing(plan) == 2 * 6 * 5


def test_a_sweep_that_was_stopped_is_gone_on_with(played) -> None:
    saved = []
    sweep(planned(ENV, FEW), save=saved.append)
    plan, done = planned(ENV, FEW), []
    assert 0 < len(saved[0].cells[0].success) < 6
    assert sweep(plan, before=saved[0], progress=done.append) == played
    assert sum(done) < missing(plan)


@pytest.mark.parametrize(
    "before",
    [
        {"episodes": 3},
        {"kinds": ("drop",)},
        {"strengths": (1.0,)},
        {"players": ("oracle",)},
        {"episodes": 9},
        {"kinds": ("drop", "timeout", "server_error")},
    ],
    ids=lambda changed: "-".join(f"{name}={value}" for name, value in changed.items()),
)
def test_episodes_kinds_strengths_and_players_can_be_added_and_left_out(played, before) -> None:
    earlier = sweep(planned(ENV, asked(**before)))
    assert sweep(planned(ENV, FEW), before=earlier) == played


def test_a_whole_sweep_is_not_played_again(played) -> None:
    assert missing(planned(ENV, FEW), played) == 0


@pytest.mark.parametrize(
    ("changed", "settings", "named"),
    [({"seed": 1}, {}, "seed = 0, not 1"), ({}, {"turns": 3}, "settings = ")],
    ids=["seed", "settings"],
)
def test_a_sweep_of_other_episodes_is_not_gone_on_with(played, changed, settings, named) -> None:
    with pytest.raises(SettingError, match=named):
        sweep(planned(ENV, asked(**changed), settings), before=played)


def test_without_names_all_kinds_that_concern_the_game_are_tried(solo) -> None:
    team = catalog.scenario(ENV, game="team").game
    for game, tools in ((solo, {"search", "fetch", "click", "find"}), (team, {"delegate"})):
        labels = {kind.label for kind in kinds_from((), game)}
        concerned = {name for name, kind in TABLE.items() if set(kind.tools) & tools}
        assert labels >= concerned
    assert [kind.label for kind in kinds_from((), solo)] == [
        name
        for group in GROUPS
        for name, kind in TABLE.items()
        if kind.group == group and set(kind.tools) & {"search", "fetch", "click", "find"}
    ]


def test_a_group_stands_for_its_kinds(solo) -> None:
    labels = [kind.label for kind in kinds_from(("failures",), solo)]
    assert {"timeout", "server_error"} <= set(labels)
    assert "drop" not in labels


@pytest.mark.parametrize("label", ["timeout(sticky)@search", "timeout(seconds=5)", "drop@search"])
def test_a_kind_can_have_options_and_a_target(solo, label) -> None:
    (kind,) = kinds_from((label,), solo)
    (noise,) = kind.noise(0.25)
    assert noise.strength == 0.25
    assert noise.name == label.partition("(")[0].partition("@")[0] == kind.name


@pytest.mark.parametrize(
    ("kinds", "error", "said"),
    [
        (("timeuot",), UnknownNameError, "Did you mean 'timeout'"),
        (("timeout", "timeout"), SettingError, "named once"),
        (("failures", "timeout"), SettingError, "named once"),
        (("timeout(stikcy)",), SettingError, "stikcy"),
        (("timeout(tries=3)",), SettingError, "has no option 'tries'"),
        (("drop@fetch",), SettingError, "tool of noise 'drop'"),
    ],
    ids=["unknown", "twice", "in-its-group", "option", "model-option", "tool"],
)
def test_kinds_that_are_none_are_refused(solo, kinds, error, said) -> None:
    with pytest.raises(error, match=said):
        kinds_from(kinds, solo)


def test_a_kind_that_a_game_has_no_tool_for_is_refused() -> None:
    game = catalog.scenario("WebWalk-v0").game
    with pytest.raises(SettingError, match="falls on search: the walk game has none"):
        kinds_from(("drop",), game)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"strengths": (0.5, 1.5)}, "strengths = 1.5"),
        ({"strengths": (0.0,)}, "at least one above 0"),
        ({"episodes": 0}, "episodes = 0"),
        ({"players": ()}, "players"),
        ({"players": ("oracle", "oracle")}, "none of them twice"),
    ],
    ids=["strength", "zero", "episodes", "nobody", "twice"],
)
def test_a_sweep_that_makes_no_sense_is_refused(changed, said) -> None:
    with pytest.raises(SettingError, match=said):
        planned(ENV, asked(**changed))


def test_a_group_that_a_game_has_nothing_of_is_refused_with_its_name() -> None:
    with pytest.raises(SettingError, match="of channel is left: the solo game has none"):
        planned(ENV, asked(kinds=("channel",)))


def test_an_unknown_player_is_refused_before_anything_is_played() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'oracle'"):
        planned(ENV, asked(players=("orcale",)))
