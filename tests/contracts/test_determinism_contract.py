"""The same bytes in any process, under any hash seed, with any threads, in any order, any Python.

Every id under every noise preset; `test_presets_contract` compares the faces of one process, and
`tests/golden/noise.json` keeps fingerprints from version to version.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from webenvs.catalog import ROWS
from webenvs.noise.presets import PRESETS

SCRIPT = Path(__file__).with_name("fingerprints.py")
ROOT = Path(__file__).parents[2]
RUNS = {
    "hash seed 0, one thread": ("sequential", {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}),
    "hash seed 4321, four threads": ("turns", {"PYTHONHASHSEED": "4321", "OMP_NUM_THREADS": "4"}),
    "random hash seed, threads": ("threads", {"PYTHONHASHSEED": "random"}),
    "other time zone and locale": ("backwards", {"TZ": "Asia/Tokyo", "LC_ALL": "C"}),
    "saved as JSON at every message": ("saved", {"PYTHONHASHSEED": "7"}),
}
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
NEEDED = "import gymnasium, msgspec, numpy, pettingzoo, webenvs.envs.session"


def started(python, order, settings):
    """A process of fingerprints.py that has begun."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [python, "-W", "error", str(SCRIPT), order],
        env={**os.environ, "PYTHONPATH": path, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def printed(process):
    out, trouble = process.communicate(timeout=300)
    assert process.returncode == 0, trouble
    return json.loads(out)


@pytest.fixture(scope="module")
def fingerprints():
    running = {
        run: started(sys.executable, order, settings) for run, (order, settings) in RUNS.items()
    }
    return {run: printed(process) for run, process in running.items()}


@pytest.mark.parametrize("run", RUNS)
def test_episodes_have_the_same_fingerprints_in_every_process_and_order(fingerprints, run):
    first = fingerprints[next(iter(RUNS))]
    assert {tuple(job.split()[:3]) for job in first} == {
        (name, game, preset) for name in ROWS for game in ("alone", "team") for preset in PRESETS
    }
    assert fingerprints[run] == first


def test_fingerprints_tell_episodes_apart(fingerprints):
    first = fingerprints[next(iter(RUNS))]
    assert all(len(fingerprint) == 64 for fingerprint in first.values())
    assert len(set(first.values())) == len(first)


def lacking(name):
    """What another Python of that name lacks to run the suite, empty if nothing."""
    python = shutil.which(name)
    if python is None:
        return "not on PATH"
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [python, "-c", f"import sys; print(sys.version_info[:2]); {NEEDED}"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.stdout.strip() == str(sys.version_info[:2]):
        return "the version of this test"
    trouble = done.stderr.strip().splitlines()
    if not done.returncode:
        return ""
    traced = bool(trouble) and trouble[0].startswith("Traceback")
    return trouble[-1 if traced else 0] if trouble else "it does not start"


def test_another_python_version_gives_the_same_fingerprints(fingerprints):
    found = {name: lacking(name) for name in PYTHONS}
    able = [name for name, lack in found.items() if not lack]
    if not able:
        tried = "; ".join(f"{name}: {lack}" for name, lack in found.items())
        pytest.skip(f"there is no second Python that has the packages ({tried})")
    other = printed(started(shutil.which(able[-1]), "sequential", {}))
    assert other == fingerprints[next(iter(RUNS))]
