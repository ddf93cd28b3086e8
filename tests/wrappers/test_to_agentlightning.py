"""agent-lightning's own trainer and runner play our episodes against a local chat server.

The adapter is imported in the tests, because agent-lightning warns when it is imported.
"""

import asyncio
import importlib.metadata
import sys
from types import SimpleNamespace

import pytest

import webenvs
from tests.players.chat_server import BUSY, ChatServer, said, script, scripted
from tests.wrappers import recorded
from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.endpoint import EndpointError

REAL = pytest.mark.trainer("agentlightning")
TRIALS = tuple(SimpleNamespace(seed=seed) for seed in (7, 8, 9))


class LLM:
    """An LLM of agent-lightning's resources, as its types have it."""

    def __init__(self, url, model="m", **sampling):
        self.url, self.model, self.api_key, self.sampling_parameters = url, model, None, sampling

    def get_base_url(self, rollout_id=None, attempt_id=None):
        return self.url if rollout_id is None else f"{self.url}/{rollout_id}/{attempt_id}"


def recordings(player="oracle", **settings):
    """Episodes of some trials, and a server that plays them from a script."""
    scenario = webenvs.scenario("MultiHop-v0", **settings)
    trials = [
        SimpleNamespace(task=recorded.episode(player, seed=trial.seed).task, seed=trial.seed)
        for trial in TRIALS
    ]
    answers, episodes = script(scenario, player, trials)
    return episodes, scripted(answers)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Keep litellm, which agent-lightning imports, from fetching a list of prices."""
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


@pytest.fixture
def to_agentlightning():
    """The adapter."""
    from wrappers import to_agentlightning

    return to_agentlightning


@pytest.fixture
def agents(to_agentlightning, monkeypatch):
    """Our agent where agent-lightning is missing: it stands on nothing, and is not checked."""
    monkeypatch.setattr(to_agentlightning, "trainer", lambda *_: None)
    return to_agentlightning.ResearchAgent


def test_without_agent_lightning_the_extra_is_named(to_agentlightning, monkeypatch):
    monkeypatch.setitem(sys.modules, "agentlightning", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[lightning\]'"):
        to_agentlightning.ResearchAgent("MultiHop-v0")


def test_an_untried_version_is_named_with_those_that_were_tried(to_agentlightning, monkeypatch):
    monkeypatch.setitem(sys.modules, "agentlightning", type(sys)("agentlightning"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.0.0")
    with pytest.raises(ImportError, match=r"1\.0\.0 .* from 0\.3\.0 to below 0\.4"):
        to_agentlightning.ResearchAgent("MultiHop-v0")


@pytest.mark.parametrize("text", [True, False], ids=["codec", "native"])
@pytest.mark.parametrize("game", ["solo", "team"])
def test_a_recorded_episode_plays_again_with_the_same_reward(agents, game, text):
    episodes, brain = recordings(game=game)
    agent = agents("MultiHop-v0", game=game, text=text)
    with ChatServer(brain) as server:
        resources = {"main_llm": LLM(server.url)}
        rewards = [agent.rollout(recorded.row(one), resources, None) for one in episodes]
    assert rewards == [recorded.reward(one) for one in episodes] and sum(rewards) > 0


def test_each_role_is_played_by_the_model_of_its_name(agents):
    episodes, brain = recordings(game="team")
    agent = agents("MultiHop-v0", game="team")
    with ChatServer(brain) as one, ChatServer(brain) as other:
        resources = {"planner": LLM(one.url, "p"), "worker": LLM(other.url, "w", temperature=0.5)}
        agent.rollout(recorded.row(episodes[0]), resources, None)
        asked = [[body["model"] for body in server.bodies] for server in (one, other)]
    assert asked[0] and asked[1] and set(asked[0]) == {"p"} and set(asked[1]) == {"w"}
    assert other.bodies[0]["temperature"] == 0.5


def test_named_players_sit_at_the_seats_that_no_model_plays(agents):
    episode = recorded.episode(
        "oracle", game="team", players={"worker": "scripted"}, seat="planner"
    )
    answers = iter(recorded.said(episode))
    agent = agents("MultiHop-v0", players={"worker": "scripted"})
    with ChatServer(lambda body: said(next(answers))) as server:
        reward = agent.rollout(recorded.row(episode), {"main_llm": LLM(server.url)}, None)
    assert reward == recorded.reward(episode) > 0


@pytest.mark.parametrize("text", recorded.GARBAGE)
def test_what_a_model_writes_never_raises(agents, text):
    agent = agents("MultiHop-v0", invalid=2)
    with ChatServer(lambda body: said(text)) as server:
        reward = agent.rollout({"task_id": None, "seed": 1}, {"llm": LLM(server.url)}, None)
    assert reward == 0.0


def test_an_episode_without_its_server_raises_and_has_no_reward(agents):
    agent = agents("MultiHop-v0", retries=0)
    with ChatServer(lambda body: said(""), always=BUSY) as server:
        row = {"task_id": None, "seed": 1}
        with pytest.raises(EndpointError, match="503"):
            agent.rollout(row, {"llm": LLM(server.url)}, None)


def test_behind_a_proxy_the_address_says_whose_call_it_is(to_agentlightning, agents):
    attempt = SimpleNamespace(rollout_id="r1", attempt=SimpleNamespace(attempt_id="a1"))
    address = to_agentlightning._address(LLM("http://127.0.0.1:1"), attempt)
    assert address == "http://127.0.0.1:1/r1/a1"


@pytest.mark.parametrize("names", [(), ("one", "two")], ids=["none", "two"])
def test_resources_that_leave_it_open_who_plays_are_refused(agents, names):
    resources = {name: LLM("http://127.0.0.1:1") for name in names}
    with pytest.raises(SettingError, match="one LLM, or one named 'researcher'"):
        agents("MultiHop-v0").rollout({"task_id": None, "seed": 1}, resources, None)


def test_players_for_all_roles_leave_nothing_to_train(agents):
    with pytest.raises(SettingError, match="none of"):
        agents("MultiHop-v0", players="scripted")


def test_an_unknown_player_is_named_when_the_agent_is_made(agents):
    with pytest.raises(UnknownNameError, match="scripted"):
        agents("MultiHop-v0", players={"worker": "scriptet"})


def stored(agent, resources, rows):
    """What agent-lightning's trainer stores of a dry run: rows and their rewards, by rollout."""
    import agentlightning as agl
    from agentlightning.algorithm import Baseline
    from agentlightning.execution import SharedMemoryExecutionStrategy
    from agentlightning.reward import find_final_reward
    from agentlightning.tracer import OtelTracer

    store = agl.InMemoryLightningStore(thread_safe=True)
    trainer = agl.Trainer(
        n_runners=1,
        algorithm=Baseline(polling_interval=0.05, span_verbosity="none"),
        runner={"type": "agentlightning.LitAgentRunner", "poll_interval": 0.05},
        strategy=SharedMemoryExecutionStrategy(n_runners=1, main_thread="algorithm"),
        tracer=OtelTracer(),
        store=store,
        initial_resources=resources,
    )
    trainer.dev(agent, train_dataset=rows)

    async def read():
        done = await store.query_rollouts()
        spans = [await store.query_spans(rollout.rollout_id) for rollout in done]
        return [
            (one.input["seed"], one.status, find_final_reward(span))
            for one, span in zip(done, spans, strict=True)
        ]

    return sorted(asyncio.run(read()))


