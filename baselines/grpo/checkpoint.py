"""Checkpoints: all that a run needs to go on exactly where it stopped, in one file.

A file is written aside, checked to be whole on disk, then renamed; so `last.pt` is always either
the earlier checkpoint or the new one. `best.pt` is the one whose evaluation was the best so far.
"""

import errno
import os
import pickle
import zipfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from baselines.grpo.config import Config
from baselines.grpo.presets import as_data, config_of, differing
from webenvs.errors import WebenvsError

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
LAST = "last.pt"
BEST = "best.pt"
CONFIG = "config.json"
FREE = frozenset({"out", "updates", "minutes", "ray", "served", "save_every", "stop_on_collapse"})
"""Fields that may differ in a run that goes on: they change no weight that is yet to come."""


class CheckpointError(WebenvsError):
    """A checkpoint cannot be written, is damaged, or is of another run."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A moment between two updates of a run's reinforcement learning.

    `learners` holds by policy what it says of itself: weights, optimiser, step. `standing` are the
    run's counts (updates, tokens, best success), `curriculum` what the curriculum keeps, both as
    JSON has them. `seconds` is the wall time used so far. Metrics are lines of another file, which
    is cut to the update's when a run goes on.
    """

    config: Config
    learners: Mapping[str, Mapping[str, Any]]
    standing: Mapping[str, float]
    curriculum: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def update(self) -> int:
        """How many updates were made."""
        return int(self.standing["update"])


def save(folder: Path, checkpoint: Checkpoint, *, best: bool = False) -> Path:
    """Write the checkpoint as the folder's last one (and its best); returns the file.

    Raises CheckpointError where it cannot be written whole; the earlier one is then as it was.
    """
    target = write_state(
        folder / LAST,
        {
            "format": FORMAT,
            "config": msgspec.json.encode(as_data(checkpoint.config)).decode(),
            "learners": {name: dict(state) for name, state in checkpoint.learners.items()},
            "standing": dict(checkpoint.standing),
            "curriculum": msgspec.json.encode(checkpoint.curriculum).decode(),
            "seconds": checkpoint.seconds,
        },
    )
    if best:
        with _written(folder / BEST) as aside:
            os.link(target, aside)
    return target


def load(path: Path) -> Checkpoint:
    """The checkpoint of a file, or the last one of a run's folder.

    Raises CheckpointError if there is none, or if it is torn or of another format.
    """
    file = path / LAST if path.is_dir() else path
    data = read_state(file)
    if data.get("format") != FORMAT:
        raise CheckpointError(
            f"{file} is a checkpoint of format {data.get('format')!r}; this version reads {FORMAT}."
        )
    try:
        return Checkpoint(
            config=config_of(msgspec.json.decode(data["config"])),
            learners=data["learners"],
            standing=data["standing"],
            curriculum=msgspec.json.decode(data["curriculum"]),
            seconds=data["seconds"],
        )
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise _damaged(file, error) from error


def check_same(kept: Config, config: Config) -> None:
    """Raise CheckpointError, naming all fields that differ, if `config` is of another run."""
    free = FREE if kept.curriculum == "none" else FREE - {"updates"}  # its stages are parts of them
    names = [name for name in differing(kept, config) if name not in free]
    if names:
        said = "; ".join(
            f"{name} was {getattr(kept, name)!r} and is now {getattr(config, name)!r}"
            for name in names
        )
        raise CheckpointError(
            f"The checkpoint is of another run: {said}. "
            "Resume it without these settings, or begin a new run in another folder."
        )


def write_config(folder: Path, config: Config) -> None:
    """Put the configuration into the folder, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(as_data(config)), indent=2)
    with _written(folder / CONFIG) as aside:
        aside.write_bytes(text + b"\n")


def read_config(folder: Path) -> Config:
    """The configuration of a run's folder; raises CheckpointError if it holds none."""
    try:
        data = msgspec.json.decode((folder / CONFIG).read_bytes(), type=dict[str, Any])
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{folder} holds no run: there is no {CONFIG} in it. "
            "Name the --out folder of a run that was begun."
        ) from error
    except msgspec.DecodeError as error:
        raise CheckpointError(f"{folder / CONFIG} is damaged: {error}.") from error
    return config_of(data)


def write_state(target: Path, state: Mapping[str, Any]) -> Path:
    """Put tensors and plain values into a file in one step; returns it.

    Raises CheckpointError where it cannot be written whole; what was there is then as it was.
    """
    import torch

    with _written(target) as aside:
        torch.save(dict(state), aside)
    return target


def read_state(file: Path) -> dict[str, Any]:
    """What `write_state` wrote, after a look at every byte of it, on the CPU.

    Raises CheckpointError if there is no such file, or if it is damaged.
    """
    import torch

    if not file.exists():
        raise CheckpointError(f"There is no checkpoint {file}.")
    try:
        with zipfile.ZipFile(file) as archive:
            torn = archive.testzip()
        if torn is not None:
            raise zipfile.BadZipFile(f"its part {torn} has changed")
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise _damaged(file, error) from error
    if not isinstance(found, dict):
        raise _damaged(file, TypeError(f"it holds {type(found).__name__}, not names and values"))
    return cast(dict[str, Any], found)


def tidy(folder: Path) -> None:
    """Remove what a killed process had half written; nobody else may be writing there."""
    for name in (LAST, BEST, CONFIG):
        for aside in folder.glob(f".{name}.*"):
            aside.unlink(missing_ok=True)


def _damaged(file: Path, error: Exception) -> CheckpointError:
    """The error for a file that is no checkpoint, with the way out."""
    best = file.with_name(BEST)
    if file.name != LAST:
        out = "Remove it: what it held is made again."
    elif best.exists():
        out = f"Copy {best}, an earlier one, in its place, then resume; or begin anew."
    else:
        out = "There is no other: remove it, and the run resumes from its cold start."
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return CheckpointError(f"{file} is damaged or was not written to its end ({reason}). {out}")


@contextmanager
def _written(target: Path) -> "Iterator[Path]":
    """A place to write a file at; it then takes the target's, flushed to disk, or is removed."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _flush(aside)
        aside.replace(target)
        _flush(target.parent)
    except (OSError, RuntimeError) as error:
        raise CheckpointError(_refused(target, error)) from error
    finally:
        aside.unlink(missing_ok=True)


def _refused(target: Path, error: Exception) -> str:
    """Why a file could not be written, and what became of the one before."""
    said = str(error)  # torch tells of a write that was cut short by the place it got to
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space" in said
    full = full or "unexpected pos" in said
    kept = "the one before it is as it was" if target.exists() else "there was none before it"
    if full:
        return f"The disk is full: {target} was not written; {kept}. Make room, then resume."
    return f"{target} could not be written ({error}); {kept}."


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
