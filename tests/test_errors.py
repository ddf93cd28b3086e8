"""The tree of errors, and the sentences that name the nearest right word."""

import ast
import re
from pathlib import Path

import pytest

from webenvs import errors
from webenvs.errors import bad_setting, nearest, unknown_name

PACKAGE = Path(errors.__file__).parent
BRANCH = re.compile(r"^([ │├└─]*)([A-Z]\w+Error)(?: +\(([a-z_.]+)\))?", re.MULTILINE)


def drawn():
    """The tree at the head of the module: name, what it stands below, and its own module."""
    path = []
    for indent, name, module in BRANCH.findall(errors.__doc__):
        del path[len(indent) // 4 :]
        yield name, path[-1] if path else "Exception", module or "errors"
        path.append(name)


def defined():
    """The same of every class of the package that is an error of webenvs, wherever it stands."""
    classes = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        classes += [
            (item.name, ast.unparse(item.bases[0]), module)
            for item in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(item, ast.ClassDef) and item.bases
        ]
    known, rows = {"WebenvsError"}, set()
    for _ in range(4):  # as deep as the tree is
        rows = {row for row in classes if row[0] in known or row[1] in known}
        known |= {name for name, _, _ in rows}
    return rows


def test_every_error_of_the_package_stands_where_it_is_drawn():
    assert sorted(drawn()) == sorted(defined())


def test_errors_are_also_what_python_calls_them():
    assert issubclass(errors.SettingError, ValueError)
    assert issubclass(errors.UnknownNameError, LookupError)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("serch", "search"),
        ("SEARCH", "search"),
        ("Fetsh", "fetch"),
        ("zzz", None),
        ("", None),
    ],
)
def test_nearest_is_by_spelling_whatever_the_case(name, wanted):
    assert nearest(name, ["fetch", "search", "find"]) == wanted


def test_nearest_does_not_depend_on_the_order_of_what_is_allowed():
    options = ["beta1", "beta2", "beta3"]
    assert (
        nearest("beta", options) == nearest("beta", options[::-1]) == nearest("beta", set(options))
    )


def test_nearest_of_nothing_is_none():
    assert nearest("x", []) is None


def test_an_unknown_name_is_told_with_all_that_is_allowed():
    error = unknown_name("codec", "hermez", ["xml", "hermes"])
    assert isinstance(error, errors.UnknownNameError)
    assert str(error) == (
        "There is no codec 'hermez'. Did you mean 'hermes'? Allowed: hermes, xml."
    )
    assert str(unknown_name("codec", 3, [])) == "There is no codec 3. Allowed: (none)."


def test_where_a_name_is_missing_ends_the_sentence():
    assert str(unknown_name("task", "nope", ["a1"], "in 'some'")) == (
        "There is no task 'nope' in 'some'. Allowed: a1."
    )


def test_of_many_names_the_nearest_and_the_first_are_listed():
    names = [f"name{letter}" for letter in "abcdefghijkl"]
    assert str(unknown_name("word", "zzz", names)).endswith(f"Allowed: {', '.join(names)}.")
    assert str(unknown_name("word", "serch", [*names, "search"])).endswith(
        "Did you mean 'search'? Allowed: search, namea, nameb, namec, named and 8 more."
    )


def test_a_bad_setting_names_field_value_and_what_is_allowed():
    error = bad_setting("top_k", 0, "a whole number from 1 to 100")
    assert isinstance(error, errors.SettingError)
    assert str(error) == ("top_k = 0 is not allowed: top_k must be a whole number from 1 to 100.")
