"""The walk game: clicks alone, from the start page on, inside one site."""

import json

import pytest

from webenvs import catalog
from webenvs.actions.codec import CODECS
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.seat import SeatEnv
from webenvs.envs.session import Session
from webenvs.envs.settings import game_of, settings_from
from webenvs.envs.team import TeamEnv
from webenvs.episodes import play, replay
from webenvs.errors import CorpusError, SettingError
from webenvs.players.message import say, say_all
from webenvs.records import Link, Message, Page, Task
from webenvs.tasks.taskset import TaskSet
from webenvs.testing import check_aec, check_environment, check_faces_agree, check_parallel
from webenvs.testing.golden_site import ROOT, TOWN, golden_site

TASK = Task(
    question="In which year did Amber Rooms open?",
    answers=("1988",),
    split="train",
    meta={"root": ROOT},
)
DEPARTMENTS, MUSEUM, ABOUT, OUTSIDE = 1, 2, 3, 4
WALKER = "walker_0"


def walk(corpus=None, task=TASK, **settings):
    """A scenario of the walk game over the golden site."""
    parts = {"corpus": corpus or golden_site().corpus, "tasks": TaskSet([task], "walks")}
    return catalog.scenario("Tasks-v0", **{"game": "walk", "split": "train", **parts, **settings})


def begin(*args, seed=0, **settings):
    scenario = walk(*args, **settings)
    return Session(scenario, scenario.tasks.tasks[0], seed)


def click(link):
    return say("click", link=link)


def after(session, *messages):
    """The results of the last of these messages."""
    for message in messages:
        turn = session.act(message)
    return turn.results


def opened(session, player=WALKER):
    """The page that the player's frame has open."""
    return next(f for f in reversed(session.state.frames) if f.player == player).view.url


def text(session, player=WALKER):
    return session.observe(player)["text"]


def test_the_first_message_shows_the_question_and_the_start_page():
    session = begin()
    assert text(session) == (
        "Question: In which year did Amber Rooms open?\n\n"
        f"[start] Halvern University\n{ROOT} (page 1 of 1)\n\n"
        "Welcome to the university. Halvern University was founded in 1874.\n\n"
        f"Links:\n[0] Home -> {ROOT}\n[1] Departments -> {ROOT}departments/\n"
        f"[2] Museum -> {ROOT}museum/\n[3] About us -> {ROOT}about/\n[4] The town -> {TOWN}"
    )
    system, user = session.info(WALKER)["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"] == text(session)


def test_a_walker_can_click_go_back_read_on_and_answer_and_nothing_else():
    session = begin()
    tools = [schema["function"]["name"] for schema in session.info(WALKER)["tools"]]
    assert tools == ["click", "back", "read", "answer"]
    for stray in (say("search", query="amber"), say("fetch", url=ROOT), say("find", text="x")):
        assert after(session, stray)[0].status == "unknown_tool"


def test_clicks_lead_down_a_path_to_the_answer():
    session = begin(reward="answer")
    (result,) = after(session, click(MUSEUM), click(0), click(0))
    assert (result.status, result.opened, result.executed) == ("ok", True, True)
    assert text(session) == f"[click] {result.content}"
    assert "Amber Rooms opened in 1988." in result.content
    session.act(say("answer", text="1988"))
    assert session.gained() == {WALKER: 1.0}


def test_back_returns_along_the_trail_until_its_beginning():
    session = begin()
    after(session, click(DEPARTMENTS), click(0), click(0))
    assert opened(session).endswith("geology/staff/")
    for place in ("departments/geology/", "departments/", ""):
        assert after(session, say("back"))[0].urls == (ROOT + place,)
    (result,) = after(session, say("back"))
    assert (result.status, result.content) == ("not_found", "No page was open before this one.")
    assert opened(session) == ROOT


def test_a_repeated_click_shows_the_page_again_and_back_follows_the_newer_trail():
    session = begin()
    after(session, click(MUSEUM), say("back"), click(ABOUT))
    after(session, click(3), click(1))  # the museum and home, by the menus of the pages
    assert opened(session) == ROOT
    (again,) = after(session, click(MUSEUM))
    assert (again.status, again.executed) == ("duplicate", False)
    assert opened(session) == f"{ROOT}museum/"
    assert after(session, say("back"))[0].urls == (ROOT,)
    assert after(session, say("back"))[0].urls == (f"{ROOT}museum/",)
    assert after(session, say("back"))[0].urls == (f"{ROOT}about/",)


def test_a_link_that_leaves_the_site_is_blocked_and_the_page_stays_open():
    session = begin()
    (result,) = after(session, click(OUTSIDE))
    assert (result.status, result.executed, result.opened) == ("blocked", True, False)
    assert result.content == f"{TOWN} was not opened: it lies outside of {ROOT}."
    assert opened(session) == ROOT
    assert after(session, click(OUTSIDE))[0].status == "duplicate"


