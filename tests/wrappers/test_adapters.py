"""What holds for every adapter: one short file, nothing of ours but webenvs, importable alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import trainers

ROOT = Path(__file__).parents[2]
ADAPTERS = sorted((ROOT / "wrappers").glob("to_*.py"))
FILES = pytest.mark.parametrize("path", ADAPTERS, ids=lambda path: path.stem)
OURS = {"wrappers", "baselines", "tests"}
IMPORT = """
import builtins, importlib, sys
real = builtins.__import__
def only_ours(name, globals=None, locals=None, fromlist=(), level=0):
    if name.partition(".")[0] in {blocked}:
        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name.partition(".")[0])
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = only_ours
importlib.import_module("wrappers.{module}")
"""
OUTSIDE = (
    *("torch", "transformers", "trl", "verifiers", "skyrl_gym", "gem", "verl", "ray", "torchrl"),
    *("tianshou", "agilerl", "supersuit", "minari", "stable_baselines3", "sb3_contrib", "openenv"),
    *("inspect_ai", "agentlightning", "art", "nemo_gym", "mcp", "fastapi", "datasets", "openai"),
)


@FILES
def test_an_adapter_is_under_150_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 150


@FILES
def test_an_adapter_imports_nothing_of_the_checkout(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert named & OURS == set()


@FILES
def test_an_adapter_can_be_imported_without_any_trainer(path):
    code = IMPORT.format(blocked=set(OUTSIDE), module=path.stem)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@FILES
def test_an_adapter_is_run_with_its_trainer(path):
    tests = ROOT / "tests" / "wrappers" / f"test_{path.stem}.py"
    assert "pytest.mark.trainer(" in tests.read_text(encoding="utf-8")


def test_every_group_of_trainers_says_what_it_provides():
    assert all(trainers.provided().values())
