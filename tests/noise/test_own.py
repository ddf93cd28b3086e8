"""Noise models of the user's own that fail, or return what their hook must not."""

import gymnasium as gym
import msgspec
import pytest

from webenvs.errors import NoiseError
from webenvs.noise.model import Failure, Report
from webenvs.players.message import say
from webenvs.records import Record


class Teapot(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return Failure(status="server_error", content="I am a teapot.")


class Raising(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        raise KeyError("mine")


class Nothing(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return None


class Unheard(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return Failure(status="teapot", content="")


class Backwards(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return Failure(status="timeout", content="", seconds=-100)


class Never(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return Failure(status="timeout", content="", seconds=float("nan"))


class Secretive(Record, frozen=True, kw_only=True):
    def failure(self, draw, scene):
        return Failure(status="timeout", content="", detail={"scene": object()})


class Bare(Record, frozen=True, kw_only=True):
    def hits(self, draw, query, hits, struck, around):
        return hits


class Strings(Record, frozen=True, kw_only=True):
    def hits(self, draw, query, hits, struck, around):
        return ["a hit"], {}


class Empty(Record, frozen=True, kw_only=True):
    def reply(self, draw, reply, call):
        return None, {}


class Undecided(Teapot, frozen=True, kw_only=True):
    def strikes(self, rate, draw, scene):
        return "perhaps"


class Reversed(Record, frozen=True, kw_only=True):
    def hits(self, draw, query, hits, struck, around):
        return list(hits)[::-1], {"count": len(hits)}


class Alike(Record, frozen=True, kw_only=True):
    def tools(self, draw, tools, shown, desk):
        return msgspec.structs.replace(shown, names={tool.name: "answer" for tool in tools}), {}


class Late(Record, frozen=True, kw_only=True):
    def report(self, draw, report):
        return Report(status="ok", content="", delay=-1), {}


def begun(model, **settings):
    noise = f"{__name__}:{model.__name__}:1"
    return gym.make("webenvs:webenvs/MultiHop-v0", noise=noise, **settings).unwrapped


WRONG = [
    (Raising, r"failed in failure: KeyError: 'mine' \(.*test_own.py:\d+\)"),
    (Nothing, "returned from failure None, not Failure"),
    (Unheard, "returned from failure Failure that is none: Invalid enum value 'teapot'"),
    (Backwards, "Expected `float` >= 0"),
    (Never, "Expected `float` >= 0"),
    (Secretive, "object is unsupported"),
    (Bare, "returned from hits tuple, not a pair"),
    (Strings, "returned from hits str, not Hit"),
    (Empty, "returned from reply None, not Reply"),
    (Undecided, "returned from strikes str, not bool"),
]


@pytest.mark.parametrize(("model", "words"), WRONG, ids=[model.__name__ for model, _ in WRONG])
def test_a_model_that_is_wrong_is_named_and_ends_the_episode(model, words):
    env = begun(model)
    env.reset(seed=3)
    with pytest.raises(NoiseError, match=rf"(?s)Noise '.*:{model.__name__}' .*{words}"):
        env.step(say("search", query="river"))
    _, reward, terminated, truncated, info = env.step(say("search", query="river"))
    assert (reward, terminated, truncated) == (0, False, True)
    assert (info["end"], info["valid"]) == ("aborted", False)
    assert info["fault"].startswith("NoiseError: Noise ")


def test_names_that_tell_no_tools_apart_are_refused_before_the_episode_begins():
    with pytest.raises(NoiseError, match="returned from tools names that tell no tools apart"):
        begun(Alike).reset(seed=3)


def test_a_report_that_cannot_be_one_is_named():
    env = begun(Late, game="team", seat="planner", players={"worker": "first-hit"})
    env.reset(seed=3)
    with pytest.raises(NoiseError, match="returned from report Report that is none"):
        env.step(say("delegate", task="Find it."))


def test_a_model_that_is_right_does_what_it_says():
    env = begun(Teapot)
    env.reset(seed=3)
    *_, info = env.step(say("search", query="river"))
    assert info["statuses"] == ("server_error",)


def test_hits_in_a_list_are_as_good_as_in_a_tuple():
    env = begun(Reversed)
    env.reset(seed=3)
    *_, info = env.step(say("search", query="river"))
    assert info["statuses"] == ("ok",)
    assert info["noise"][0]["detail"] == {"count": 5}
