"""What holds for every adapter: one short file, nothing of ours but webenvs, importable alone."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

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


def _values(node, names):
    """What a tuple or the arguments of a call say, with module-level names looked up; else None."""
    try:
        return tuple(
            ast.literal_eval(names.get(part.id, part) if isinstance(part, ast.Name) else part)
            for part in (node.args if isinstance(node, ast.Call) else node.elts)
        )
    except ValueError:
        return None


def _asked(path):
    """(package, versions, install) of every trainer that an adapter asks for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    names = {node.targets[0].id: node.value for node in assigned if hasattr(node.targets[0], "id")}
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("trainer", "installed")
    ]
    tuples = [node for node in names.values() if isinstance(node, ast.Tuple)]
    found = {_values(node, names) for node in [*calls, *tuples]} - {None}
    return sorted({told[:3] for told in found if len(told) >= 3 and len(told[1]) == 2})


@FILES
def test_an_extra_installs_the_versions_that_its_adapter_takes(path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    for package, (first, beyond), install in _asked(path):
        if "[" not in install:
            continue
        extra = install.partition("[")[2].rstrip("]")
        wanted = {Requirement(line).name: Requirement(line).specifier for line in extras[extra]}
        bounds = {
            (one.operator, tuple(map(int, one.version.split(".")))) for one in wanted[package]
        }
        assert {(sign, _numbers(version)) for sign, version in ((">=", first), ("<", beyond))} == {
            (sign, _trimmed(numbers)) for sign, numbers in bounds
        }, (package, install)


def _numbers(version):
    return _trimmed(tuple(int(part) for part in version.split(".")))


def _trimmed(numbers):
    while numbers[-1] == 0 and len(numbers) > 1:
        numbers = numbers[:-1]
    return numbers


@FILES
def test_an_adapter_asks_for_a_trainer_by_version(path):
    assert _asked(path) or path.stem in ("to_verl_rows",)
