"""What is looked at before a run begins: its folder, its device, its games and its teacher."""

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from baselines.grpo import checkpoint
from baselines.grpo.cold.teachers import check_players
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import SHEETS, Config
from baselines.grpo.places import COLD
from baselines.grpo.sizes import SIZES
from baselines.grpo.students import policy_names
from webenvs.errors import SettingError, UnknownNameError, WebenvsError, bad_setting, nearest
from webenvs.locking import lock


def holds_run(folder: Path) -> bool:
    """Whether something of a run is in the folder: a model, demonstrations, a checkpoint.

    A configuration alone is not: a run that was refused at its beginning is begun anew.
    """
    if (folder / checkpoint.LAST).exists():
        return True
    cold = folder / COLD
    return cold.is_dir() and any(not place.name.startswith(".") for place in cold.iterdir())


def cold_start_is_made(config: Config) -> bool:
    """Whether all models of the run lie in its folder, so that nothing else is opened for them."""
    cold = Path(config.out) / COLD
    return all((cold / name).is_dir() for name in policy_names(config))


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder; raises SettingError if one is at work in it.

    What a process that was killed had half written is removed.
    """
    if folder.exists() and not folder.is_dir():
        raise bad_setting("out", str(folder), "a folder, which this is not")
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder, patience=0) as got:
        if not got:
            raise SettingError(
                f"Another process is training in {str(folder)!r}. Wait for its end, or take "
                "another folder with --out."
            )
        checkpoint.tidy(folder)
        yield


def check_beforehand(config: Config, worlds: Worlds, noises: Sequence[str] = ()) -> None:
    """Open what is wanted, so that a wrong setting is told now and not after an hour.

    Raises SettingError and UnknownNameError. `noises` are further ones to evaluate under.
    """
    _check_device(config.device)
    if config.ray and importlib.util.find_spec("ray") is None:
        raise bad_setting("ray", config.ray, "0 without Ray (pip install 'webenvs[ray]')")
    made = config.init is not None or cold_start_is_made(config)
    if not made:
        _check_model("model", config.model)
        _check_model("worker_model", config.worker_model or config.model)
    _check_asked(config, worlds)
    world = worlds.names("heldout")[0]
    for noise in (*config.noise, "none", *noises):
        worlds.scenario(world, noise)
    if not made and config.sft_steps and not Path(config.teacher).is_dir():
        check_players(config.teacher, worlds.scenario(world))


def _check_asked(config: Config, worlds: Worlds) -> None:
    """Both splits must have questions: chains may be longer than any in their worlds."""
    for split in ("train", "heldout"):
        try:
            found = worlds.queries(split)
        except UnknownNameError as error:
            raise _of_worlds(error, config) from error
        except WebenvsError as error:
            if config.worlds != SHEETS:
                raise
            allowed = f"shorter: no {split} world has such a chain ({error})"
            raise bad_setting("hops", config.hops, allowed) from error
        if not found:
            allowed = f"a corpus with tasks of a {split} split for {config.env}"
            raise bad_setting("worlds", config.worlds, allowed)


def _check_device(device: str) -> None:
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        # torch's own three ways: no such device; built without it; a device without storage (meta)
        has = "cpu, cuda" if torch.cuda.is_available() else "cpu (it sees no GPU)"
        near = nearest(device, ("cpu", "cuda"))
        meant = f" (did you mean {near!r}?)" if near and near != device else ""
        raise bad_setting("device", device, f"one that this torch has: {has}{meant}") from error


def _check_model(field: str, source: str) -> None:
    """Refuse a folder that is not there and a misspelt size, before anybody asks the hub for it."""
    if source in SIZES or Path(source).is_dir():
        return
    near = nearest(source, SIZES)
    if source.startswith((".", "/", "~")) or Path(source).exists():
        raise bad_setting(field, source, f"{', '.join(SIZES)}, a folder that is there, or an id")
    if near and "/" not in source:
        allowed = f"{', '.join(SIZES)}, a folder, or an id of the hub (did you mean {near!r}?)"
        raise bad_setting(field, source, allowed)


def _of_worlds(error: UnknownNameError, config: Config) -> UnknownNameError:
    """The error for a corpus, which tells of the worlds that are made for a training too."""
    if config.worlds == SHEETS or "corpus" not in str(error):
        return error
    near = nearest(config.worlds, (SHEETS,))
    meant = f" Did you mean {near!r}?" if near else ""
    return UnknownNameError(
        f"worlds: {error}{meant} {SHEETS!r} are the small worlds that are made for a training."
    )