@REAL
@pytest.mark.parametrize("game", ["solo", "team"])
def test_its_trainer_stores_the_rewards_of_our_episodes(to_agentlightning, game):
    import agentlightning as agl

    episodes, brain = recordings(game=game)
    agent = to_agentlightning.ResearchAgent("MultiHop-v0", game=game)
    with ChatServer(brain) as server:
        resources = {"main_llm": agl.LLM(endpoint=server.url, model="m")}
        told = stored(agent, resources, [recorded.row(one) for one in episodes])
    assert told == [(one.seed, "succeeded", recorded.reward(one)) for one in episodes]


@REAL
def test_an_attempt_without_its_server_has_failed(to_agentlightning):
    import agentlightning as agl
    from agentlightning.tracer import OtelTracer

    agent = to_agentlightning.ResearchAgent("MultiHop-v0", retries=0)
    resources = {"main_llm": agl.LLM(endpoint="http://127.0.0.1:9/v1", model="m")}
    store, runner = agl.InMemoryLightningStore(), agl.LitAgentRunner(OtelTracer())

    async def attempt():
        with runner.run_context(agent=agent, store=store), pytest.raises(EndpointError):
            await runner.step({"task_id": None, "seed": 1}, resources=resources)
        return [one.status for one in await store.query_rollouts()]

    assert asyncio.run(attempt()) == ["failed"]


@REAL
def test_rows_of_webenvs_are_its_tasks(to_agentlightning):
    import agentlightning as agl

    agent = to_agentlightning.ResearchAgent("MultiHop-v0", invalid=2)
    rows = list(webenvs.tool_env("MultiHop-v0").rows("train", 2, seed=4))
    with ChatServer(lambda body: said("hm")) as server:
        resources = {"main_llm": agl.LLM(endpoint=server.url, model="m")}
        told = stored(agent, resources, rows)
    assert told == [(4, "succeeded", 0.0)] * 2
