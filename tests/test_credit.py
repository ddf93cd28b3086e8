"""Counterfactual credit, with numbers computed by hand on the small web."""

import msgspec
import pytest

import webenvs
from webenvs import credit, episodes
from webenvs.envs.session import Session
from webenvs.errors import EpisodeFileError, SettingError, UnknownNameError
from webenvs.players.message import close, request, say, say_all
from webenvs.records import Task
from webenvs.tasks.taskset import TaskSet

SITE = "https://small.example/"
BOTH = Task(
    question="Where was Ilsa Veit born, and what does she like?",
    answers=("Tarn", "chess"),
    answer_type="set",
    evidence=((SITE + "veit",),),
    split="train",
)
KNOWN = {"birthplace": "Tarn", "hobby": "chess", "nothing": "It is raining."}


class Planner:
    """Delegates its topics at once, and answers with what is no rain and no silence."""

    topics = ("birthplace", "hobby")

    def __call__(self, observation, info):
        if observation["turn"] == 0:
            return say_all(tuple(("delegate", {"task": topic}) for topic in self.topics))
        parts = observation["text"].split("\n\n")
        words = [part.removeprefix("[delegate] ") for part in parts]
        return close(info, "; ".join(w for w in words if "worker" not in w and "rain" not in w))


def worker(observation, info):
    """Opens the page, then reports what it knows of its topic."""
    if observation["turn"] == 0:
        return say("fetch", url=f"{SITE}veit")
    return close(info, KNOWN[request(info)])


def bad_worker(observation, info):
    return close(info, "Brena")


GOOD = {"planner": Planner, "worker": worker}


@pytest.fixture
def played(scenario):
    """Play the question about two things; returns the episode and its scenario."""

    def play(players=GOOD, seed=0, **settings):
        made = scenario(game="team", tasks=TaskSet([BOTH], "both"), recap=False, **settings)
        return episodes.play(made, webenvs.lineup(players), seed), made

    return play


def differences(found, player):
    return [call.difference[player] for call in found.calls]


def test_silencing_a_report_loses_exactly_its_share(played):
    """Both answers: F1 = 1. One of two: precision 1, recall 1/2, F1 = 2/3. The loss is 1/3."""
    episode, made = played(reward="answer")
    assert episode.rewards["planner_0"] == 1.0
    for player, call in (("worker_0", "0.1"), ("worker_1", "0.2")):
        found = credit.difference(episode, player, "silent", GOOD, made)
        (only,) = found.calls
        assert only.call == call
        assert episode.frames[only.frame].player == player
        assert only.actual["planner_0"] == 1.0
        assert only.counterfactual["planner_0"] == pytest.approx(2 / 3)
        assert only.difference["planner_0"] == pytest.approx(1 / 3)
        assert only.reproduced
        assert only.baseline == only.actual


def test_a_report_that_is_not_used_is_worth_nothing(played):
    class Wasteful(Planner):
        topics = ("birthplace", "nothing", "hobby")

    players = {"planner": Wasteful, "worker": worker}
    episode, made = played(players, workers=3, reward="answer")
    found = credit.difference(episode, "worker_1", "silent", players, made)
    assert differences(found, "planner_0") == [0.0]
    assert differences(found, "worker_1") == [0.0]
    assert found.calls[0].fingerprint != episode.fingerprint


def test_an_oracle_in_the_place_of_a_bad_worker_gains(played):
    """Two wrong answers: 0. "Tarn; chess" beside one wrong: precision 2/3, recall 1, F1 = 4/5."""
    players = {"planner": Planner, "worker": bad_worker}
    episode, made = played(players, reward="answer")
    assert episode.rewards["planner_0"] == 0.0
    found = credit.difference(episode, "worker_0", "oracle", players, made)
    (only,) = found.calls
    assert only.counterfactual["planner_0"] == pytest.approx(0.8)
    assert only.difference["planner_0"] == pytest.approx(-0.8)


def test_a_text_of_the_callers_is_read_by_the_caller_of_the_worker(played):
    """Of three things said two are right: as with the oracle, F1 = 4/5."""
    episode, made = played(reward="answer")
    found = credit.difference(episode, "worker_0", "text:Tarn; Brena", GOOD, made)
    assert found.calls[0].counterfactual["planner_0"] == pytest.approx(0.8)


def test_the_same_report_as_the_recorded_one_gives_the_same_episode(played):
    episode, made = played(noise="timeout:0.3,drop:0.3", reward="evidence", dense=True)
    found = credit.difference(episode, "worker_0", "text:Tarn", GOOD, made)
    assert found.calls[0].fingerprint == episode.fingerprint
    assert set(found.calls[0].difference.values()) == {0.0}


def test_every_delegation_of_one_player_has_its_own_credit(played):
    """One seat for both delegations: each is silenced with the other left as it was."""
    episode, made = played(workers=1, reward="answer")
    found = credit.difference(episode, "worker_0", "silent", GOOD, made)
    assert [call.call for call in found.calls] == ["0.1", "0.2"]
    assert differences(found, "planner_0") == pytest.approx([1 / 3, 1 / 3])
    assert len({call.fingerprint for call in found.calls}) == 2


