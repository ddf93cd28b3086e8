"""The study as data: arms (a preset with changes), and what is compared with what."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import field

from baselines.grpo.config import Config
from baselines.grpo.presets import as_data, config_from
from webenvs.errors import unknown_name
from webenvs.records import Record
from webenvs.seeding import digest

TRAIN = "baselines.grpo.train"
"""The program that makes a run."""
DECOUPLED = "baselines.grpo.decoupled.run"
"""The program that makes one in two processes, a model each."""
NOISES = ("mild", "moderate", "severe")
"""What the arms of the table on robustness are evaluated under besides none."""
CAPS = (96, 128)
"""Caps of one player's context that are compared with the default one."""

EVERY: Mapping[str, Any] = MappingProxyType(
    {"cold_games": ["team", "solo"], "sampled_tokens": 150_000, "updates": 1000}
)
"""What holds for every arm: one cold start that shows both games, and as many sampled tokens."""

COLD_FIELDS = (
    *("env", "worlds", "train_worlds", "heldout_worlds", "tasks_per_world", "hops", "codec"),
    *("settings", "system", "worker_summary", "model", "max_new_tokens", "demonstrations"),
    *("teacher", "cold_games", "cold_hops", "optimiser", "sft_steps", "sft_loss"),
    *("sft_batch_tokens", "sft_lr"),
)
"""What a cold start hangs on besides the seed: arms that agree in these share one."""


class Arm(Record, frozen=True, kw_only=True):
    """A recipe of the study: a preset, what is changed of it, and what it is in a sentence.

    `program` makes its runs; with `robustness` they are evaluated under noise too.
    """

    name: str
    preset: str
    meaning: str
    changes: dict[str, Any] = field(default_factory=dict)
    program: str = TRAIN
    robustness: bool = False

    def config(self, overrides: Mapping[str, Any] | None = None) -> Config:
        """The arm's configuration; `overrides` hold for every arm, the arm's own changes win.

        Parts of `settings` are merged.
        """
        whole = {**EVERY, **(overrides or {})}
        for name, value in self.changes.items():
            whole[name] = {**whole.get(name, {}), **value} if isinstance(value, dict) else value
        return config_from(self.preset, whole)


class Comparison(Record, frozen=True, kw_only=True):
    """Two arms that differ in one thing, and the question that their difference answers."""

    ours: str
    theirs: str
    question: str


_SOLO, _MATPO, _MGRPO = "grpo-solo", "matpo-paper", "mgrpo-weighted"
_NOISY = {"noise": ["moderate"]}


def _caps() -> tuple[Arm, ...]:
    """Solo and team under every cap of a player's context."""
    return tuple(
        Arm(
            name=f"{name}-{cap}",
            preset=preset,
            changes={"context": cap},
            meaning=f"{name} with {cap} tokens of context a player.",
        )
        for cap in CAPS
        for name, preset in (("solo", _SOLO), ("matpo", _MATPO))
    )


_ROWS = (
    Arm(name="solo", preset=_SOLO, meaning="One researcher, GRPO.", robustness=True),
    Arm(name="matpo", preset=_MATPO, meaning="A team, one model, MATPO.", robustness=True),
    Arm(name="mgrpo", preset=_MGRPO, meaning="A team, two models, M-GRPO.", robustness=True),
    Arm(
        name="solo-cold",
        preset=_SOLO,
        changes={"updates": 0},
        meaning="solo after its cold start alone.",
        robustness=True,
    ),
    Arm(
        name="matpo-cold",
        preset=_MATPO,
        changes={"updates": 0},
        meaning="matpo after its cold start alone.",
        robustness=True,
    ),
    Arm(name="mgrpo-shared", preset="mgrpo-shared", meaning="M-GRPO's credit, one model."),
    Arm(name="frozen-worker", preset="frozen-worker", meaning="M-GRPO, planner trained alone."),
    Arm(
        name="solo-noisy",
        preset=_SOLO,
        changes=_NOISY,
        meaning="solo, trained under moderate noise.",
        robustness=True,
    ),
    Arm(
        name="matpo-noisy",
        preset=_MATPO,
        changes=_NOISY,
        meaning="matpo, trained under moderate noise.",
        robustness=True,
    ),
    *_caps(),
    Arm(
        name="mgrpo-in-step",
        preset=_MGRPO,
        program=DECOUPLED,
        meaning="mgrpo in two processes, both learn after every batch.",
    ),
    Arm(
        name="mgrpo-delayed",
        preset=_MGRPO,
        changes={"sync": "delay-1"},
        program=DECOUPLED,
        meaning="mgrpo in two processes, the workers learn one batch later.",
    ),
    Arm(
        name="mgrpo-random",
        preset=_MGRPO,
        changes={"alignment": "random"},
        meaning="mgrpo with workers duplicated or dropped at random to D.",
    ),
    Arm(
        name="matpo-no-recap",
        preset=_MATPO,
        changes={"settings": {"recap": False}},
        meaning="matpo whose workers are not told the question.",
    ),
    Arm(
        name="matpo-no-summary",
        preset=_MATPO,
        changes={"worker_summary": False},
        meaning="matpo whose workers return their last result, without a report.",
    ),
    Arm(
        name="blend",
        preset="mgrpo-shared",
        changes={"credit": "blend", "blend": 0.5},
        meaning="One model, credit half MATPO's and half M-GRPO's.",
    ),
    Arm(
        name="blend-by-role",
        preset="mgrpo-shared",
        changes={"credit": "blend", "blend": 0.5, "role_statistics": True},
        meaning="blend with mean and deviation a role.",
    ),
    Arm(
        name="matpo-no-deviation",
        preset=_MATPO,
        changes={"deviation": "none"},
        meaning="matpo without a division by the deviation.",
    ),
    Arm(
        name="matpo-no-format",
        preset=_MATPO,
        changes={"format_weight": 0.0},
        meaning="matpo without a reward for the format.",
    ),
    Arm(name="matpo-repo", preset="matpo-repo", meaning="MATPO with the choices as released."),
    Arm(name="dapo", preset="dapo", meaning="solo with DAPO's changes."),
    Arm(name="dr-grpo", preset="dr-grpo", meaning="solo with Dr. GRPO's changes."),
    Arm(name="gspo", preset="gspo", meaning="solo with ratios of whole trajectories."),
)

