"""The study on one small file: every run and reference, so that tables need no rerun."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from baselines.ppo import results
from baselines.ppo.arms import ARMS, REFERENCES, SLOTS, STAGES
from baselines.ppo.results import Judged, Result
from webenvs.bench.report import put
from webenvs.errors import SettingError, bad_setting
from webenvs.records import Record
from webenvs.seeding import canonical_json, digest

REFERENCE_FILE = "references.json"
_FOLDER = "runs/ppo-study"
"""How the folder of a study is called in commands, wherever it lay."""


class Study(Record, frozen=True, kw_only=True):
    """`runs` by arm and seed; `references` by stage, player and place."""

    runs: dict[str, dict[int, Result]] = msgspec.field(default_factory=dict)
    references: dict[str, dict[str, dict[str, Judged]]] = msgspec.field(default_factory=dict)

    def arms(self, stage: str) -> list[str]:
        """The arms of a stage that have runs, in the order of the tables."""
        return [name for name, arm in ARMS.items() if arm.stage == stage and self.runs.get(name)]

    def judged(self, arm: str, place: str) -> dict[int, Judged]:
        """An arm's runs at a place, by seed."""
        runs = self.runs.get(arm, {})
        return {seed: run.judged[place] for seed, run in runs.items() if place in run.judged}


def gathered(out: Path) -> Study:
    """The finished runs of a study in the folder `out`; raises SettingError if there is none."""
    runs: dict[str, dict[int, Result]] = {}
    for name in ARMS:
        for folder in sorted(out.glob(f"{name}/seed-*")):
            found = results.load(folder)
            if found is not None:
                runs.setdefault(name, {})[found.seed] = _shortened(found, out)
    references = {}
    for stage in STAGES:
        path = out / "references" / stage / REFERENCE_FILE
        if path.exists():
            played = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Judged]])
            references[stage] = {
                player: {place: _short(one) for place, one in played[player].items()}
                for player in (*REFERENCES, *SLOTS)
                if player in played
            }
    if not runs and not references:
        raise bad_setting("tables", str(out), "the folder of a study with finished runs in it")
    return Study(runs=runs, references=references)


def save(study: Study, path: Path) -> None:
    """Write a study, questions once and successes as digits; the same study, the same bytes."""
    questions: dict[str, str] = {}
    runs = [
        {"arm": arm, **_packed_run(run, questions)}
        for arm, by_seed in study.runs.items()
        for _, run in sorted(by_seed.items())
    ]
    references = {
        stage: {
            player: {place: _packed(one, questions) for place, one in places.items()}
            for player, places in players.items()
        }
        for stage, players in study.references.items()
    }
    lines = ",\n".join(canonical_json(run).decode() for run in runs)
    head = canonical_json({"questions": questions, "references": references}).decode()[:-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, f'{head},\n"runs":[\n{lines}\n]}}\n')


def load(path: Path) -> Study:
    """The study of a file, an empty one if there is none; raises SettingError if it is broken."""
    if not path.exists():
        return Study()
    try:
        data: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        questions = data["questions"]
        runs: dict[str, dict[int, Result]] = {}
        for row in data["runs"]:
            judged = {name: _opened(one, questions) for name, one in row["judged"].items()}
            run = msgspec.convert({**row, "judged": {}}, Result)
            runs.setdefault(row["arm"], {})[run.seed] = replace(run, judged=judged)
        references = {
            stage: {
                player: {place: _opened(one, questions) for place, one in places.items()}
                for player, places in players.items()
            }
            for stage, players in data["references"].items()
        }
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise SettingError(f"{path} holds no study: {error}.") from error
    return Study(runs=runs, references=references)


def _shortened(run: Result, out: Path) -> Result:
    """The run with ids of questions as in the file, and no place of this machine."""
    return replace(
        run,
        command=run.command.replace(f"{out}/", f"{_FOLDER}/"),
        judged={name: _short(one) for name, one in run.judged.items()},
    )


def _short(one: Judged) -> Judged:
    return replace(
        one,
        tasks=tuple(digest(task)[:10] for task in one.tasks),
        calls=round(one.calls, 2),
        turns=round(one.turns, 2),
    )


def _packed_run(run: Result, questions: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(replace(run, judged={}))
    return {**data, "judged": {name: _packed(one, questions) for name, one in run.judged.items()}}


def _packed(one: Judged, questions: dict[str, str]) -> dict[str, Any]:
    asked = " ".join(one.tasks)
    name = digest(asked)[:8]
    questions[name] = asked
    plain = all(value in (0.0, 1.0) for value in one.success)
    digits: Any = "".join(str(int(value)) for value in one.success) if plain else one.success
    return {"questions": name, "success": digits, "calls": one.calls, "turns": one.turns}


def _opened(one: Mapping[str, Any], questions: Mapping[str, str]) -> Judged:
    return Judged(
        tasks=tuple(questions[one["questions"]].split()),
        success=tuple(float(value) for value in one["success"]),
        calls=float(one["calls"]),
        turns=float(one["turns"]),
    )
