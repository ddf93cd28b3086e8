"""The walls of the house: no file of 450 lines, no function of more than 50.

Of a command of the command line the body alone is counted: its parameters are the options of a
program, one a line, and its docstring is what `--help` prints.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("webenvs", "wrappers", "baselines")
FILE, FUNCTION = 450, 50


def functions(tree):
    """Every function under a node."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def is_command(function):
    """Whether it is a command of click."""
    return any(
        isinstance(one, ast.Call) and ast.unparse(one.func).endswith(".command")
        for one in function.decorator_list
    )


def lines(function):
    """How many lines a function has, from its name to its end; of a command those of its body."""
    first = function
    if is_command(function):
        first = function.body[1 if ast.get_docstring(function) else 0]
    return function.end_lineno - first.lineno + 1


def files(package):
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_too_long(package):
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files(package)}
    assert sizes
    assert {str(path): size for path, size in sizes.items() if size >= FILE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_too_long(package):
    found = [
        (f"{path}:{function.lineno} {function.name}", lines(function))
        for path in files(package)
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found
    assert [one for one in found if one[1] > FUNCTION] == []


def test_a_function_is_counted_with_all_its_lines():
    (function,) = functions(
        ast.parse('@cache\ndef one(\n    a,\n):\n    """Docs."""\n    return a\n')
    )
    assert lines(function) == 5


def test_of_a_command_the_body_is_counted():
    text = '@click.command()\ndef one(\n    a,\n):\n    """Docs."""\n    b = a\n    return b\n'
    (function,) = functions(ast.parse(text))
    assert lines(function) == 2
