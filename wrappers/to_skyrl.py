"""webenvs as environments of SkyRL-Gym: text in the codec goes in, chat messages come out.

    from wrappers import to_skyrl
    to_skyrl.register("webenvs-multihop", "MultiHop-v0")
    rows = to_skyrl.rows("webenvs-multihop", "train", 100)     # a data set: prompt, env_class, ...
    env = skyrl_gym.make("webenvs-multihop", extras=next(rows))
    messages, info = env.init([])
    step = env.step("<tool_call>...</tool_call>")   # observations, reward, done, metadata

One seat of the team: `register("planner", "MultiHop-v0", seat="planner", players={"worker":
"scripted"})`. A process that makes environments must have called `register`, as SkyRL's workers do
when the training script calls it inside the Ray task that they run.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import webenvs
from webenvs.chat import unanswered
from webenvs.envs.tooling.tool_env import one_seat
from webenvs.errors import bad_setting, unknown_name
from webenvs.trainers import trainer

try:
    from skyrl_gym.envs.base_text_env import BaseTextEnv
except ImportError:  # said by `_skyrl` when it is needed
    BaseTextEnv = object

TESTED = ("0.4.0", "0.5")
"""The first version that was run, and the first that was not."""

ENTRY = f"{__name__}:ResearchEnv"


def _skyrl() -> Any:
    return trainer("skyrl-gym", TESTED, "webenvs[skyrl]")


def register(name: str, env: str, **settings: Any) -> str:
    """Make `name` an id of SkyRL-Gym for an id of webenvs with settings; returns `name`.

    Settings are those of `webenvs.tool_env`, seat and players included. A second call with the same
    arguments does nothing; raises SettingError where `name` stands for something else already, and
    for several seats.
    """
    registry = _skyrl().registry
    kwargs = {"env": env, **settings}
    known = registry.get(name)
    if known is None:
        one_seat(webenvs.tool_env(env, **settings))  # what is wrong with the settings is said here
        _skyrl().register(id=name, entry_point=ENTRY, kwargs=kwargs)
    elif (known.entry_point, known.kwargs) != (ENTRY, kwargs):
        raise bad_setting("name", name, f"another one: it stands for {known.kwargs} already")
    return name


def rows(
    name: str, split: str | None = None, count: int | None = None, *, start: int = 0, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Rows of a data set for a registered `name`: prompt, env_class, task_id, split, index, seed.

    SkyRL hands all but the first two to the environment. Nothing in them tells the answer.
    """
    ours = {key: spec for key, spec in _skyrl().registry.items() if spec.entry_point == ENTRY}
    if name not in ours:
        raise unknown_name("environment", name, ours, "that `register` made")
    made = dict(ours[name].kwargs)
    for row in webenvs.tool_env(made.pop("env"), **made).rows(split, count, start=start, seed=seed):
        del row["question"]
        yield {"env_class": name, **row}


class ResearchEnv(BaseTextEnv):
    """One episode: `init` starts it on the row in `extras`, `step` plays a message of the model.

    Rewards are what the message earned; they add up to the score. `metadata["valid"]` is False
    after a real fault of the environment: such an episode is to be left out of training.
    """

    def __init__(
        self, env_config: Any = None, extras: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """`kwargs` come from `register`; `extras` is a row, and SkyRL adds `max_turns` to it.

        `env_config` (a mapping) holds settings that replace registered ones.
        """
        _skyrl()
        super().__init__()
        settings = {**kwargs, **(env_config or {})}
        self._tools = one_seat(webenvs.tool_env(settings.pop("env"), **settings))
        self._row = {key: value for key, value in (extras or {}).items() if key != "prompt"}
        self.max_turns = int(self._row.get("max_turns") or 0)
        self._paid = 0.0

    def init(self, prompt: Sequence[Any]) -> tuple[list[dict[str, str]], dict[str, Any]]:
        """Start the episode; returns its first messages, whatever the `prompt` of the row says."""
        self._tools.reset(**self._row)
        self.turns, self._paid = 0, 0.0
        return self._tools.messages(), {"task_id": self._tools.session.task.id}

    def step(self, action: str) -> dict[str, Any]:
        """Play a message; nothing that a model writes raises.

        An episode that is cut by SkyRL's `max_turns` is paid what it is worth as it is.
        """
        outcome = self._tools.send(action)
        self.turns += 1
        cut = bool(self.max_turns) and self.turns >= self.max_turns
        reward = self._tools.score()["reward"] - self._paid if cut else outcome.reward
        self._paid += reward
        return {
            "observations": unanswered(self._tools.messages()),
            "reward": reward,
            "done": cut or outcome.done,
            "metadata": {
                "statuses": list(outcome.statuses),
                "errors": list(outcome.errors),
                "end": outcome.end,
                "valid": outcome.valid,
            },
            "postprocessed_action": None,
        }

    def get_metrics(self) -> dict[str, Any]:
        """The score and its terms, how many messages there were, and whether the episode counts."""
        player = self._tools.players[0]
        info = self._tools.info(player)
        mine = [turn for turn in self._tools.session.state.turns if turn.player == player]
        return {
            **{f"score/{term}": value for term, value in self._tools.score().items()},
            "turns": len(mine),
            "unreadable": sum(1 for turn in mine if not turn.valid),
            "answered": info["end"] == "answered",
            "valid": info["valid"],
        }

    @staticmethod
    def aggregate_metrics(metrics: list[dict[str, Any]]) -> dict[str, Any]:
        """Means over the episodes that count, and the share of those."""
        counted = [entry for entry in metrics if entry["valid"]]
        names = dict.fromkeys(name for entry in counted for name in entry if name != "valid")
        means = {
            name: sum(float(entry.get(name, 0.0)) for entry in counted) / len(counted)
            for name in names
        }
        return {**means, "valid": len(counted) / len(metrics)} if metrics else {}