def test_the_workers_own_reward_is_told_beside_the_roots(played):
    """Weights by role: the worker is paid for the answer too, at a tenth."""
    weights = {"planner": {"answer": 1.0}, "worker": {"answer": 0.1}}
    episode, made = played(reward=weights)
    (only,) = credit.difference(episode, "worker_0", "silent", GOOD, made).calls
    assert only.difference == pytest.approx({"planner_0": 1 / 3, "worker_0": 1 / 30})


def test_players_that_did_not_play_the_recording_are_told_apart(played):
    class Guessing(Planner):
        def __call__(self, observation, info):
            return (
                super().__call__(observation, info)
                if observation["turn"] == 0
                else close(info, "Brena")
            )

    episode, made = played(reward="answer")
    other = {"planner": Guessing, "worker": worker}
    (only,) = credit.difference(episode, "worker_0", "silent", other, made).calls
    assert not only.reproduced
    assert only.actual["planner_0"] == 1.0
    assert only.baseline["planner_0"] == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_players_of_chance_that_remember_reproduce_their_episode(scenario, seed):
    made = scenario(game="team", workers=2, noise="mild", turns=4)
    episode = episodes.play(made, webenvs.lineup("random"), seed)
    ended = [f for f in episode.frames if f.player == "worker_0" and f.end is not None]
    found = credit.difference(episode, "worker_0", "oracle", "random", made)
    assert len(found.calls) == len(ended)
    assert all(call.reproduced for call in found.calls)


def test_the_scenario_of_a_recording_by_name_is_found():
    made = webenvs.scenario("MultiHop-v0", game="team")
    episode = episodes.play(made, webenvs.lineup("oracle"), 3)
    found = credit.difference(episode, "worker_0", "silent", "oracle")
    assert found.calls
    assert all(call.reproduced for call in found.calls)
    assert set(differences(found, "planner_0")) == {0.0}, "the oracle planner knows it anyway"


def test_what_cannot_be_credited_is_refused(played):
    episode, made = played()
    with pytest.raises(UnknownNameError, match="Did you mean 'silent'"):
        credit.difference(episode, "worker_0", "silence", GOOD, made)
    with pytest.raises(UnknownNameError, match="Did you mean 'worker_0'"):
        credit.difference(episode, "workr_0", "silent", GOOD, made)
    with pytest.raises(SettingError, match="one that reports to another"):
        credit.difference(episode, "planner_0", "silent", GOOD, made)
    with pytest.raises(SettingError, match="which has no path: pass `scenario`"):
        credit.difference(episode, "worker_0", "silent", GOOD)
    with pytest.raises(SettingError, match=r"episode\.end = None"):
        cut = msgspec.structs.replace(episode, end=None)
        credit.difference(cut, "worker_0", "silent", GOOD, made)
    with pytest.raises(EpisodeFileError, match="does not replay in this scenario: line"):
        false = msgspec.structs.replace(episode, answer="Brena")
        credit.difference(false, "worker_0", "silent", GOOD, made)


def test_only_an_open_frame_that_reports_can_be_given_another_report(played):
    _, made = played()
    session = Session(made, made.tasks.tasks[0], 0)
    session.act(say("delegate", task="hobby"))
    for frame in (0, 2, -1):
        with pytest.raises(SettingError, match=r"frame = .* an open frame that reports"):
            session.substitute(frame, "x")
    session.substitute(1, "  chess\x00 ")
    session.act(say("report", text="Brena"))
    assert session.state.frames[1].report == "chess\N{REPLACEMENT CHARACTER}"
    with pytest.raises(SettingError, match="an open frame"):
        session.substitute(1, "x")


def test_a_silenced_worker_is_read_as_one_that_brought_nothing(played):
    _, made = played()
    session = Session(made, made.tasks.tasks[0], 0)
    session.act(say("delegate", task="hobby"))
    session.substitute(1, "")
    session.act(say("report", text="chess"))
    text = session.observe("planner_0")["text"]
    assert text == "[delegate] The worker ended without a report (gave_up)."
    assert session.episode().frames[1].end == "gave_up"


@pytest.mark.parametrize("replacement", [None, 5])
def test_a_replacement_that_is_no_text_is_refused(played, replacement):
    episode, made = played()
    with pytest.raises(SettingError, match=f"replacement = {replacement} .* silent, oracle, or"):
        credit.difference(episode, "worker_0", replacement, GOOD, made)


@pytest.mark.parametrize("episode", [None, "runs/episodes.jsonl", []], ids=repr)
def test_what_is_no_episode_is_refused(episode):
    with pytest.raises(SettingError, match=r"episode = <class .* must be an Episode"):
        credit.difference(episode, "worker_0")
