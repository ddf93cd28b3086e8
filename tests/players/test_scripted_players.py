"""Scripted players stand between first-hit and the oracle, and survive whatever the web does."""

import pytest

from webenvs import catalog
from webenvs.bench.run import run
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.episodes import play
from webenvs.players.scripted import ScriptedPlanner, ScriptedResearcher
from webenvs.records import Link, Page, Task
from webenvs.tasks.taskset import TaskSet


def share(player, episodes=40, **settings):
    result, _ = run(catalog.scenario("MultiHop-v0", **settings), [player], episodes=episodes)
    return sum(row.correct for row in result.rows) / episodes


@pytest.fixture(scope="module")
def library():
    """A web of its own: a long page, a list, an alias, two people and a failing memory of both."""
    site = "https://library.example/"
    filler = "The reading room is heated with peat in winter. " * 70
    texts = {
        "Orla Quint": ("Orla Quint is a painter. She was taught by Ben Marsh.", "Ben Marsh"),
        "Ben Marsh": (
            "Ben Marsh was a painter. He lived in Port Ley, where he was born.",
            "Port Ley",
        ),
        "Port Ley": (f"Port Ley is a town.\n{filler}\nPort Ley was founded in 1402.\n{filler}",),
        "Members of Hill Club": ("This is a list.\n- Ben Marsh, painter\n- Zoe Firth, poet",),
        "Laureates of the Ink Prize": (
            "This table names laureates of the Ink Prize.\n"
            "Person | Year of award | Residence\nBen Marsh | 1931 | Port Ley\n"
            "Zoe Firth | 1950 | Stonebridge",
        ),
        "Stonebridge": ("Stonebridge is a town.\nPopulation: 9,042\nSeat of: Hill Club",),
        "Zoe Firth": ("Zoe Firth was a poet. She was born in Stonebridge in 1911.",),
    }
    pages = [
        Page(
            url=site + title.replace(" ", "_"),
            title=title,
            text=text,
            links=tuple(
                Link(anchor=name, url=site + name.replace(" ", "_"), position=text.find(name))
                for name in linked
            ),
        )
        for title, (text, *linked) in texts.items()
    ]
    return MemoryCorpus(pages, "library")


@pytest.fixture
def ask(library):
    """Play one question on the library; returns the episode."""

    def played(question, players="scripted", **settings):
        tasks = TaskSet([Task(question=question, answers=("?",), split="test")], "one")
        made = catalog.scenario("Tasks-v0", corpus=library, tasks=tasks, **settings)
        return play(made, catalog.lineup(players), 0)

    return played


def test_the_scripted_researcher_stands_between_first_hit_and_oracle():
    scripted = share("scripted")
    assert share("first-hit") + 0.3 < scripted < share("oracle")


def test_the_scripted_team_is_not_far_below_the_scripted_researcher():
    assert share("scripted", game="team") > share("scripted") - 0.1


def test_an_episode_is_the_same_whoever_sat_there_before():
    made = catalog.scenario("MultiHop-v0", game="team")
    used = catalog.lineup("scripted")
    play(made, used, 1)
    assert play(made, used, 2) == play(made, catalog.lineup("scripted"), 2)


def test_a_question_is_followed_from_hop_to_hop(ask):
    assert ask("In which town was the teacher of Orla Quint born?").answer == "Port Ley"


def test_a_long_page_is_read_where_find_says_so(ask, said):
    episode = ask("In which year was the birthplace of Ben Marsh founded?", page_characters=1000)
    assert episode.answer == "1402"
    calls = said(episode)
    assert any(tool == "find" for tool, _ in calls)
    assert any(arguments.get("page", 1) > 1 for _, arguments in calls)


def test_two_people_are_compared(ask):
    assert ask("Who was a poet, Ben Marsh or Zoe Firth?").answer == "Zoe Firth"
    assert ask("Are Orla Quint and Ben Marsh both painters?").answer == "yes"
    assert ask("Are Zoe Firth and Ben Marsh both painters?").answer == "no"


def test_two_descriptions_meet_in_one_answer(ask):
    assert ask("Who was born in Stonebridge and belonged to Hill Club?").answer == "Zoe Firth"
    assert ask("Who lived in Port Ley and belonged to Hill Club?").answer == "Ben Marsh"


