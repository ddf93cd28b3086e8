"""A careful player knows its tools by their schemas, whatever their names."""

import pytest

from webenvs import catalog
from webenvs.chat import function_schemas
from webenvs.envs.game import ANSWER
from webenvs.episodes import play
from webenvs.noise.layouts import LAYOUTS, laid_out
from webenvs.players.careful import Careful, recognised
from webenvs.players.message import say
from webenvs.players.script.hit_lists import as_usual
from webenvs.records import Hit
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


HITS = (
    ("A – town", "https://a.example/1", "It lies, as told, at sea."),
    ("B", "https://b.example/", "…"),
)
USUAL = "\n".join(
    f"{rank}. {title}\n   {url}\n   {text}" for rank, (title, url, text) in enumerate(HITS, start=1)
)


@pytest.mark.parametrize("layout", [*LAYOUTS])
def test_hits_are_read_in_every_layout_that_there_is(layout) -> None:
    hits = [
        Hit(url=url, title=title, snippet=text, score=1.0, rank=rank)
        for rank, (title, url, text) in enumerate(HITS, start=1)
    ]
    assert as_usual(laid_out(hits, layout)) == USUAL


@pytest.mark.parametrize("text", ["No page matches 'x'.", "{", '{"results": [', "Timed out.", "[]"])
def test_what_is_no_list_of_hits_is_left_as_it_is(text) -> None:
    assert as_usual(text) == text


WAYS = {
    "json-lines": '{"rank": 1, "title": "B", "link": "https://b.example/", "description": "…"}',
    "json": '{"results": [\n {"title": "B", "link": "https://b.example/", "description": "…"}\n]}',
    "markdown": "1. [B](<https://b.example/>): …",
    "tags": '<results>\n<result rank="1">\n<url>https://b.example/</url>\n<title>B</title>\n'
    "<snippet>…</snippet>\n</result>\n</results>",
    "blocks": "Result: 1\nText: …\nSource: https://b.example/\nName: B",
    "table": "| rank | title | url | snippet |\n| --- | --- | --- | --- |\n"
    "| 1 | B | https://b.example/ | … |",
    "compact": "https://b.example/ - B - … [1]",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_list_of_hits_is_shown_to_the_player_as_usual(way) -> None:
    seen = []
    player = Careful(lambda observation, info: seen.append(observation["text"]) or say("back"))
    text = f"[search] {WAYS[way]}\n\n[fetch] B"
    player({"text": text, "turn": 1}, info(schemas(renamed=False), text))
    assert seen == ["[search] 1. B\n   https://b.example/\n   …\n\n[fetch] B"]
