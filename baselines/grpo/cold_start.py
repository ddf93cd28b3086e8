"""The cold start of a run: tokenizer, demonstrations and models, left in its folder or taken over.

In the run's folder, `cold/NAME` is the model of a policy with its tokenizer after the fine-tuning,
`cold/demonstrations` what it was tuned on, `cold/NAME.part.pt` a fine-tuning that was interrupted.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baselines.grpo.budget import Budget
from baselines.grpo.checkpoint import CheckpointError, read_config, read_state, write_state
from baselines.grpo.cold import demonstrations
from baselines.grpo.cold.sft import Tuner, fine_tune
from baselines.grpo.cold.teachers import Players
from baselines.grpo.cold.tokenizer import train_tokenizer
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.interrupts import Interrupts
from baselines.grpo.model import (
    check_vocabulary,
    count_parameters,
    load_model,
    make_model,
    save_model,
    save_tokenizer,
)
from baselines.grpo.places import COLD, MODELS
from baselines.grpo.records import PLANNER, SHARED, WORKER, Trajectory
from baselines.grpo.show.console import Console
from baselines.grpo.sizes import SIZES
from baselines.grpo.students import model_of, policy_names, roles_of
from baselines.grpo.tokens import Tokens
from webenvs import seeding
from webenvs.errors import bad_setting

DEMONSTRATIONS = "demonstrations"
PAGES = 500
"""Pages of a world that a tokenizer learns from, at most."""
PLAYED = 64
"""Episodes that it learns from, besides."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """The models by policy as the reinforcement learning begins with them, and their tokens."""

    tokens: Tokens
    models: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a cold start needs besides its configuration."""

    folder: Path
    worlds: Worlds
    budget: Budget
    interrupts: Interrupts
    console: Console


def cold_started(config: Config, stage: Stage) -> Started:
    """The models after their cold start: loaded where it is done, taken over, or made.

    Raises SettingError for an `init` that does not fit, CheckpointError for one that is no run,
    KeyboardInterrupt where the run was asked to end: what was done is kept.
    """
    cold = stage.folder / COLD
    names = policy_names(config)
    if config.init is not None and not all((cold / name).is_dir() for name in names):
        _take_over(Path(config.init), cold, names, config)
    if not all((cold / name).is_dir() for name in names):
        _make(config, stage, names)
    tokens = Tokens.load(cold / names[0])
    models = {name: load_model(cold / name, config) for name in names}
    for name, model in models.items():
        trained = count_parameters(model, trained=True)
        stage.console.say(f"{name}: {count_parameters(model):,} weights, {trained:,} of them learn")
    return Started(tokens=tokens, models=models)


def _take_over(source: Path, cold: Path, names: Sequence[str], config: Config) -> None:
    """Copy the models of another run's cold start; one model may begin as both of two."""
    other = read_config(source)
    for name in names:
        if other.codec != config.codec:
            allowed = f"{other.codec}, which the cold start of {source} has learned to speak"
            raise bad_setting("codec", config.codec, allowed)
        if model_of(name, other) != model_of(name, config):
            allowed = f"a run of {model_of(name, config)!r}, not of {model_of(name, other)!r}"
            raise bad_setting("init", str(source), allowed)
        origin = next(
            (found for word in (name, SHARED) if (found := source / COLD / word).is_dir()), None
        )
        if origin is None:
            raise bad_setting(
                "init", str(source), f"a run whose cold start of {name} or {SHARED} is done"
            )
        if not (cold / name).is_dir():
            _copied(origin, cold / name)


def _copied(origin: Path, place: Path) -> None:
    """Copy a folder, whole or not at all; raises CheckpointError where it cannot be."""
    aside = place.with_name(f".{place.name}.fresh")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        shutil.copytree(origin, aside)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        # shutil tells of every file: from where, to where, why
        reason = error.args[0][0][-1] if isinstance(error, shutil.Error) else error
        raise CheckpointError(
            f"The cold start {origin} could not be copied to {place}: {reason}."
        ) from error
    aside.rename(place)


def _make(config: Config, stage: Stage, names: Sequence[str]) -> None:
    """Make or open the models, and tune each on the demonstrations of its roles."""
    tokens = _tokens(config, stage, names)
    shown = _demonstrated(config, stage, tokens) if config.sft_steps else ()
    left = [name for name in names if not (stage.folder / COLD / name).is_dir()]
    for place, name in enumerate(left):
        own = [one for one in shown if one.role in roles_of(name)]
        model = _opened(name, config, tokens)
        if config.sft_steps:
            _tune(model, own, config, stage, name, 1 / (len(left) - place))
        save_model(model, tokens.tokenizer, stage.folder / COLD / name)
        (stage.folder / COLD / f"{name}.part.pt").unlink(missing_ok=True)