def test_lines_of_an_infobox_and_rows_of_a_table_are_evidence(ask):
    assert ask("How many inhabitants does Stonebridge have?").answer == "9,042"
    assert ask("Who received the Ink Prize in 1950?").answer == "Zoe Firth"


def test_of_several_sentences_the_last_one_asks(ask):
    question = (
        "Take Stonebridge, a town that is the birthplace of Zoe Firth. Consider also a person "
        "(person A) who taught Orla Quint. In which town was person A born?"
    )
    assert ask(question).answer == "Port Ley"
    named = "Take Orla Quint, a painter. What is the population of Stonebridge?"
    assert ask(named).answer == "9,042"


def test_what_meets_all_conditions_of_a_relative_clause_is_found(ask):
    question = "In which town was the person born who received the Ink Prize and taught Orla Quint?"
    assert ask(question).answer == "Port Ley"


def test_a_worker_reports_a_short_value_before_its_support(ask):
    episode = ask("Who was the teacher of Orla Quint?", game="team")
    report = next(frame.report for frame in episode.frames if frame.role == "worker")
    assert report.splitlines() == ["Ben Marsh", "Orla Quint: She was taught by Ben Marsh."]


def test_a_planner_asks_for_the_whole_and_for_the_innermost_clause(ask, said):
    episode = ask("In which town was the teacher of Orla Quint born?", game="team")
    asked = [arguments["task"] for tool, arguments in said(episode) if tool == "delegate"]
    assert asked == [
        "In which town was the teacher of Orla Quint born?",
        "Who is the teacher of Orla Quint?",
        "In which town was Ben Marsh born?",
    ]
    assert episode.answer == "Port Ley"


def test_a_planner_keeps_to_its_delegations(ask, said):
    episode = ask("In which town was the teacher of Orla Quint born?", game="team", delegations=1)
    assert [tool for tool, _ in said(episode, "planner_0")] == ["delegate", "answer"]
    assert episode.answer == "Port Ley"


@pytest.mark.parametrize(
    "settings",
    [
        {"noise": "timeout:0.4,drop:0.3"},
        {"noise": "server_error:1"},
        {"calls": {"search": 1}},
        {"turns": 2},
        {"characters": 3000},
        {"page_characters": 200},
        {"observation_characters": 1000},
        {"codec": "react", "result_role": "user"},
        {"game": "team", "noise": "server_error:1", "workers": 1},
        {"game": "team", "report_characters": 50, "report_role": "tool", "recap": False},
        {"game": "team", "planner_turns": 1, "planner_web": ["search"]},
    ],
    ids=str,
)
def test_whatever_the_limits_are_every_message_is_read_and_the_episode_answered(settings):
    made = catalog.scenario("MultiHop-v0", **settings)
    for seed in range(3):
        episode = play(made, catalog.lineup("scripted"), seed)
        assert episode.end == "answered"
        assert all(turn.valid for turn in episode.turns)


def test_a_failed_call_is_repeated_once(ask):
    episode = ask("Who was the teacher of Orla Quint?", noise="server_error:1")
    assert episode.answer == "unknown"
    asked = [call.arguments["query"] for turn in episode.turns[:2] for call in turn.calls]
    assert asked[: len(asked) // 2] == asked[len(asked) // 2 :]


@pytest.mark.parametrize(
    "question", ["", "?", "the the the", "who", "Who is it?", "1999", "Ω – 東京"]
)
@pytest.mark.parametrize("game", ["solo", "team"])
def test_any_question_has_an_answer(ask, question, game):
    assert ask(question or " ", game=game).end == "answered"


def test_at_the_closing_message_players_close(first_info):
    worker = first_info("Task: Who?", tools=("search", "report"), role="worker", closing=True)
    planner = first_info("Question: Who?", ("delegate", "answer"), "planner", closing=True)
    closing = {"text": "", "turn": 9}
    assert ScriptedResearcher()(closing, worker)["calls"][0]["name"] == "report"
    assert ScriptedPlanner()(closing, planner)["calls"][0]["name"] == "answer"
