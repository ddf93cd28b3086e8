"""Real faults: a corpus that cannot be read any more ends the episode, and it is not a zero."""

import msgspec
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.seat import SeatEnv
from webenvs.envs.team import TeamEnv
from webenvs.errors import CorpusError
from webenvs.players.message import say, say_all


class BreakingCorpus:
    """A corpus whose files fail at the third page that is read through it."""

    def __init__(self, corpus, fault):
        self._corpus, self._fault = corpus, fault
        self.name, self.digest = "breaking", corpus.digest
        self.reads = 0

    def __len__(self):
        return len(self._corpus)

    def url(self, index):
        return self._corpus.url(index)

    def index(self, url):
        return self._corpus.index(url)

    def aliases(self):
        return self._corpus.aliases()

    def page(self, index):
        self.reads += 1
        if self.reads >= 3:
            raise self._fault
        return self._corpus.page(index)


@pytest.fixture(params=[CorpusError("frame 7 is damaged"), OSError(5, "Input/output error")])
def broken(request, small_corpus, scenario):
    """A scenario in which the third fetch fails; the search engine has an intact copy."""
    scenario(corpus=small_corpus)
    return lambda **settings: scenario(
        corpus=BreakingCorpus(MemoryCorpus(map(small_corpus.page, range(5))), request.param),
        **settings,
    )


@pytest.mark.parametrize("sandbox", [{}, "on"])
def test_trainers_are_told_to_leave_an_aborted_episode_out(broken, site, sandbox):
    env = SeatEnv(broken(sandbox=sandbox))
    env.reset(seed=0)
    for message in pages(site, "alba", "brena", "veit"):
        info = env.step(message)[4]
    assert (info["termination"], info["loss_mask_hint"]) == ("aborted", True)


def pages(site, *names):
    return [say("fetch", url=site(name)) for name in names]


def test_a_broken_corpus_aborts_truncates_and_marks_the_episode(broken, site):
    env = SeatEnv(broken())
    env.reset(seed=0)
    for message in pages(site, "alba", "brena"):
        assert env.step(message)[2:4] == (False, False)
    observation, reward, terminated, truncated, info = env.step(say("fetch", url=site("veit")))
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert (info["end"], info["valid"]) == ("aborted", False)
    assert info["fault"].startswith(("CorpusError: frame 7", "OSError: [Errno 5]"))
    assert info["reward_terms"] == {}
    assert observation["text"] == "(The episode is over: aborted.)"
    assert env.observation_space.contains(observation)
    episode = env.episode()
    assert (episode.end, episode.valid, episode.terms, episode.rewards) == (
        "aborted",
        False,
        {},
        {},
    )
    assert episode.fingerprint
    assert [call.tool for call in episode.turns[-1].calls] == ["fetch"]
    assert episode.turns[-1].results == ()


def test_calls_behind_the_fault_are_not_played(broken, site):
    env = SeatEnv(broken())
    env.reset(seed=0)
    urls = [site(name) for name in ("alba", "brena", "veit", "corvo")]
    env.step(say_all(tuple(("fetch", {"url": url}) for url in urls)))
    assert len(env.episode().turns[0].results) == 2
    assert len(env.episode().turns[0].calls) == 3


def test_an_aborted_team_ends_for_everyone(broken, site):
    env = TeamEnv(broken(game="team"))
    env.reset(seed=0)
    env.step(say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"}))))
    for message in (*pages(site, "alba", "brena", "veit"),):
        env.step(message)
    assert all(env.truncations.values())
    assert not any(env.terminations.values())
    assert all(not info["valid"] for info in env.infos.values())


def test_an_aborted_episode_does_not_spoil_the_next(broken, site):
    env = SeatEnv(broken())
    env.reset(seed=0)
    for message in pages(site, "alba", "brena", "veit"):
        env.step(message)
    _, info = env.reset(seed=0)
    assert (info["end"], info["valid"], info["fault"]) == (None, True, None)
    assert env.step(say("answer", text="Tarn"))[2]


def test_dense_rewards_stop_at_the_fault_without_a_penalty(broken, site):
    env = SeatEnv(broken(dense=True, reward={"evidence": 1.0}))
    env.reset(seed=0, options={"task_id": env.scenario.tasks.tasks[0].id})
    gained = [env.step(message)[1] for message in pages(site, "alba", "brena", "veit")]
    assert gained == pytest.approx([1 / 3, 1 / 3, 0.0])
    assert not env.episode().valid


def test_an_aborted_episode_writes_to_json_like_any_other(broken, site):
    env = SeatEnv(broken())
    env.reset(seed=0)
    for message in pages(site, "alba", "brena", "veit"):
        env.step(message)
    episode = env.episode()
    assert msgspec.json.decode(msgspec.json.encode(episode), type=type(episode)) == episode


def test_a_fault_in_the_middle_of_a_round_leaves_the_rest_of_it_unplayed(broken, site):
    env = ParallelTeamEnv(broken(game="team"))
    env.reset(seed=0)
    both = say_all((("delegate", {"task": "A"}), ("delegate", {"task": "B"})))
    env.step({"planner_0": both})
    names = ("alba", "brena", "veit")
    faulty = say_all(tuple(("fetch", {"url": site(name)}) for name in names))
    _, rewards, _, truncations, infos = env.step({"worker_0": faulty, "worker_1": faulty})
    assert [turn.player for turn in env.episode().turns] == ["planner_0", "worker_0"]
    assert all(truncations.values())
    assert set(rewards.values()) == {0.0}
    assert infos["worker_1"]["end"] == "aborted"
    assert env.agents == []
