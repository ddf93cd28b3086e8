"""webenvs for agent-lightning: an agent that plays an episode against the LLMs of its resources.

    agent = to_agentlightning.ResearchAgent("MultiHop-v0", game="team")
    rows = list(webenvs.tool_env("MultiHop-v0", game="team").rows("train", 1000))
    llm = agl.LLM(endpoint="http://127.0.0.1:8000/v1", model="my-model")
    trainer = agl.Trainer(algorithm=..., initial_resources={"main_llm": llm})
    trainer.fit(agent, train_dataset=rows)

A resource named like a role ("planner", "worker") plays that role, any other one all that are left;
`players` names who else sits at a seat. The proxy of agent-lightning notes the tokens of each call,
so all seats that it serves are trained, with the one reward of the episode.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import webenvs
from webenvs import catalog
from webenvs.episodes import play
from webenvs.errors import PlayerError, bad_setting
from webenvs.players.chat_model import ChatModel
from webenvs.players.endpoint import Endpoint
from webenvs.players.lineup import players_by_role
from webenvs.records import Episode
from webenvs.trainers import trainer

try:
    from agentlightning import LitAgent
except ImportError:  # said by `trainer` when it is needed
    LitAgent = object

TESTED = ("0.3.0", "0.4")
"""The first version that was run, and the first that was not."""


class ResearchAgent(LitAgent):
    """Plays the episode of a row to its end, and returns its reward.

    Nothing that a model writes raises. A real fault does, so that the attempt has failed and is not
    trained: EndpointError for a server that does not answer, PlayerError for anything else.
    """

    def __init__(
        self,
        env: str,
        *,
        players: Any = None,
        text: bool = True,
        timeout: float = 120.0,
        retries: int = 2,
        **settings: Any,
    ) -> None:
        """`settings` are those of `webenvs.scenario`; `players` as in `webenvs.lineup`.

        `text` has models write calls in the codec; without it they call functions. Raises
        SettingError or UnknownNameError for what is wrong with them.
        """
        trainer("agentlightning", TESTED, "webenvs[lightning]")
        super().__init__()
        self._others = {} if players is None else players_by_role(players)
        if self._others:
            settings = {"game": catalog.row(env).team, **settings}
        self.scenario = webenvs.scenario(env, **settings)
        webenvs.lineup(self._others, self.scenario.game)  # says what is wrong with them
        roles = [role.name for role in self.scenario.game.roles]
        self.roles = tuple(r for r in roles if r not in self._others and "*" not in self._others)
        if not self.roles:
            raise bad_setting("players", players, f"for fewer roles: none of {roles} is left")
        self._text, self._timeout, self._retries = text, timeout, retries

    def rollout(self, task: Mapping[str, Any], resources: Mapping[str, Any], rollout: Any) -> float:
        """The reward of the first seat that a model plays, in the episode that a row names."""
        episode = self.play(task, resources, rollout)
        role = self.roles[0]
        paid = next(p for p in self.scenario.players if self.scenario.role_of(p) == role)
        return float(episode.rewards.get(paid, 0.0))

    def play(
        self, task: Mapping[str, Any], resources: Mapping[str, Any], rollout: Any = None
    ) -> Episode:
        """The episode that a row names, played by the models of the resources; see the class."""
        with ExitStack() as opened:
            models: dict[str, ChatModel] = {}
            for role in self.roles:
                llm = _resource(resources, role)
                url = _address(llm, rollout)
                endpoint = Endpoint(
                    url, llm.model, llm.api_key, timeout=self._timeout, retries=self._retries
                )
                models[role] = ChatModel(
                    opened.enter_context(endpoint),
                    text=self._text,
                    sampling=llm.sampling_parameters,
                )
            lineup = webenvs.lineup({**self._others, **models}, self.scenario.game)
            episode = play(self.scenario, lineup, int(task["seed"]), task["task_id"])
        if not episode.valid:
            faults = [model.fault for model in models.values() if model.fault is not None]
            raise faults[0] if faults else PlayerError(f"The episode of {task} met a real fault.")
        return episode


def _resource(resources: Mapping[str, Any], role: str) -> Any:
    """The LLM that plays a role; raises SettingError where none does, or several could."""
    models = {name: value for name, value in resources.items() if hasattr(value, "get_base_url")}
    if role in models:
        return models[role]
    if len(models) != 1:
        raise bad_setting("resources", sorted(models), f"one LLM, or one named {role!r}")
    return next(iter(models.values()))


def _address(llm: Any, rollout: Any) -> str:
    """The address of an LLM, which behind agent-lightning's proxy says whose call it is."""
    attempt = getattr(rollout, "attempt", None)
    if attempt is None:
        return str(llm.get_base_url(None, None))
    return str(llm.get_base_url(rollout.rollout_id, attempt.attempt_id))
