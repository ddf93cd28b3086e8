"""What a player's code raises reaches the user as a PlayerError that says who, what and where."""

import pytest

from webenvs import catalog, episodes
from webenvs.errors import PlayerError
from webenvs.players.asking import asked, told

MODULE = __file__


def deeper():
    raise ValueError("no\n\x1bkey.")


def through(code):
    return code()


def leaving():
    raise SystemExit(0)


def playing(player, **settings):
    scenario = catalog.scenario("MultiHop-v0", **settings)
    return episodes.play(scenario, catalog.lineup(player), seed=7)


def test_what_is_asked_is_answered():
    assert asked("It fails", max, 3, 5) == 5


def test_the_place_is_the_deepest_line_of_the_asked_file():
    with pytest.raises(
        PlayerError, match=r"^It fails: ValueError: no \ufffdkey \(.*\.py:\d+\)\.$"
    ) as at:
        asked("It fails", through, deeper)
    line = deeper.__code__.co_firstlineno + 1
    assert f"({MODULE}:{line})" in str(at.value)


def test_code_without_a_line_has_no_place():
    with pytest.raises(PlayerError, match=r"^It fails: ZeroDivisionError: .*zero\.$"):
        asked("It fails", divmod, 1, 0)


def test_an_error_without_text_is_told_by_its_type():
    assert told(KeyError()) == "KeyError"


def test_an_interrupt_is_left_alone():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked("It fails", interrupted)


@pytest.mark.parametrize(
    ("failing", "kind"), [(deeper, ValueError), (leaving, SystemExit)], ids=["error", "exit"]
)
def test_a_failing_player_is_named_with_seat_task_and_seed_and_its_error_chained(failing, kind):
    with pytest.raises(
        PlayerError, match=rf"task \w+@train:\d+, seed 7: {kind.__name__}: "
    ) as raised:
        playing(lambda observation, info: failing())
    assert "The player of researcher_0 failed" in str(raised.value)
    assert isinstance(raised.value.__cause__, kind)


def test_what_is_no_message_is_named_with_seat_task_and_seed():
    with pytest.raises(
        PlayerError, match=r"researcher_0 failed on task \w+@train:\d+, seed 7: A message is"
    ):
        playing(lambda observation, info: 3)


def test_a_player_that_fails_at_its_reset_is_named():
    class Unready:
        def reset(self, seat):
            deeper()

        def __call__(self, observation, info):
            return ""

    with pytest.raises(
        PlayerError, match=r"planner_0 failed on task \w+@train:\d+, seed 7: ValueError"
    ):
        playing(Unready, game="team")


def test_a_class_that_wants_arguments_is_named():
    class Wanting:
        def __init__(self, model):
            self.model = model

        def __call__(self, observation, info):
            return self.model

    words = r"The player of researcher_0, .*Wanting, cannot be made: TypeError: .*'model'"
    with pytest.raises(PlayerError, match=words) as raised:
        playing(Wanting)
    assert isinstance(raised.value.__cause__, TypeError)
