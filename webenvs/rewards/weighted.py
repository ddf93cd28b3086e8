"""The scalar reward: a weighted sum of named terms by role, with the published presets."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from webenvs.errors import bad_setting, unknown_name
from webenvs.records import Episode, Record, Task
from webenvs.rewards import answer, cost, evidence, format, plan  # noqa: A004 - the field's word
from webenvs.rewards.reward import Term

TERMS: dict[str, Term] = {
    "answer": answer.answer,
    "evidence": evidence.evidence,
    "retrieved": evidence.retrieved,
    "format": format.format_rate,
    "planner_format": format.planner_format,
    "worker_format": format.worker_format,
    "plan": plan.plan,
    "cost": cost.cost,
    "team_cost": cost.team_cost,
}
SHARED = frozenset({"answer", "planner_format", "worker_format", "team_cost"})
"""Terms that are the same for every player of an episode."""
ANY_ROLE = "*"
LARGEST = 1e6
"""The largest weight; it keeps every scalar finite."""
DECIMALS = 12
"""Scalars are summed exactly and rounded to this, so that they are the same bytes everywhere."""

Terms = Mapping[str, Mapping[str, float]]


class Reward(Record, frozen=True, kw_only=True):
    """Weights of terms by role; the role "*" stands for every role not named.

    `gate` names a term that must be 1.0 for a player, else its scalar is 0. `metric` is how the
    answer is compared. A role without weights earns 0.
    """

    weights: dict[str, dict[str, float]]
    gate: str | None = None
    metric: str = answer.AUTO

    @property
    def names(self) -> tuple[str, ...]:
        """The terms that any role is paid for or gated by, sorted."""
        gate = () if self.gate is None else (self.gate,)
        return tuple(sorted({*gate, *(name for row in self.weights.values() for name in row)}))

    def terms(
        self, task: Task, episode: Episode, players: Sequence[str] | None = None
    ) -> dict[str, dict[str, float]]:
        """{player: {term: value}}, unweighted, every term of `names` for every player.

        `players` are by default those of the episode's frames, in order of their first.
        """
        if players is None:
            players = list(dict.fromkeys(frame.player for frame in episode.frames))
        shared = {
            name: float(self._term(name)(task, episode, ""))
            for name in self.names
            if name in SHARED
        }
        own = {name: TERMS[name] for name in self.names if name not in SHARED}
        return {
            player: shared
            | {name: float(term(task, episode, player)) for name, term in own.items()}
            for player in players
        }

    def scalar(self, player: str, role: str, terms: Terms) -> float:
        """The weighted sum of `terms[player]` under the weights of `role`, rounded to 12 decimals.

        `terms` is what the method `terms` returned.
        """
        values = terms[player]
        if self.gate is not None and values[self.gate] != 1.0:
            return 0.0
        row = self.weights.get(role, self.weights.get(ANY_ROLE, {}))
        total = math.fsum(row[name] * values[name] for name in sorted(row))
        return round(total, DECIMALS) + 0.0

    def _term(self, name: str) -> Term:
        if name == "answer":
            return functools.partial(answer.answer, name=self.metric)
        return TERMS[name]


PRESETS: dict[str, Reward] = {
    "answer": Reward(weights={ANY_ROLE: {"answer": 1.0}}),
    "webdancer": Reward(weights={ANY_ROLE: {"answer": 0.9, "format": 0.1}}),
    "webexplorer": Reward(weights={ANY_ROLE: {"answer": 1.0, "format": 0.2}}),
    "tongyi": Reward(weights={ANY_ROLE: {"answer": 1.0}}),
    # MATPO pays one number to the planner and all its workers; alone it is 0.9 and 0.1.
    "matpo": Reward(
        weights={
            ANY_ROLE: {"answer": 0.9, "planner_format": 0.05, "worker_format": 0.05},
            "researcher": {"answer": 0.9, "format": 0.1},
        }
    ),
    # M-GRPO's worker term "expert" is the verdict of a language model in the paper; here it is the
    # worker's own evidence recall, which needs no judge.
    "mgrpo": Reward(
        weights={
            ANY_ROLE: {"answer": 0.9, "format": 0.1},
            "worker": {"answer": 0.4, "evidence": 0.5, "format": 0.1},
        },
        gate="format",
    ),
    "evidence": Reward(weights={ANY_ROLE: {"answer": 0.5, "evidence": 0.5}}),
    # Where nothing can be observed, form and plan are all that can be paid; the shares are
    # WebDancer's, with the plan in the place of the answer.
    "plan": Reward(weights={ANY_ROLE: {"plan": 0.9, "format": 0.1}}),
}
_FIELDS = ("weights", "gate", "metric")


def reward_from(setting: str | Mapping[str, Any], roles: Sequence[str] | None = None) -> Reward:
    """The reward that a setting describes.

    A setting is a preset's name, or {term: weight} for every role, or {role: {term: weight}}, or
    {"weights": any of these, "gate": term, "metric": name}. Raises UnknownNameError for a term,
    metric, preset or (if `roles` are given) role that does not exist, SettingError for a weight
    that is no finite number.
    """
    if isinstance(setting, str):
        return _preset(setting)
    if not isinstance(setting, Mapping):
        raise bad_setting("reward", setting, "the name of a preset or a mapping of weights")
    if "weights" not in setting:
        return Reward(weights=_weights(setting, roles))
    for field in setting:
        if field not in _FIELDS:
            raise unknown_name("reward field", field, _FIELDS)
    return _whole(setting, roles)


def _preset(name: str) -> Reward:
    if name not in PRESETS:
        raise unknown_name("reward preset", name, PRESETS)
    return PRESETS[name]


def _whole(setting: Mapping[str, Any], roles: Sequence[str] | None) -> Reward:
    """The reward of a setting with "weights"; its gate and metric override those of a preset."""
    weights = setting["weights"]
    if isinstance(weights, str):
        start = _preset(weights)
    elif isinstance(weights, Mapping):
        start = Reward(weights=_weights(weights, roles))
    else:
        raise bad_setting("weights", weights, "the name of a preset or a mapping of weights")
    gate = setting.get("gate", start.gate)
    if gate is not None and gate not in tuple(TERMS):
        raise unknown_name("reward term", gate, TERMS)
    metric = answer.checked(setting.get("metric", start.metric))
    return Reward(weights=start.weights, gate=gate, metric=metric)


def _weights(
    setting: Mapping[str, Any], roles: Sequence[str] | None
) -> dict[str, dict[str, float]]:
    """Checked weights by role of a flat or a nested mapping."""
    if not setting:
        raise bad_setting("reward", dict(setting), "a mapping with at least one weight")
    nested = [key for key, value in setting.items() if isinstance(value, Mapping)]
    if not nested:
        return {ANY_ROLE: _row(setting)}
    for role, row in setting.items():
        if not isinstance(row, Mapping):
            raise bad_setting(
                f"reward[{role!r}]", row, "a mapping of weights like that of " + nested[0]
            )
        if roles is not None and role not in (*roles, ANY_ROLE):
            raise unknown_name("role", role, [*roles, ANY_ROLE])
    return {role: _row(row) for role, row in setting.items()}


def _row(row: Mapping[str, Any]) -> dict[str, float]:
    """Checked weights of one role."""
    for name, weight in row.items():
        if name not in TERMS:
            raise unknown_name("reward term", name, TERMS)
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not abs(weight) <= LARGEST:
            allowed = f"a finite number of at most {LARGEST:g} in size"
            raise bad_setting(f"weight of {name}", weight, allowed)
    return {name: float(weight) for name, weight in row.items()}
