"""A careful player knows its tools by their schemas, whatever their names."""

import pytest

from webenvs import catalog
from webenvs.chat import function_schemas
from webenvs.envs.game import ANSWER
from webenvs.episodes import play
from webenvs.players.careful import Careful, recognised
from webenvs.players.message import say
from webenvs.web.tools import TOOLS, web_tools

OTHER = {
    "search": ("lookup", {"query": "q"}),
    "fetch": ("open_page", {"url": "address", "page": "section"}),
    "click": ("press", {"link": "number"}),
    "find": ("grep", {"text": "pattern"}),
    "back": ("undo", {}),
    "read": ("scroll", {"part": "chunk"}),
}


def schemas(names=tuple(TOOLS), renamed=True):
    """The schemas of these tools and of a closing one, under other names if asked."""
    told = list(function_schemas((*web_tools(names), ANSWER)))
    for schema in told[:-1] if renamed else ():
        function = schema["function"]
        name, arguments = OTHER[function["name"]]
        parameters = function["parameters"]
        schema["function"] = {
            **function,
            "name": name,
            "parameters": {
                **parameters,
                "properties": {
                    arguments.get(key, key): value
                    for key, value in parameters["properties"].items()
                },
                "required": [arguments.get(key, key) for key in parameters["required"]],
            },
        }
    return told


def info(tools, *contents):
    return {
        "tools": tools,
        "messages": tuple({"role": "user", "content": content} for content in contents),
        "role": "researcher",
        "closing": False,
    }


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_of_another_name_is_recognised(name) -> None:
    known = recognised(schemas())
    assert (known[name].name, dict(known[name].arguments)) == OTHER[name]


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_is_recognised_among_few(name) -> None:
    assert list(recognised(schemas((name,)))) == [name]


def test_what_closes_is_no_web_tool() -> None:
    assert "answer" not in [tool.name for tool in recognised(schemas()).values()]


def test_calls_are_written_in_the_words_of_the_schemas() -> None:
    player = Careful(lambda observation, info: say("fetch", url="https://a.example/", page=2))
    said = player({"text": "", "turn": 1}, info(schemas()))
    assert said["calls"] == [
        {"name": "open_page", "arguments": {"address": "https://a.example/", "section": 2}}
    ]


def test_results_are_read_under_the_usual_names() -> None:
    seen = []
    player = Careful(lambda observation, info: seen.append((observation, info)) or say("back"))
    text = "[lookup] 1. A [grep] b\n\n[grep] none\n\nNot [lookup] this"
    player({"text": text, "turn": 1}, info(schemas(), text))
    read = "[search] 1. A [grep] b\n\n[find] none\n\nNot [lookup] this"
    assert seen[0][0]["text"] == read
    assert [entry["content"] for entry in seen[0][1]["messages"]] == [read]
    assert [one["function"]["name"] for one in seen[0][1]["tools"]] == [*TOOLS, "answer"]


def test_where_all_is_as_usual_the_player_is_shown_what_is_there() -> None:
    seen = []
    player = Careful(lambda observation, info: seen.append(info) or "text")
    shown = info(schemas(renamed=False))
    assert player({"text": "", "turn": 0}, shown) == "text"
    assert seen[0] is shown


@pytest.mark.parametrize(("env", "game"), [("MultiHop-v0", "solo"), ("WebWalk-v0", "walk")])
def test_with_the_usual_tools_it_plays_as_the_scripted_one(env, game) -> None:
    made = catalog.scenario(env, game=game)
    prints = {
        play(made, catalog.lineup(name, made.game), 5).fingerprint
        for name in ("scripted", "careful")
    }
    assert len(prints) == 1