@pytest.mark.parametrize(
    ("path", "link", "words"),
    [
        ((), 9, "no link 9; links are numbered 0 to 4"),
        ((DEPARTMENTS, 0), 1, f"There is no page at '{ROOT}courses'."),
    ],
)
def test_a_link_that_is_not_there_or_leads_nowhere_is_not_found(path, link, words):
    session = begin()
    for number in path:
        session.act(click(number))
    (result,) = after(session, click(link))
    assert result.status == "not_found"
    assert words in result.content


def test_a_prefix_confines_a_walk_more_or_less_than_its_root():
    narrow = Task(
        question="?", answers=("x",), meta={"root": ROOT + "museum/", "prefix": ROOT + "museum/"}
    )
    session = begin(task=narrow, split="test")
    assert after(session, click(1))[0].status == "blocked", "home lies above the museum"
    wide = Task(question="?", answers=("x",), meta={"root": ROOT, "prefix": "https://"})
    session = begin(task=wide, split="test")
    assert after(session, click(OUTSIDE))[0].urls == (TOWN,)


def test_a_long_page_is_read_on_part_by_part():
    session = begin()
    (first,) = after(session, click(ABOUT), click(0))
    assert "(page 1 of 2)" in first.content
    assert "founded" not in first.content
    (second,) = after(session, say("read"))
    assert "(page 2 of 2)" in second.content
    assert "Halvern University was founded in 1874." in second.content
    assert "[0] Home" in second.content, "links are numbered over the whole page"
    (beyond,) = after(session, say("read"))
    assert beyond.status == "not_found"
    assert "there is no part 3" in beyond.content
    assert "(page 1 of 2)" in after(session, say("read", part=1))[0].content
    assert after(session, say("read"))[0].status == "duplicate", "part 2 again, from part 1"
    assert after(session, say("back"))[0].urls == (f"{ROOT}about/",), "parts are one page"
    assert after(session, click(0), click(0))[0].urls == (ROOT,), "a link of part 2"


def test_every_link_of_a_page_is_listed():
    targets = [Page(url=f"https://h.example/{n}", title="t", text="t") for n in range(60)]
    links = tuple(Link(anchor=f"to {n}", url=page.url) for n, page in enumerate(targets))
    hub = Page(url="https://h.example/", title="H", text="hub", links=links)
    corpus = MemoryCorpus([hub, *targets])
    task = Task(question="?", answers=("t",), meta={"root": hub.url})
    session = begin(corpus, task=task, split="test")
    assert "[59] to 59 -> https://h.example/59" in text(session)
    after(session, click(59))
    assert "[59] to 59" in after(session, say("back"))[0].content
    solo = begin(corpus, task=task, split="test", game="solo")
    assert "[59] to 59" not in after(solo, say("fetch", url=hub.url))[0].content


def test_clicks_packed_into_one_message_do_not_evade_the_cap():
    session = begin(turns=3)
    packed = say_all(
        tuple(("click", {"link": link}) for link in (DEPARTMENTS, 0, 0, 0, DEPARTMENTS + 2))
    )
    statuses = [result.status for result in after(session, packed)]
    assert statuses == ["ok", "ok", "ok", "over_budget", "over_budget"]
    assert session.info(WALKER)["budget"] == {"turns": 2, "click": 0, "invalid": 3}


def test_the_cap_on_clicks_can_be_set():
    (role,) = game_of(settings_from({"game": "walk", "turns": 15, "calls": {"click": 4}})).roles
    assert role.budget.calls == {"click": 4}
    (role,) = game_of(settings_from({"game": "walk", "turns": 15})).roles
    assert (role.budget.turns, role.budget.calls) == (15, {"click": 15})


def test_a_walker_out_of_turns_is_asked_to_answer():
    session = begin(turns=1)
    session.act(click(MUSEUM))
    assert session.info(WALKER)["closing"]
    session.act(click(0))
    assert session.state.end == "turn_limit"


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({}, "root = None and prefix = None"),
        ({"root": "https://nowhere.example/"}, "root = 'https://nowhere.example/'"),
        ({"root": ROOT, "prefix": TOWN}, f"prefix = '{TOWN}'"),
    ],
)
def test_a_task_without_a_start_page_is_refused_by_name(meta, words):
    with pytest.raises(SettingError, match=words) as caught:
        begin(task=Task(question="?", answers=("x",), meta=meta), split="test")
    assert "The walk game needs tasks with a start page" in str(caught.value)


MESSAGES = (
    click(DEPARTMENTS),
    click(0),
    say("back"),
    click(OUTSIDE),
    click(DEPARTMENTS),
    "no call",
    say_all((("click", {"link": 2}), ("back", {}), ("read", {}))),
    click(MUSEUM),
    say("answer", text="1988"),
)


def seen(session):
    return [(session.observe(player), session.info(player)) for player in session.scenario.players]