ARMS: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in _ROWS})
"""Every arm by name, what matters most first."""

MAIN = ("solo", "matpo", "mgrpo")
ROBUST = tuple(name for name, arm in ARMS.items() if arm.robustness)

COMPARISONS = (
    Comparison(
        ours="matpo-cold", theirs="solo-cold", question="A team against one before any training"
    ),
    Comparison(ours="matpo", theirs="solo", question="A team with MATPO against one researcher"),
    Comparison(ours="mgrpo", theirs="solo", question="A team with M-GRPO against one researcher"),
    Comparison(ours="mgrpo", theirs="matpo", question="M-GRPO against MATPO"),
    Comparison(ours="mgrpo", theirs="frozen-worker", question="Trained against frozen workers"),
    Comparison(ours="mgrpo", theirs="mgrpo-shared", question="Two models against one"),
    Comparison(
        ours="mgrpo-in-step", theirs="mgrpo-delayed", question="In step against one batch later"
    ),
    Comparison(ours="mgrpo", theirs="mgrpo-random", question="Weighted against random alignment"),
    Comparison(ours="matpo", theirs="matpo-no-recap", question="Workers told the question or not"),
    Comparison(
        ours="matpo", theirs="matpo-no-summary", question="Workers' reports or last results"
    ),
    Comparison(ours="blend-by-role", theirs="blend", question="Statistics a role or of all"),
    Comparison(ours="matpo", theirs="matpo-no-deviation", question="Deviation divided by or not"),
    Comparison(ours="matpo", theirs="matpo-no-format", question="Format rewarded or not"),
    Comparison(ours="matpo", theirs="matpo-repo", question="MATPO's paper against its release"),
    Comparison(ours="dapo", theirs="solo", question="DAPO against GRPO"),
    Comparison(ours="dr-grpo", theirs="solo", question="Dr. GRPO against GRPO"),
    Comparison(ours="gspo", theirs="solo", question="GSPO against GRPO"),
    *(
        Comparison(
            ours=f"matpo-{cap}",
            theirs=f"solo-{cap}",
            question=f"A team against one researcher, {cap} tokens of context",
        )
        for cap in CAPS
    ),
    Comparison(ours="solo-noisy", theirs="solo", question="Solo trained noisy against clean"),
    Comparison(ours="matpo-noisy", theirs="matpo", question="MATPO trained noisy against clean"),
)
"""What is set side by side: equal worlds, questions, seeds, budgets; one thing differs."""


def arm(name: str) -> Arm:
    """The arm of a name; raises UnknownNameError with the nearest."""
    if name not in ARMS:
        raise unknown_name("arm of the study", name, ARMS)
    return ARMS[name]


def cold_key(config: Config) -> str:
    """What tells cold starts apart: a digest of all that one hangs on but the seed."""
    data = as_data(config)
    worker = None if config.worker_model == config.model else config.worker_model
    game = None if config.cold_games else config.game
    return digest([worker, game, *(data[name] for name in COLD_FIELDS)])[:12]


def cold_overrides(config: Config) -> dict[str, Any]:
    """The fields of a run that is nothing but the cold start of `config`."""
    data = as_data(config)
    return {name: data[name] for name in COLD_FIELDS} | {"updates": 0, "eval_tasks": 1}


def cold_names(names: Sequence[str], overrides: Mapping[str, Any]) -> dict[str, str]:
    """The name of the cold start of each arm: that of the first arm of the matrix with the same."""
    first: dict[str, str] = {}
    for name, one in ARMS.items():
        first.setdefault(cold_key(one.config(overrides)), name)
    return {name: f"cold-{first[cold_key(arm(name).config(overrides))]}" for name in names}
