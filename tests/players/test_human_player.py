"""A human types short commands, and wrong ones are explained."""

import pytest

from webenvs.players.human import Human

OBSERVATION = {"text": "Question: Who?", "turn": 2}


@pytest.fixture
def typed(first_info):
    """What a human who types these lines says, and what the terminal showed."""

    def play(*lines):
        left, shown = list(lines), []

        def read(prompt):
            if not left:
                raise EOFError
            return left.pop(0)

        info = first_info("Question: Who?", tools=("search", "fetch", "click", "find", "answer"))
        message = Human(read, shown.append)(OBSERVATION, info)
        assert not left
        return message["calls"][0]["name"], message["calls"][0]["arguments"], "\n".join(shown)

    return play


@pytest.mark.parametrize(
    ("line", "tool", "arguments"),
    [
        ("search two words", "search", {"query": "two words"}),
        ("fetch https://a.example/b", "fetch", {"url": "https://a.example/b"}),
        ("fetch https://a.example/b 3", "fetch", {"url": "https://a.example/b", "page": 3}),
        ("fetch a b", "fetch", {"url": "a b"}),
        ("click 12", "click", {"link": 12}),
        ("find a phrase", "find", {"text": "a phrase"}),
        ("answer Ann", "answer", {"text": "Ann"}),
        ("answer", "answer", {"text": ""}),
    ],
)
def test_a_command_becomes_a_call(typed, line, tool, arguments):
    assert typed(line)[:2] == (tool, arguments)


def test_the_human_sees_the_observation_and_the_commands(typed):
    shown = typed("answer Ann")[2]
    assert "researcher_0, message 3" in shown
    assert "Question: Who?" in shown
    assert "click NUMBER" in shown
    assert "delegate" not in shown


def test_a_wrong_command_is_explained_and_asked_again(typed):
    tool, arguments, shown = typed("serch Alba", "search Alba")
    assert (tool, arguments) == ("search", {"query": "Alba"})
    assert "no command 'serch'. Did you mean 'search'?" in shown


def test_a_click_on_no_number_is_explained(typed):
    tool, _, shown = typed("click it", "click 1")
    assert tool == "click"
    assert "click takes the number of a link" in shown


def test_the_end_of_the_input_gives_up(typed):
    assert typed()[:2] == ("answer", {"text": ""})


def test_a_human_planner_delegates(first_info):
    info = first_info("Question: Who?", tools=("delegate", "answer"), role="planner")
    message = Human(lambda prompt: "delegate Find Ann.", lambda text: None)(OBSERVATION, info)
    assert message["calls"] == [{"name": "delegate", "arguments": {"task": "Find Ann."}}]


def test_a_human_calls_tools_of_any_name_with_arguments_of_any_name(begin):
    session = begin(noise="rename_tools:1,rename_arguments:1", turns=20)
    toolset = session.state.frames[0].toolset
    typed = {
        "search": ["river"],
        "fetch": ["https://small.example/chronicle", "https://small.example/chronicle 1"],
        "click": ["0"],
        "find": ["bridge"],
    }
    for true, lines in typed.items():
        for line in lines:
            shown = []
            human = Human(
                lambda _, true=true, line=line: f"{toolset.names[true]} {line}", shown.append
            )
            observation, info = session.observe("researcher_0"), session.info("researcher_0")
            (result,) = session.act(human(observation, info)).results
            assert (result.tool, result.status in ("ok", "duplicate")) == (true, True)
            assert toolset.names[true] in shown[2]
