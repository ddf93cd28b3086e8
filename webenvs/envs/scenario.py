"""A scenario: everything an episode needs besides its task and its seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from webenvs import records
from webenvs.actions.codec import Codec
from webenvs.envs.game import Game, MessageRole, check_game
from webenvs.envs.kits import RoleKit
from webenvs.errors import bad_setting
from webenvs.noise.model import Toolset
from webenvs.rewards.weighted import Reward
from webenvs.seeding import canonical_json, digest
from webenvs.tasks.taskset import TaskSource
from webenvs.web.broker import Broker
from webenvs.web.sandbox import Sandbox
from webenvs.web.tools import TOOLS
from webenvs.web.web import Web

Rebuild = tuple[Callable[..., "Scenario"], tuple[Any, ...]]

_KITS_KEPT = 512


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A game on a web with tasks, a codec and a reward; immutable and shared by many episodes.

    `env` is the id and `settings` the settings it was made with; `split` is drawn from when no
    task is named; `dense` pays rewards at every message (their sum is the same); `result_role` is
    the chat role of web results; `sandbox` stands between the players and the web. `rebuild` makes
    the scenario again in another process, which is how it is pickled.
    """

    env: str
    settings: dict[str, Any]
    game: Game
    web: Web
    tasks: TaskSource
    codec: Codec
    reward: Reward
    split: str = "train"
    dense: bool = False
    result_role: MessageRole = "tool"
    observation_characters: int = 32_768
    sandbox: Sandbox | None = None
    rebuild: Rebuild | None = None

    def __post_init__(self) -> None:
        """Raise SettingError for a split without tasks or a setting out of range."""
        if self.observation_characters < 1000:
            raise bad_setting(
                "observation_characters", self.observation_characters, "at least 1000"
            )
        if self.result_role not in get_args(MessageRole):
            raise bad_setting("result_role", self.result_role, "tool or user")
        self.tasks.of_split(self.split)
        check_game(self.game, TOOLS)
        _ = self.broker  # so that a backup engine that cannot be made is named now

    @cached_property
    def kits(self) -> Mapping[str, RoleKit]:
        """What the rules need of each role, by its name."""
        return {role.name: RoleKit(role, self.codec) for role in self.game.roles}

    def kit(self, role: str, toolset: Toolset | None = None) -> RoleKit:
        """The kit of a role whose web tools look like that; as usual if None."""
        if toolset is None:
            return self.kits[role]
        same = self._same_kits.get(id(toolset))
        if same is not None and same[0] is toolset and same[1].role.name == role:
            return same[1]
        key = canonical_json((role, toolset))
        kit = self._other_kits.get(key)
        if kit is None:
            if len(self._other_kits) >= _KITS_KEPT:
                self._other_kits.clear()  # in one step, since threads share it
            kit = self._other_kits[key] = RoleKit(self.kits[role].role, self.codec, toolset)
        if len(self._same_kits) >= _KITS_KEPT:
            self._same_kits.clear()
        self._same_kits[id(toolset)] = toolset, kit  # which keeps the toolset, and so its id
        return kit

    @cached_property
    def _same_kits(self) -> dict[int, tuple[Toolset, RoleKit]]:
        """The kits of toolsets that were asked for lately, by the identity of these."""
        return {}

    @cached_property
    def _other_kits(self) -> dict[bytes, RoleKit]:
        return {}

    @cached_property
    def broker(self) -> Broker | None:
        """The sandbox with its clock: where one is declared, or a role has a budget of seconds."""
        if self.sandbox is None and all(r.budget.seconds is None for r in self.game.roles):
            return None
        return Broker(self.web, self.sandbox or Sandbox())

    @cached_property
    def digest(self) -> str:
        """What tells the scenario from others: a hash of its id, settings and corpus."""
        return digest((self.env, self.settings, self.web.corpus.digest))

    @cached_property
    def players(self) -> tuple[str, ...]:
        """Every player, the root first."""
        return self.game.players()

    def role_of(self, player: str) -> str:
        """The role of a player: worker_1 is a worker."""
        return records.role_of(player)

    def players_of(self, role: str) -> Sequence[str]:
        """The seats of a role, in order."""
        return [player for player in self.players if self.role_of(player) == role]

    def __reduce__(self) -> Rebuild:
        if self.rebuild is None:
            raise TypeError("This scenario was made by hand, without `rebuild`, and cannot travel.")
        return self.rebuild

    def __deepcopy__(self, memo: dict[int, Any]) -> "Scenario":
        return self
