"""Players of the walk game: random, first-hit, scripted and the oracle."""

import pytest

from webenvs import catalog
from webenvs.episodes import play
from webenvs.players.clicker import Clicker
from webenvs.players.first_hit import FirstHitWalker
from webenvs.players.message import request
from webenvs.players.oracle import OracleWalker
from webenvs.players.random import RandomWalker
from webenvs.players.script.likeness import rarity, shared, words
from webenvs.players.script.results import readings
from webenvs.records import Seat, Task
from webenvs.tasks.click_paths import multi_source, single_source
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.wording import question_of
from webenvs.tasks.sites import on_site
from webenvs.tasks.taskset import TaskSet
from webenvs.testing.golden_site import ROOT, golden_site

TOOLS = ("click", "back", "read", "answer")


def task_of(question, key):
    knowledge = golden_site()
    asked = on_site(knowledge, ROOT, question_of(knowledge, question.query, key))
    answers = tuple(map(str, answer_of(knowledge, question.query)))
    return Task(question=asked, answers=answers, meta=question.meta)


def singles(depth, described=False):
    made = (
        (single_source(golden_site(), ROOT, depth, key, described=described), key)
        for key in range(8)
    )
    return [task_of(question, key) for question, key in made if question]


def multis():
    pairs = [(one, two) for one in range(1, 5) for two in range(1, 5)]
    made = (
        (multi_source(golden_site(), ROOT, pair, key), key) for pair in pairs for key in range(3)
    )
    return [task_of(question, key) for question, key in made if question]


def played(player, tasks, **settings):
    """An episode of every task, each once."""
    source = TaskSet({task.question: task for task in tasks}.values(), "walks")
    parts = {"game": "walk", "corpus": golden_site().corpus, "tasks": source, "turns": 15}
    scenario = catalog.scenario("Tasks-v0", **{**parts, **settings})
    lineup = catalog.lineup(player)
    return [play(scenario, lineup, seed, task.id) for seed, task in enumerate(source.tasks)]


def walker(player):
    return {"walker": player, "*": player}


def rate(episodes):
    return sum(episode.terms["walker_0"]["answer"] for episode in episodes) / len(episodes)


def test_the_oracle_solves_every_click_task_within_fifteen_steps():
    tasks = [task for depth in (2, 3, 4) for task in singles(depth)] + multis()
    assert len(tasks) > 40
    for episode in played(OracleWalker, tasks):
        assert episode.terms["walker_0"]["answer"] == 1.0
        assert len(episode.turns) <= 15
        assert {result.status for turn in episode.turns for result in turn.results} <= {
            *("ok", "duplicate"),
        }


def test_the_oracle_opens_every_page_of_its_paths():
    for episode, task in zip(
        played(OracleWalker, multis()), {t.question: t for t in multis()}.values(), strict=True
    ):
        shown = {url for turn in episode.turns for result in turn.results for url in result.urls}
        assert shown.issuperset(path[-1]["url"] for path in task.meta["paths"])


def test_the_oracle_clicks_again_where_a_click_failed():
    (episode, *_) = played(OracleWalker, singles(4), noise="timeout:0.4", turns=40)
    statuses = [result.status for turn in episode.turns for result in turn.results]
    assert "timeout" in statuses
    assert episode.terms["walker_0"]["answer"] == 1.0


def test_an_oracle_team_sends_a_walker_to_every_page():
    players = {"planner": "oracle", "walker": OracleWalker}
    for episode in played(players, multis()[:6], game="walk-team", workers=2):
        assert episode.terms["planner_0"]["answer"] == 1.0
        requests = [frame.request for frame in episode.frames if frame.role == "walker"]
        assert len(requests) == 2
        for frame in episode.frames[1:]:
            turns = [turn for turn in episode.turns if turn.frame == frame.index]
            last = turns[-2].results[0].urls[0]
            assert last in frame.request, "each takes the path to its own page"


def test_an_oracle_without_a_path_answers_at_once():
    (episode,) = played(OracleWalker, [Task(question="?", answers=("x",), meta={"root": ROOT})])
    assert (episode.answer, len(episode.turns)) == ("x", 1)


def test_the_scripted_walker_is_between_chance_and_the_oracle():
    tasks = [task for depth in (2, 3, 4) for task in singles(depth)]
    random, scripted, oracle = (
        rate(played(player, tasks)) for player in (RandomWalker, Clicker, OracleWalker)
    )
    assert random < 0.2
    assert 0.4 <= scripted < oracle == 1.0


def test_the_scripted_walker_goes_straight_where_labels_tell_the_way():
    task = Task(
        question="In which year did the museum open the exhibition Amber Rooms?",
        answers=("1988",),
        meta={"root": ROOT},
    )
    (episode,) = played(Clicker, [task])
    assert episode.answer == "1988"
    calls = [(call.tool, call.arguments) for turn in episode.turns for call in turn.calls]
    assert calls == [
        ("click", {"link": 2}),
        ("click", {"link": 0}),
        ("click", {"link": 0}),
        ("answer", {"text": "1988"}),
    ]


def test_the_scripted_walker_backs_out_of_dead_ends():
    task = Task(question="When was Tove Quill born?", answers=("1975",), meta={"root": ROOT})
    (episode,) = played(Clicker, [task], turns=40)
    tools = [call.tool for turn in episode.turns for call in turn.calls]
    assert "back" in tools
    assert episode.answer == "1975"


