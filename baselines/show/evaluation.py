"""How a policy succeeded on every held-out question: what estimates and tables are made of."""

import msgspec

from webenvs.errors import bad_setting
from webenvs.records import Record


class Evaluation(Record, frozen=True, kw_only=True):
    """A policy on held-out questions: `success[i]`, 0 to 1, is that of question `tasks[i]`.

    `tasks` are ids of queries (a repeated question stands there as often as it was played),
    `hops` their numbers of hops, 0 if unknown. `noise` and `context` are those it was played under.
    `metrics` are further means (calls, turns, valid rate, ...) by name.
    """

    tasks: tuple[str, ...]
    success: tuple[float, ...]
    hops: tuple[int, ...] = ()
    noise: str = "none"
    context: int = 0
    metrics: dict[str, float] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse lists of unequal length and successes outside of 0 to 1."""
        if len(self.success) != len(self.tasks):
            raise bad_setting("success", len(self.success), f"as long as tasks, {len(self.tasks)}")
        if self.hops and len(self.hops) != len(self.tasks):
            raise bad_setting(
                "hops", len(self.hops), f"empty or as long as tasks: {len(self.tasks)}"
            )
        for value in self.success:
            if not 0 <= value <= 1:
                raise bad_setting("success", value, "between 0 and 1")

    @property
    def mean(self) -> float:
        """The mean success; NaN without questions."""
        return sum(self.success) / len(self.success) if self.success else float("nan")
