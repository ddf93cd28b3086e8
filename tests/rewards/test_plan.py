"""The plan term: queries against what a question is built of, computed by hand, hard to game."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.episodes import play
from webenvs.players.careful import recognised
from webenvs.records import Call, Episode, FrameRecord, Hop, Task, Turn
from webenvs.rewards.plan import MOST_A_QUERY, plan, planned, things
from webenvs.rewards.weighted import PRESETS

TASK = Task(
    question="Where was the mayor of the town below Monte Corvo born?",
    answers=("Tarn",),
    aliases={"Tarn": ("Old Tarn",)},
    hops=(
        Hop(id="h1", fact="Brena lies below Monte Corvo.", value="Brena"),
        Hop(id="h2", fact="The mayor of Brena is Ilsa Veit.", value="Ilsa Veit"),
        Hop(id="h3", fact="Ilsa Veit was born in Tarn in 1858.", value="Tarn"),
    ),
    meta={
        "query": {
            "atoms": [
                [
                    {"type": "var", "name": "X"},
                    "below",
                    {"type": "const", "members": ["Monte_Corvo"]},
                ]
            ]
        }
    },
)
FRAMES = (
    FrameRecord(index=0, role="planner", player="planner_0"),
    FrameRecord(index=1, role="worker", player="worker_0", parent=0, call="1.1"),
)


def turn(index, player, tool, text):
    names = {"search": "query", "delegate": "task", "fetch": "url", "answer": "text"}
    call = Call(id=f"{index}.1", tool=tool, arguments={names[tool]: text})
    frame = int(player == "worker_0")
    return Turn(index=index, player=player, frame=frame, observation="", message="", calls=(call,))


def episode(*queries, player="planner_0"):
    turns = tuple(turn(place, player, "search", query) for place, query in enumerate(queries))
    return Episode(env="e", settings={}, corpus="c", task="t", seed=0, frames=FRAMES, turns=turns)


def test_things_are_what_is_given_and_what_lies_between_and_no_answer():
    assert things(TASK) == ((("monte", "corvo"),), (("brena",),), (("ilsa", "veit"),))


@pytest.mark.parametrize(
    ("queries", "value"),
    [
        ((), 0.0),
        (("town below Monte Corvo",), 0.5),  # one of three, all words known: 2 * 1/3 / (4/3)
        (("town below Monte Corvo", "mayor of Brena"), 0.8),  # 2 * 2/3 / (5/3)
        (("town below Monte Corvo", "mayor of Brena", "Ilsa Veit born"), 1.0),
        (("MONTE corvo!", "the Brena", "Ilsa  Veit"), 1.0),  # spelling does not count
        (("Monte Corvo", "Monte  Corvo"), 0.5),  # nor does asking twice
        (("Monte Corvo Brena Ilsa Veit",), 0.8),  # a query is credited with two things
        (("Monte Corvo chess weather",), 0.4),  # precision 2/4: 2 * 1/3 * 1/2 / (5/6)
        (("Corvo Monte",), 0.0),  # a name is a run of words
        (("Tarn", "Old Tarn"), 0.0),  # to name the answer is no plan
        (("born", "town mayor"), 0.0),
        (("chess",), 0.0),
    ],
)
def test_a_plan_is_worth_what_is_computed_by_hand(queries, value):
    assert plan(TASK, episode(*queries), "planner_0") == pytest.approx(value)


def test_the_root_answers_for_all_plans_and_a_worker_for_its_own():
    turns = (
        turn(0, "planner_0", "delegate", "Find the town below Monte Corvo"),
        turn(1, "worker_0", "search", "Brena mayor"),
        turn(2, "planner_0", "answer", "Ilsa Veit"),
    )
    played = msgspec.structs.replace(episode(), turns=turns)
    # Words of the planner: find, town, below, monte, corvo, brena, mayor; all but "find" are known.
    precision = 6 / 7
    assert plan(TASK, played, "planner_0") == pytest.approx(
        2 * (2 / 3) * precision / (2 / 3 + precision)
    )
    assert plan(TASK, played, "worker_0") == pytest.approx(0.5)


def test_only_queries_and_delegations_are_a_plan():
    turns = (turn(0, "planner_0", "fetch", "Monte Corvo"), turn(1, "planner_0", "answer", "Brena"))
    assert planned(msgspec.structs.replace(episode(), turns=turns), "planner_0") == []


@pytest.mark.parametrize("arguments", [{}, {"query": 3}, {"query": ["Brena"]}, {"query": "  "}])
def test_a_query_without_words_is_none(arguments):
    call = Call(id="0.1", tool="search", arguments=arguments)
    turns = (msgspec.structs.replace(turn(0, "planner_0", "search", "x"), calls=(call,)),)
    assert planned(msgspec.structs.replace(episode(), turns=turns), "planner_0") == []


def test_numbers_are_no_things():
    task = msgspec.structs.replace(TASK, meta={}, hops=(Hop(id="h", value="1858"), *TASK.hops))
    assert things(task) == ((("brena",),), (("ilsa", "veit"),))


def test_a_vague_thing_is_named_by_any_member_or_by_its_label():
    term = {"type": "const", "members": ["Alba_Mill", "Corvo_Mill"], "label": "a mill"}
    task = Task(question="q", answers=("x",), meta={"query": {"atoms": [[term]]}})
    assert things(task) == ((("alba", "mill"), ("corvo", "mill"), ("mill",)),)


def test_a_task_without_hops_is_judged_by_its_answers():
    assert things(Task(question="q", answers=("Paris", "Rome"))) == ((("paris",),), (("rome",),))


@pytest.mark.parametrize(
    "task", [Task(question="q", answers=("7",)), Task(question="q", answers=())]
)
def test_a_task_without_things_pays_nothing(task):
    assert plan(task, episode("7"), "planner_0") == 0.0


def test_a_query_stuffed_with_every_name_of_the_world_is_worth_less_than_a_plan():
    made = catalog.scenario("MultiHop-v0")
    corpus = made.web.corpus
    every = " ".join(corpus.page(place).title for place in range(len(corpus)))
    for seed in range(20):
        task = made.tasks.draw(seed, "train")
        good = [" ".join(thing[0]) for thing in things(task)]
        stuffed = plan(task, episode(every), "planner_0")
        assert stuffed < 0.3 < plan(task, episode(*good), "planner_0") == 1.0


def test_to_copy_the_question_is_worth_less_than_a_plan():
    copied = plan(TASK, episode(TASK.question), "planner_0")
    assert copied == pytest.approx(0.5)


def test_one_query_can_never_be_a_whole_plan_of_many_steps():
    named = " ".join(" ".join(thing[0]) for thing in things(TASK))
    assert len(things(TASK)) > MOST_A_QUERY
    assert plan(TASK, episode(named), "planner_0") < 1.0


@given(st.lists(st.text(alphabet="Brena MonteCorvoIlsaVeitx1 ", max_size=30), max_size=6))
def test_a_plan_is_worth_between_nothing_and_one(queries):
    assert 0.0 <= plan(TASK, episode(*queries), "planner_0") <= 1.0


def test_the_preset_pays_a_tenth_for_form_and_the_rest_for_the_plan():
    assert PRESETS["plan"].weights == {"*": {"plan": 0.9, "format": 0.1}}


@pytest.mark.parametrize("stage", ["S0", "S1"])
def test_a_plan_is_paid_on_every_stage(stage):
    made = catalog.scenario("MultiHop-v0", stage=stage, reward="plan")
    played = play(made, catalog.lineup("first-hit", made.game), 0)
    assert played.terms["researcher_0"]["plan"] > 0


def test_a_plan_is_read_from_tools_of_any_names():
    made = catalog.scenario("MultiHop-v0", noise="rename_tools:1,rename_arguments:1", reward="plan")
    task = made.tasks.draw(0, "train")
    session = Session(made, task, 0)
    schema = recognised(session.info("researcher_0")["tools"])["search"]
    query = " ".join(things(task)[0][0])
    session.act({"calls": [{"name": schema.name, "arguments": {schema.arguments["query"]: query}}]})
    assert schema.name != "search"
    assert schema.arguments["query"] != "query"
    assert planned(session.episode(), "researcher_0") == [things(task)[0][0]]
