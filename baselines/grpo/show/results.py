"""What a run leaves for tables: its result, how it succeeded on every held-out question, and where.

A run writes `result.json` into its folder when it is done; a study reads the results of many runs.
Beside it lie `episodes/before.jsonl` and `episodes/after.jsonl`: a few ordinary webenvs episodes of
the same held-out questions, by the policy before and after the reinforcement learning.
"""

from pathlib import Path
from typing import Any

import msgspec

from baselines.show.evaluation import Evaluation
from webenvs.bench.report import json_text, put
from webenvs.errors import SettingError
from webenvs.records import Record

FILE = "result.json"
BEFORE = "episodes/before.jsonl"
AFTER = "episodes/after.jsonl"


class Result(Record, frozen=True, kw_only=True):
    """A finished run: its whole config, its cold start and its end on the same held-out questions.

    `before` is the policy that the reinforcement learning began with, `after` the one it ended
    with; `further` are evaluations of the latter under other noise. `updates` were made, `tokens`
    sampled in training, in `minutes` on `hardware`. `stopped` says why it ended early, "" if not.
    """

    config: dict[str, Any]
    before: Evaluation
    after: Evaluation
    further: tuple[Evaluation, ...] = ()
    updates: int = 0
    tokens: int = 0
    minutes: float = 0.0
    commit: str = ""
    command: str = ""
    hardware: str = ""
    stopped: str = ""


def evaluation(path: Path) -> Evaluation:
    """The evaluation in a file of its own; raises SettingError if it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Evaluation)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path} holds no evaluation: {error}. Remove it: it is made again."
        ) from error


def save(result: Result, out: str | Path) -> Path:
    """Write `result.json` into the folder `out` in one step; returns its path."""
    path = Path(out) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, json_text(result))
    return path


def load(out: str | Path) -> Result | None:
    """The result of the run in `out`, None if it has none; raises SettingError if it is broken."""
    path = Path(out) / FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} holds no result of a run: {error}.") from error