def _tokens(config: Config, stage: Stage, names: Sequence[str]) -> Tokens:
    """The tokenizer that all models of the run share: that of the hub or the teacher, or a new one.

    A teacher that is a model must have it too.
    """
    kept = stage.folder / COLD / "tokenizer"
    if kept.is_dir():
        return Tokens.load(kept)
    hubs = [model_of(name, config) for name in names if model_of(name, config) not in SIZES]
    hubs += [str(place) for place in _teachers(Path(config.teacher))]
    if hubs:
        stage.console.stage(f"tokenizer of {hubs[0]}")
        found = Tokens.load(hubs[0])
        for other in hubs[1:]:
            field = "worker_model" if other == config.worker_model else "teacher"
            _check_alike(found, Tokens.load(other), hubs[0], (field, other))
    else:
        stage.console.stage("tokenizer")
        found = Tokens(train_tokenizer(_texts(config, stage.worlds), context=config.context))
    save_tokenizer(found.tokenizer, kept)
    return found


def _teachers(folder: Path) -> list[Path]:
    """The folders of tokenizers in that of a teacher (a run, too); none where it is a player."""
    names = (SHARED, PLANNER, WORKER)
    places = (folder, *(base / name for base in (folder / MODELS, folder) for name in names))
    return [place for place in places if (place / "tokenizer.json").is_file()]


def _texts(config: Config, worlds: Worlds) -> Iterator[str]:
    """What models will read and say: pages, questions, and what is said in some episodes."""
    for name in worlds.names("train"):
        corpus = worlds.scenario(name).web.corpus
        for place in range(min(len(corpus), PAGES)):
            page = corpus.page(place)
            yield f"{page.title}\n{page.text}"
    queries = worlds.queries("train")
    places = seeding.shuffled(range(len(queries)), config.seed, "tokenizer")[:PLAYED]
    teacher = Players(config.teacher.split("+"), worlds)
    for played in teacher.play([(queries[place], 0) for place in places]):
        for chat in played.chats:
            yield from (entry["content"] for entry in chat.messages if entry["role"] != "system")


def _check_alike(one: Tokens, other: Tokens, first: str, second: tuple[str, str]) -> None:
    """The contexts of all roles are written with one tokenizer; `second` is a field's value."""
    alike = one.tokenizer.get_vocab() == other.tokenizer.get_vocab()
    if not alike or one.tokenizer.chat_template != other.tokenizer.chat_template:
        raise bad_setting(*second, f"one with the tokenizer of {first}")


def _opened(name: str, config: Config, tokens: Tokens) -> Any:
    """A fresh model of a size, or one of a folder or of the hub; its weights hang on its name."""
    source = model_of(name, config)
    if source in SIZES:
        seed = seeding.integer(2**31, config.seed, "model", name)
        made = make_model(source, len(tokens.tokenizer), config.context, seed)
        return made.to(config.device)  # type: ignore[arg-type]  # its type is lost in a decorator
    found = load_model(source, config)
    check_vocabulary(found, tokens.tokenizer)
    return found


def _demonstrated(config: Config, stage: Stage, tokens: Tokens) -> tuple[Trajectory, ...]:
    """The demonstrations of the run, played by its teacher if they are not there yet."""
    folder = stage.folder / COLD / DEMONSTRATIONS
    if folder.is_dir():
        return demonstrations.load(folder).trajectories
    stage.console.stage("demonstrations", config.demonstrations)
    games = config.cold_games or (config.game,)
    wanted = -(-config.demonstrations // len(games))
    parts = []
    for place, game in enumerate(games):
        hops = config.cold_hops or config.hops
        own = replace(config, game=game, hops=hops, demonstrations=wanted)

        def kept(count: int, _wanted: int, before: int = place * wanted) -> None:
            stage.console.advance(before + count)

        with stage.interrupts.abandonable():
            parts.append(demonstrations.collect(own, Worlds(own), tokens, kept))
        stage.console.say(f"{game}: {demonstrations.told(parts[-1])}{_fewer(parts[-1], wanted)}")
    found = demonstrations.joined(parts)
    demonstrations.save(found, folder)
    return found.trajectories


def _fewer(found: demonstrations.Demonstrations, wanted: int) -> str:
    """A word where the questions gave fewer demonstrations than asked for."""
    if len(found.trajectories) >= wanted:
        return ""
    return f" {wanted:,} were wanted; larger train_worlds or tasks_per_world give more."


def _tune(
    model: Any,
    shown: Sequence[Trajectory],
    config: Config,
    stage: Stage,
    name: str,
    share: float,
) -> None:
    """Fine-tune a model in place; where the run is asked to end, keep how far it came."""
    part = stage.folder / COLD / f"{name}.part.pt"
    state = None
    if part.exists():
        kept = read_state(part)
        model.load_state_dict(kept["weights"])
        state = kept["tuner"]
    done = 0 if state is None else int(state["step"])
    stage.console.stage(f"cold start of {name}", config.sft_steps, done)

    def stepped(tuner: Tuner, metrics: Mapping[str, float]) -> None:
        stage.console.advance(tuner.step, {"loss": metrics["sft/loss"]})
        if stage.interrupts.asked:
            write_state(part, {"weights": model.state_dict(), "tuner": tuner.state_dict()})
            raise KeyboardInterrupt

    fine_tune(model, shown, config, stepped, stage.budget.for_cold_start(share), state)
