"""Ways to seat players on the small web, and an info as a player meets it at its first message."""

import pytest

from webenvs import catalog
from webenvs.chat import function_schemas
from webenvs.envs.game import ANSWER, DELEGATE, REPORT
from webenvs.episodes import play
from webenvs.web.tools import TOOLS as WEB

KNOWN = {**WEB, **{tool.name: tool for tool in (DELEGATE, ANSWER, REPORT)}}
TOOLS = ("search", "fetch", "click", "find", "answer")


@pytest.fixture
def seat(scenario):
    """Play a task of the small web with players of a name; returns the episode."""

    def played(players, task=0, seed=0, **settings):
        made = scenario(**settings)
        return play(made, catalog.lineup(players), seed, made.tasks.tasks[task].id)

    return played


@pytest.fixture
def first_info():
    """The info of a first message that asks this."""

    def make(asked, tools=TOOLS, role="researcher", closing=False, budget=None):
        return {
            "player": f"{role}_0",
            "role": role,
            "messages": (
                {"role": "system", "content": "You work."},
                {"role": "user", "content": asked},
            ),
            "tools": function_schemas([KNOWN[name] for name in tools]),
            "closing": closing,
            "statuses": (),
            "budget": budget or {},
        }

    return make


@pytest.fixture
def said():
    """The (tool, arguments) of every call that an episode's player made, in order."""

    def calls(episode, player=None):
        return [
            (call.tool, call.arguments)
            for turn in episode.turns
            if player in (None, turn.player)
            for call in turn.calls
        ]

    return calls
