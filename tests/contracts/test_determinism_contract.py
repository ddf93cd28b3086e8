"""The same bytes in any process, under any hash seed, with any threads, in any order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fingerprints.py")
RUNS = {
    "hash seed 0, one thread": ("sequential", {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}),
    "hash seed 4321, four threads": ("turns", {"PYTHONHASHSEED": "4321", "OMP_NUM_THREADS": "4"}),
    "random hash seed, threads": ("threads", {"PYTHONHASHSEED": "random"}),
    "other time zone and locale": ("backwards", {"TZ": "Asia/Tokyo", "LC_ALL": "C"}),
}


@pytest.fixture(scope="module")
def fingerprints():
    running = {
        run: subprocess.Popen(
            [sys.executable, "-W", "error", str(SCRIPT), order],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for run, (order, settings) in RUNS.items()
    }
    found = {}
    for run, process in running.items():
        out, trouble = process.communicate(timeout=300)
        assert process.returncode == 0, trouble
        found[run] = json.loads(out)
    return found


@pytest.mark.parametrize("run", RUNS)
def test_episodes_have_the_same_fingerprints_in_every_process_and_order(fingerprints, run):
    first = fingerprints[next(iter(RUNS))]
    assert len(first) == 24
    assert fingerprints[run] == first


def test_fingerprints_tell_episodes_apart(fingerprints):
    first = fingerprints[next(iter(RUNS))]
    assert all(len(fingerprint) == 64 for fingerprint in first.values())
    assert len(set(first.values())) == len(first)
