"""Prints what noise costs: steps per CPU-second with it against clean, side by side in one run."""

import argparse
import dataclasses
import itertools
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench_env_steps import take_turns
from stopwatch import Row, Sample, Stopwatch, measure

from webenvs import catalog
from webenvs.cli.noise_docs import refreshed
from webenvs.envs.scenario import Scenario
from webenvs.envs.session import Session, message_of
from webenvs.episodes import play
from webenvs.noise.presets import PRESETS
from webenvs.noise.table import TABLE
from webenvs.records import Episode, Task
from webenvs.web.web import Web

GUIDE = """\
what is measured
  Step       one message of a player: the message is played, the next observation and info are made.
  prepared   the messages of clean scripted episodes, played again with the same seeds, as when a
             question is rolled out again and again: the environment alone. Answers of searches,
             and what noise made of answers, are remembered by the process, from a first pass on
             that is not measured.
  new seeds  the same messages under seeds that never come again: nothing that noise does is
             remembered, while searches are, so that a step is as cheap and noise as dear as can be.
  new words  as new seeds, and each search is answered by the engine anew.
  scripted   the scripted player itself, whose thinking counts; it may take another course.
  Noise      --noise, the preset `severe` by default if it is there.
  CPU-s      of this process. Rows take turns; figures are medians over the rounds. On a shared
             machine trust the ratios, not the rates.

--kinds measures every kind alone at strength 0.3 on prepared messages: where the time goes.
"""
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "solo": {},
    "team": {"game": "team"},
}
_OWN = (
    "timeout:0.05,rate_limited:0.05,server_error:0.05,refused:0.03,forbidden:0.03,gone:0.03,"
    "malformed:0.03,partial:0.05,drop:0.2,shuffle:0.2,duplicate:0.1,distract:0.2,irrelevant:0.1,"
    "cut_snippet:0.2,wrong_snippet:0.1,truncate:0.2,boilerplate:0.3,garble:0.1,rot:0.05,"
    "contradict:0.1,stale:0.1,inject:0.1"
)
"""Noise of 22 kinds, of which those that there are stand for `severe` where it is no preset."""


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=GUIDE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--noise", default=None, help="noise to measure")
    parser.add_argument("--episodes", type=int, default=40, help="different tasks of a row")
    parser.add_argument("--seconds", type=float, default=0.5, help="seconds of a sample")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--kinds", action="store_true", help="every kind alone")
    parser.add_argument("--json", type=Path, help="file for all samples")
    parser.add_argument("--document", type=Path, help="document to write the table into")
    options = parser.parse_args()
    noise = options.noise or _severe()
    rows = _kind_rows(options.episodes) if options.kinds else _rows(noise, options.episodes)
    samples = take_turns(rows, options.seconds, options.rounds)
    table = _table(rows, samples)
    print(f"noise: {noise}\n" if not options.kinds else "every kind at strength 0.3\n")
    print(table)
    if options.json:
        told = {row.name: [sample._asdict() for sample in samples[row.name]] for row in rows}
        options.json.write_text(json.dumps({"noise": noise, "samples": told}), encoding="utf-8")
    if options.document and not options.kinds:
        text = options.document.read_text(encoding="utf-8")
        told = {"cost": f"Noise: `{noise}`\n\n{table}"}
        options.document.write_text(refreshed(text, told), encoding="utf-8", newline="\n")


def _severe() -> str:
    """The preset, or else as much of our own text as there are kinds for."""
    if "severe" in PRESETS:
        return "severe"
    return ",".join(part for part in _OWN.split(",") if part.partition(":")[0] in TABLE)


