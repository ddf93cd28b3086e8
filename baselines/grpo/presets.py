"""The named recipes of a training, each a row of changes to the configuration's defaults."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from types import MappingProxyType
from typing import Any

from baselines.grpo.config import SHEETS, Config
from baselines.grpo.limits import ROLES, as_field, checked, field_named
from baselines.grpo.sizes import SIZES
from webenvs.errors import bad_setting, unknown_name
from webenvs.records import Record


class Preset(Record, frozen=True, kw_only=True):
    """What a recipe is, in a sentence; what it changes; and whether workers have their own model.

    A second model is of the kind of the first, unless `worker_model` is set.
    """

    meaning: str
    changes: dict[str, Any]
    two_models: bool = False


_SOLO = {"game": "solo", "clip_high": 0.2}
_MATPO = {"game": "team", "credit": "broadcast", "aggregation": "rollout-token-mean"}
_MGRPO = {"game": "team", "reward": "mgrpo", "credit": "own", "aggregation": "trajectory-mean"}

_FRESH: Mapping[str, Any] = {"system": {role: role for role in ROLES}}
"""What goes with a model that is made from nothing: it reads no instructions, only who it is."""
_TRAINED: Mapping[str, Any] = {
    **{"optimiser": "adamw", "sft_lr": 1e-5, "lr": 1e-6, "codec": "hermes"},
    **{"vector_rate": 1.0, "minibatches": 1, "sft_loss": None},
    **{"context": 8192, "max_new_tokens": 1024},
}
"""What goes with a model that was trained before: small steps, long contexts, its own format."""

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "grpo-solo": Preset(
            meaning="One researcher, trained by GRPO: what the teams are measured against.",
            changes=_SOLO,
        ),
        "dapo": Preset(
            meaning="grpo-solo with DAPO's higher upper clip, token-level loss, overlong fine, and "
            "batches filled with groups that are not all alike.",
            changes=_SOLO
            | {
                **{"clip_high": 0.28, "aggregation": "token-mean", "overlong": "soft"},
                **{"refills": 9},
            },
        ),
        "dr-grpo": Preset(
            meaning="grpo-solo without the divisions that bias it: no deviation, no lengths.",
            changes=_SOLO | {"advantage": "dr-grpo", "aggregation": "constant"},
        ),
        "gspo": Preset(
            meaning="grpo-solo with the ratio of whole trajectories, clipped very narrowly.",
            changes=_SOLO
            | {
                **{"loss": "gspo", "aggregation": "trajectory-mean"},
                **{"clip_low": 3e-4, "clip_high": 4e-4},
            },
        ),
        "matpo-paper": Preset(
            meaning="One model in both roles; a planner's advantage is that of its workers.",
            changes=_MATPO | {"clip_high": 0.2},
        ),
        "matpo-repo": Preset(
            meaning="MATPO as released: token mean, sample deviation, dual clip, nothing filtered; "
            "without its defect of copied positions.",
            changes=_MATPO
            | {
                **{"aggregation": "token-mean", "deviation": "sample", "zero_variance": "keep"},
                **{"clip_high": 0.2, "dual_clip": 3.0, "empty_workers": "zero"},
            },
        ),
        "mgrpo-paper": Preset(
            meaning="Two models with advantages of their own; workers duplicated or dropped to 8.",
            changes=_MGRPO
            | {"alignment": "random", "align_to": 8, "zero_variance": "keep"},
            two_models=True,
        ),
        "mgrpo-weighted": Preset(
            meaning="Two models with advantages of their own; each worker weighs 1 over their "
            "number, which is the random alignment in expectation.",
            changes=_MGRPO,
            two_models=True,
        ),
        "frozen-worker": Preset(
            meaning="mgrpo-weighted whose workers stay as their cold start left them.",
            changes=_MGRPO | {"freeze": ("worker",)},
            two_models=True,
        ),
        "mgrpo-shared": Preset(
            meaning="mgrpo-weighted with one model in both roles.",
            changes=_MGRPO,
        ),
        "mrlx-repo": Preset(
            meaning="M-GRPO as released: workers of whatever questions in groups of 8 as they "
            "come; for comparison only.",
            changes=_MGRPO | {"alignment": "fifo", "align_to": 8, "zero_variance": "keep"},
            two_models=True,
        ),
    }
)  # fmt: skip
"""Every recipe by name.

Where a paper is silent, the defaults of `Config` stand: population deviation, no divergence, groups
without spread in accuracy left out. The variants of grpo-solo play a team with `game=team`.
"""


def config_from(preset: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration of a recipe with these fields set on top, every one of them checked.

    Lists stand for tuples, and whole numbers for others. Raises UnknownNameError for a preset or a
    field that there is none of, SettingError for a value out of range or a recipe that does not fit
    the game.
    """
    if preset not in PRESETS:
        raise unknown_name("preset", preset, PRESETS)
    given = {name: as_field(name, value) for name, value in (overrides or {}).items()}
    if given.get("preset", preset) != preset:
        raise bad_setting("preset", given["preset"], f"{preset}, which the run is made from")
    row = PRESETS[preset]
    if row.changes["game"] == "team" and given.get("game") == "solo":
        raise bad_setting("game", "solo", f"team: {preset} has workers (grpo-solo has none)")
    usual = dict(_FRESH if given.get("model", Config.model) in SIZES else _TRAINED)
    if given.get("worlds", SHEETS) != SHEETS:
        usual["teacher"] = "scripted"  # the guide knows its way on sheets alone
    config = replace(Config(), **{**usual, **row.changes, **given, "preset": preset})
    if row.two_models and "worker_model" not in given:
        config = replace(config, worker_model=config.model)
    return checked(config)


def as_data(config: Config) -> dict[str, Any]:
    """A configuration as JSON has it; `config_of` reads it."""
    return {name: _plain(value) for name, value in asdict(config).items()}


def config_of(data: Mapping[str, Any]) -> Config:
    """The checked configuration that `as_data` wrote; a field it lacks takes its default."""
    return checked(Config(**{field_named(name): as_field(name, data[name]) for name in data}))


def differing(one: Config, other: Config) -> tuple[str, ...]:
    """The names of the fields in which two configurations differ, in their order."""
    names = [field.name for field in fields(Config)]
    return tuple([name for name in names if getattr(one, name) != getattr(other, name)])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
