"""webenvs as environments of GEM: one string in, one string out, five values a step.

    from wrappers import to_gem
    to_gem.register("webenvs:MultiHop", "MultiHop-v0")
    env = gem.make("webenvs:MultiHop", seed=0)       # or gem.make_vec([...], async_mode=True)
    text, info = env.reset(seed=7)
    text, reward, terminated, truncated, info = env.step(env.sample_random_action())
    branch = env.spawn(same_state=True)              # goes on from here, meets the same noise

GEM seeds Python's and NumPy's process-wide generators at every `reset(seed)`, which couples the
environments of a vector. These do not: they touch no generator but what their own seed keys.
"""

import copy
from typing import Any

import webenvs
from webenvs import seeding
from webenvs.chat import unanswered
from webenvs.envs.tooling.tool_env import one_seat
from webenvs.errors import bad_setting
from webenvs.trainers import trainer

try:
    from gem import Env
except ImportError:  # said by `_gem` when it is needed
    Env = object

TESTED = ("0.1.0", "0.2")
"""The first version that was run, and the first that was not."""

ENTRY = f"{__name__}:ResearchEnv"


def _gem() -> Any:
    return trainer("gem-llm", TESTED, "webenvs[gem]", "gem")


def register(name: str, env: str, **settings: Any) -> str:
    """Make `name` an id of GEM for an id of webenvs with settings; returns `name`.

    Settings are those of `webenvs.tool_env`, seat and players included. A second call with the same
    arguments does nothing; raises SettingError where `name` stands for something else already, and
    for several seats.
    """
    _gem()
    from gem.envs.registration import ENV_REGISTRY
    from gem.envs.registration import register as add

    kwargs = {"env": env, **settings}
    known = ENV_REGISTRY.get(name)
    if known is None:
        one_seat(webenvs.tool_env(env, **settings))  # what is wrong with the settings is said here
        add(name, ENTRY, **kwargs)
    elif (known.entry_point, known.kwargs) != (ENTRY, kwargs):
        raise bad_setting("name", name, f"another one: it stands for {known.kwargs} already")
    return name


class ResearchEnv(Env):
    """Episodes of one seat: observations and actions are text in the codec.

    The first observation is the system's message and the question, each further one what the last
    message brought. `info` holds task_id, statuses, errors, end, `valid` (False after a real fault:
    leave the episode out of training), the transcript as chat `messages`, and what GEM's
    wrappers read: `use_tool`, whether the observation is the answer of tools.
    """

    def __init__(self, env: str, seed: int = 0, **settings: Any) -> None:
        """`seed` keys the episodes of resets without one; settings as in `webenvs.tool_env`."""
        _gem()
        super().__init__()
        self._settings = {"env": env, "seed": seed, **settings}
        self._tools = one_seat(webenvs.tool_env(env, **settings))
        self._seed, self._resets, self._draws = seed, 0, 0

    def reset(self, seed: int | None = None) -> tuple[str, dict[str, Any]]:
        """Start the episode that `seed` keys, or the next that the own seed does."""
        if seed is None:
            self._resets += 1
            seed = seeding.integer(2**63, self._seed, "gem", self._resets)
        self._draws = 0
        self._tools.reset(seed=int(seed))
        text = "\n\n".join(entry["content"] for entry in self._tools.messages())
        return text, self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Play a message; nothing that a model writes raises, and after the end nothing happens."""
        outcome = self._tools.send(action)
        return outcome.text, outcome.reward, outcome.terminated, outcome.truncated, self._info()

    def sample_random_action(self) -> str:
        """A random call in the codec, drawn from the words in sight; the next sample is another.

        An empty message once the episode is over.
        """
        session, player = self._tools.session, self._tools.player
        if session.over:
            return ""
        self._draws += 1
        key = seeding.integer(
            2**63, session.state.seed, "gem", len(session.state.turns), self._draws
        )
        players = webenvs.lineup("random", session.scenario.game).sit([player], session.task, key)
        return session.spelled(players[player](session.observe(player), session.info(player)))

    def spawn(self, same_state: bool = False, **kwargs: Any) -> "ResearchEnv":
        """Another environment of these settings, or of others: new, or in this very state.

        Raises SettingError for other settings with the same state, and for a state before reset.
        """
        if same_state and kwargs:
            raise bad_setting("kwargs", kwargs, "left out where the state is to be the same")
        twin = copy.copy(self) if same_state else ResearchEnv(**{**self._settings, **kwargs})
        if same_state:
            twin._tools = self._tools.fork()
        for name in ("env_id", "entry_point"):  # what gem.make notes
            if hasattr(self, name):
                setattr(twin, name, getattr(self, name))
        return twin

    def _info(self) -> dict[str, Any]:
        player = self._tools.players[0]
        told, messages = self._tools.info(player), self._tools.messages(player)
        return {
            "task_id": told["task_id"],
            "statuses": list(told["statuses"]),
            "errors": list(told["errors"]),
            "end": told["end"],
            "valid": told["valid"],
            "messages": messages,
            "use_tool": any(entry["role"] == "tool" for entry in unanswered(messages)),
        }