def _rows(noise: str, episodes: int) -> list[Row]:
    """Each row clean and noisy, one after the other."""
    rows = []
    for game, settings in _SETTINGS.items():
        texts = ("", noise, noise)  # a web of its own for new seeds, which fill its memory
        clean, noisy, other = (
            catalog.scenario("MultiHop-v0", noise=text, **settings) for text in texts
        )
        said = _prepared(clean, episodes)
        rows += [
            Row(f"{game}, prepared | clean", "webenvs", _replaying(clean, said)),
            Row(f"{game}, prepared | noisy", "webenvs", _replaying(noisy, said)),
        ]
        rows += [
            Row(f"{game}, new seeds | clean", "webenvs", _replaying(clean, said, new=True)),
            Row(f"{game}, new seeds | noisy", "webenvs", _replaying(other, said, new=True)),
        ]
        bare, bad = (_anew(settings, each) for each in ("", noise))
        rows += [
            Row(f"{game}, new words | clean", "webenvs", _replaying(bare, said, new=True)),
            Row(f"{game}, new words | noisy", "webenvs", _replaying(bad, said, new=True)),
        ]
        rows += [
            Row(f"{game}, scripted | clean", "webenvs", _playing(clean, episodes)),
            Row(f"{game}, scripted | noisy", "webenvs", _playing(noisy, episodes)),
        ]
    return rows


def _kind_rows(episodes: int) -> list[Row]:
    rows = []
    clean = catalog.scenario("MultiHop-v0", **_SETTINGS["team"])
    said = _prepared(clean, episodes)
    for name in TABLE:
        noisy = catalog.scenario("MultiHop-v0", noise=f"{name}:0.3", **_SETTINGS["team"])
        rows.append(Row(f"{name} | clean", "webenvs", _replaying(clean, said)))
        rows.append(Row(f"{name} | noisy", "webenvs", _replaying(noisy, said)))
    return rows


def _anew(settings: Mapping[str, Any], noise: str) -> Scenario:
    """A scenario whose searches are answered by the engine itself, without its memory."""
    scenario = catalog.scenario("MultiHop-v0", noise=noise, **settings)
    web = scenario.web
    engine = getattr(web.retriever, "engine", web.retriever)
    bare = Web(web.corpus, engine, web.mixture.noises, lore=web.around.lore)
    return dataclasses.replace(scenario, web=bare)


def _prepared(scenario: Scenario, episodes: int) -> list[tuple[Task, Episode]]:
    lineup = catalog.lineup("scripted", scenario.game)
    played = [play(scenario, lineup, seed) for seed in range(episodes)]
    return [(scenario.tasks.get(episode.task), episode) for episode in played]


def _replaying(
    scenario: Scenario, said: Sequence[tuple[Task, Episode]], *, new: bool = False
) -> Callable[[float], Sample]:
    """Plays prepared messages, as far as the episode takes them; under `new` seeds if so asked."""
    endless = itertools.cycle(said)
    seeds = itertools.count(10**6)

    def once(_: Stopwatch) -> int:
        task, episode = next(endless)
        session = Session(scenario, task, next(seeds) if new else episode.seed)
        steps = 0
        for turn in episode.turns:
            if not session.to_act:
                break
            player = session.to_act[0]
            session.act(message_of(turn))
            session.observe(player)
            session.info(player)
            steps += 1
        return steps

    if not new:
        for _ in said:
            once(Stopwatch())  # so that what can be remembered is
    return lambda seconds: measure(once, seconds)


def _playing(scenario: Scenario, episodes: int) -> Callable[[float], Sample]:
    """Plays the scripted player."""
    lineup = catalog.lineup("scripted", scenario.game)
    endless = itertools.cycle(range(episodes))

    def once(_: Stopwatch) -> int:
        return len(play(scenario, lineup, next(endless)).turns)

    return lambda seconds: measure(once, seconds)


def _table(rows: Sequence[Row], samples: Mapping[str, Sequence[Sample]]) -> str:
    """Rates of clean and noisy, and the median of the ratios of rounds."""
    lines = [
        "| steps per CPU-second | clean | noisy | ratio | rounds |",
        "|---|---:|---:|---:|---|",
    ]
    for clean, noisy in zip(rows[::2], rows[1::2], strict=True):
        rates = [[one.steps / one.cpu_s for one in samples[row.name]] for row in (clean, noisy)]
        ratios = sorted(b / a for a, b in zip(*rates, strict=True))
        median = [statistics.median(one) for one in rates]
        lines.append(
            f"| {clean.name.partition(' |')[0]} | {median[0]:,.0f} | {median[1]:,.0f} | "
            f"{statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