@pytest.mark.parametrize("length", range(len(MESSAGES)))
def test_a_restored_walk_goes_on_exactly_alike(length):
    session, other = begin(noise="timeout:0.3"), begin(noise="timeout:0.3", seed=9)
    for message in MESSAGES[:length]:
        session.act(message)
    other.restore(json.loads(json.dumps(session.snapshot())))
    fork = session.fork()
    for message in MESSAGES[length:]:
        for one in (session, other, fork):
            one.act(message)
        assert seen(session) == seen(other) == seen(fork)
    assert session.episode() == other.episode() == fork.episode()
    assert session.over


def test_a_walk_replays_byte_for_byte():
    scenario = walk(noise="timeout:0.2,drop:0.2", turns=15)
    lineup = catalog.lineup("webenvs.players.random:RandomWalker")
    for seed in range(5):
        episode = play(scenario, lineup, seed)
        assert replay(episode, scenario) is None


@pytest.mark.parametrize("name", CODECS)
def test_every_codec_carries_the_tools_of_a_walker(name):
    session = begin(codec=name)
    codec, tools = session.scenario.codec, session.scenario.kits["walker"].tools
    for call in (("back", {}), ("read", {}), ("read", {"part": 2}), ("click", {"link": 0})):
        said = codec.parse(say_all((call,)), tools)
        assert codec.parse(codec.format(said, tools), tools) == said
    assert all(codec.parse(codec.example(tool), tools).calls for tool in tools)
    session.act(click(MUSEUM))
    session.act(codec.format(Message(calls=codec.parse(say("back"), tools).calls), tools))
    assert session.state.turns[-1].results[0].status == "ok"


def test_a_failed_click_leaves_the_page_open():
    session = begin(noise="timeout:1")
    (result,) = after(session, click(MUSEUM))
    assert (result.status, opened(session)) == ("timeout", ROOT)
    assert after(session, click(MUSEUM))[0].status == "timeout", "a retry, not a duplicate"


class Failing(MemoryCorpus):
    """A corpus whose museum cannot be read."""

    def page(self, index):
        if self.url(index) == f"{ROOT}museum/":
            raise CorpusError("the museum is damaged")
        return super().page(index)


def test_a_real_fault_aborts_a_walk():
    corpus = golden_site().corpus
    failing = Failing(corpus.page(index) for index in range(len(corpus)))
    session = begin(failing)
    session.act(click(MUSEUM))
    assert (session.state.end, session.episode().valid) == ("aborted", False)


def test_the_transcript_for_people_shows_where_a_walk_begins():
    env = SeatEnv(walk(), render_mode="ansi")
    env.reset(seed=0)
    assert f"   start: Halvern University\n{ROOT}" in env.render()


def team(**settings):
    return walk(game="walk-team", workers=2, **settings)


def test_every_walker_of_a_team_begins_on_the_start_page_and_walks_alone():
    scenario = team()
    session = Session(scenario, scenario.tasks.tasks[0], 0)
    assert scenario.players == ("planner_0", "walker_0", "walker_1")
    assert "[start]" not in text(session, "planner_0")
    session.act(say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))))
    for player, task in (("walker_0", "A"), ("walker_1", "B")):
        first = text(session, player)
        assert first.startswith(
            f"Task: {task}\n\nIt serves to answer this question: {TASK.question}\n\n"
            f"[start] Halvern University\n{ROOT} (page 1 of 1)"
        )
    session.act(click(MUSEUM))
    session.act(click(DEPARTMENTS))
    assert opened(session, "walker_0") == f"{ROOT}museum/"
    assert opened(session, "walker_1") == f"{ROOT}departments/"
    session.act(say("report", text="A museum."))
    session.act(say("report", text="Three departments."))
    assert text(session, "planner_0") == "[delegate] A museum.\n\n[delegate] Three departments."
    session.act(say("answer", text="1988"))
    assert session.over


def test_a_planner_of_walkers_has_no_web_of_its_own():
    scenario = team()
    names = [tool.name for tool in scenario.kits["planner"].tools]
    assert names == ["delegate", "answer"]
    assert [tool.name for tool in scenario.kits["walker"].tools][-1] == "report"
    assert "walker" in scenario.kits["planner"].tools[0].description
    with pytest.raises(SettingError, match=r"planner_web = .* empty in walk-team"):
        team(planner_web=["search"])


def test_a_walk_is_a_gymnasium_environment():
    check_environment(lambda: SeatEnv(walk()), seeds=(0, 1))


@pytest.mark.parametrize("game", ["walk", "walk-team"])
def test_walks_are_pettingzoo_environments(game):
    scenario = walk(game=game, workers=2)
    check_aec(lambda render_mode=None: TeamEnv(scenario, render_mode), seeds=(0,))
    check_parallel(lambda render_mode=None: ParallelTeamEnv(scenario, render_mode), seeds=(0,))
    players = {
        "planner": "webenvs.players.random:RandomPlayer",
        "walker": "webenvs.players.random:RandomWalker",
    }
    one, other = TeamEnv(scenario), ParallelTeamEnv(scenario)
    check_faces_agree(one, other, players=players, seeds=(0, 1, 2))
