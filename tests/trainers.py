"""Which outside trainers a test run has: those that a requirements file of `wrappers/venvs` brings.

Each trainer has needs of its own, so each file makes one environment (`make trainers`). Tests that
need one are marked `@pytest.mark.trainer("trl")`; they run where `WEBENVS_TRAINERS` names a file
that provides it, and are skipped elsewhere.
"""

import os
from pathlib import Path

import pytest

VENVS = Path(__file__).parent / "wrappers" / "venvs"
VARIABLE = "WEBENVS_TRAINERS"


def provided() -> dict[str, tuple[str, ...]]:
    """{name of a requirements file: the trainers it provides}."""
    named = {}
    for path in sorted(VENVS.glob("*.txt")):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        named[path.stem] = tuple(first.removeprefix("# provides:").replace(",", " ").split())
    return named


def mark(item: pytest.Item) -> None:
    """Skip a test whose trainer this run does not have; warnings of trainers are not ours."""
    wanted = item.get_closest_marker("trainer")
    if wanted is None:
        return
    groups = [name for name, held in provided().items() if wanted.args[0] in held]
    if not groups:
        raise pytest.UsageError(f"{item.nodeid}: no file of {VENVS} provides {wanted.args[0]!r}.")
    if os.environ.get(VARIABLE) not in groups:
        item.add_marker(pytest.mark.skip(reason=f"runs in `make trainers-{groups[0]}`"))
    item.add_marker(pytest.mark.filterwarnings("default"))