def test_the_scripted_walker_reads_on_in_a_long_page_about_the_question():
    question = "In which year of our history was the university founded?"
    task = Task(question=question, answers=("1874",), meta={"root": f"{ROOT}about/"})
    (episode,) = played(Clicker, [task])
    calls = [(call.tool, call.arguments) for turn in episode.turns for call in turn.calls]
    assert ("read", {"part": 2}) in calls


def test_the_scripted_walker_stays_on_course_on_a_failing_web():
    task = Task(question="When was Tove Quill born?", answers=("1975",), meta={"root": ROOT})
    (episode,) = played(Clicker, [task], turns=80, noise="timeout:0.3")
    statuses = [result.status for turn in episode.turns for result in turn.results]
    assert "timeout" in statuses
    assert episode.answer == "1975"


def test_the_scripted_walker_never_leaves_the_site():
    for episode in played(Clicker, [task for depth in (2, 4) for task in singles(depth)]):
        statuses = {result.status for turn in episode.turns for result in turn.results}
        assert "blocked" not in statuses


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who is the head of the Department of Optics?", "Tove Quill"),
        ("In which year was the Department of Geology founded?", "1902"),
        ("Is the Department of Music headed by Ugo Fenn?", "yes"),
    ],
)
def test_the_scripted_walker_answers_with_what_is_asked_for(question, answer):
    (episode,) = played(Clicker, [Task(question=question, answers=(answer,), meta={"root": ROOT})])
    assert episode.answer == answer


@pytest.mark.parametrize("player", [Clicker, FirstHitWalker])
def test_a_walker_that_sees_no_page_gives_up_knowing_nothing(player, first_info):
    info = first_info("Question: Who?", tools=TOOLS, role="walker")
    message = player()({"text": "Question: Who?", "turn": 0}, info)
    assert message["calls"] == [{"name": "answer", "arguments": {"text": "unknown"}}]


def test_first_hit_clicks_once_and_answers_the_title():
    task = Task(
        question="What does the museum show?", answers=("Exhibitions",), meta={"root": ROOT}
    )
    (episode,) = played(FirstHitWalker, [task])
    assert [turn.calls[0].tool for turn in episode.turns] == ["click", "answer"]
    assert episode.answer == "Museum"


def test_a_random_walker_clicks_links_that_it_sees_and_goes_back():
    tasks = singles(2) + singles(4)
    episodes = played(RandomWalker, tasks, turns=30)
    statuses = [result.status for one in episodes for turn in one.turns for result in turn.results]
    tools = {call.tool for one in episodes for turn in one.turns for call in turn.calls}
    assert tools == {"click", "back", "answer"}
    assert {"ok", "blocked"} <= set(statuses)
    assert all(turn.valid for one in episodes for turn in one.turns)
    assert played(RandomWalker, tasks) == played(RandomWalker, tasks)


def test_random_walkers_have_a_chance_of_their_own(first_info):
    text = "[start] Hall\nhttps://h.example/ (page 1 of 1)\n\nText\n\nLinks:\n" + "\n".join(
        f"[{n}] to {n} -> https://h.example/{n}" for n in range(9)
    )
    info = first_info("Question: Which?", tools=TOOLS, role="walker")
    drawn = []
    for name in ("walker_0", "walker_1"):
        player = RandomWalker()
        player.reset(Seat(player=name, role="walker", seed=5))
        drawn.append([player({"text": text, "turn": 0}, info) for _ in range(8)])
    assert drawn[0] != drawn[1]
    closing = first_info("Question: Which?", tools=TOOLS, role="walker", closing=True)
    assert RandomWalker()({"text": "", "turn": 1}, closing)["calls"][0]["name"] == "answer"
    assert RandomWalker()({"text": "no link", "turn": 1}, info)["calls"][0]["name"] in (
        "back",
        "answer",
    )


def test_a_team_of_scripted_players_walks(first_info):
    players = {"planner": "first-hit", "walker": Clicker}
    task = Task(
        question="Who is the head of the Department of Optics?",
        answers=("Tove Quill",),
        meta={"root": ROOT},
    )
    (episode,) = played(players, [task], game="walk-team")
    assert episode.answer == "Tove Quill"


def test_the_start_page_is_no_part_of_what_was_asked(first_info):
    page = "\n\n[start] Hall\nhttps://h.example/ (page 1 of 1)\n\nWho: nobody"
    assert request(first_info("Question: Who is it: Ann or Bo?" + page)) == "Who is it: Ann or Bo?"
    recap = "Task: Find it.\n\nIt serves to answer this question: Who?"
    assert request(first_info(recap + page, role="walker")) == "Find it."


def test_a_start_page_reads_like_any_page():
    text = (
        "Question: Who?\n\n[start] Hall\nhttps://h.example/ (page 1 of 2)\n\nText here.\n\n"
        "Links:\n[3] one -> https://h.example/one\n[7] two -> https://h.example/two"
    )
    (reading,) = readings(text)
    assert (reading.sheet.title, reading.sheet.parts) == ("Hall", 2)
    assert reading.sheet.numbers == (3, 7)
    assert reading.sheet.links[1] == ("two", "https://h.example/two")


def test_likeness_counts_concepts_that_both_texts_speak_of():
    assert words("The glasses and the geologists") == ("glass", "geolog")
    assert words("headed") == words("the head of")
    assert shared("Glasses of Geology", ("geolog", "glass", "music")) == 2.0
    seen = rarity(["glass one", "glasses two", "geology"])
    assert (seen["glass"], seen["geolog"]) == (2, 1)
    assert shared("Glass of Geology", ("geolog", "glass"), seen) == pytest.approx(1 / 3 + 1 / 2)
