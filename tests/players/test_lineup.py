"""A lineup seats one player a seat, keeps it, and tells it when an episode begins."""

import pytest

from webenvs.errors import PlayerError, SettingError, UnknownNameError
from webenvs.players.lineup import Lineup, players_by_role
from webenvs.records import Task

SEATS = ("planner_0", "worker_0", "worker_1")
TASK = Task(question="Who?", answers=("Nobody",))


class Listener:
    """Remembers the seats it was given."""

    def __init__(self):
        self.seats = []

    def reset(self, seat):
        self.seats.append(seat)

    def __call__(self, observation, info):
        return "nothing"


class GoldListener(Listener):
    """The same, and reads the gold."""

    reads_gold = True


def test_each_seat_has_its_own_player_of_its_role():
    seated = Lineup({"planner": GoldListener, "*": Listener}).sit(SEATS, TASK, 7)
    assert [type(seated[seat]) for seat in SEATS] == [GoldListener, Listener, Listener]
    assert seated["worker_0"] is not seated["worker_1"]


def test_a_player_keeps_its_seat_from_episode_to_episode():
    lineup = Lineup({"*": Listener})
    first = lineup.sit(SEATS, TASK, 1)
    second = lineup.sit(SEATS, TASK, 2)
    assert first["worker_1"] is second["worker_1"]
    assert [seat.seed for seat in second["worker_1"].seats] == [1, 2]


def test_a_seat_says_its_name_and_role():
    seated = Lineup({"*": Listener}).sit(SEATS, TASK, 7)
    told = seated["worker_1"].seats[0]
    assert (told.player, told.role, told.seed) == ("worker_1", "worker", 7)


def test_only_a_player_that_declares_it_is_told_the_gold():
    seated = Lineup({"planner": GoldListener, "*": Listener}).sit(SEATS, TASK, 7)
    assert seated["planner_0"].seats[0].task is TASK
    assert seated["worker_0"].seats[0].task is None


def test_a_plain_function_can_be_a_player():
    def player(observation, info):
        return "nothing"

    assert Lineup({"*": lambda: player}).sit(SEATS[:1], TASK, 0) == {"planner_0": player}


def test_a_role_that_nobody_plays_is_named():
    with pytest.raises(UnknownNameError, match=r"role 'worker'.*Allowed: planner"):
        Lineup({"planner": Listener}).sit(SEATS, TASK, 0)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(PlayerError, match=r"player of planner_0 must be callable; int is not"):
        Lineup({"*": lambda: 3}).sit(SEATS, TASK, 0)


@pytest.mark.parametrize(
    ("players", "by_role"),
    [
        ("random", {"*": "random"}),
        ("planner=a, worker=b:C", {"planner": "a", "worker": "b:C"}),
        ({"planner": "a"}, {"planner": "a"}),
    ],
)
def test_players_are_given_for_all_roles_or_by_role(players, by_role):
    assert players_by_role(players) == by_role


@pytest.mark.parametrize(
    ("players", "words"),
    [
        ("worker=a,worker=b", "one player a role; 'worker' has two"),
        ("worker=a,b", "pairs ROLE=PLAYER"),
        ("worker=a,", "pairs ROLE=PLAYER"),
        ("worker=", "pairs ROLE=PLAYER"),
        ("=a", "pairs ROLE=PLAYER"),
    ],
)
def test_text_that_is_no_pairs_is_refused(players, words):
    with pytest.raises(SettingError, match=words):
        players_by_role(players)
