"""Parts named by import path: what is there is found, what is not is told in one line."""

import pytest

from webenvs.errors import PlayerError, SettingError, UnknownNameError
from webenvs.naming import named


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module and returns its name, one of its own each time."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        name = f"named_{abs(sum(map(ord, text)))}_part"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write


def test_what_a_module_holds_is_found(module):
    assert named("part", f"{module('WORD = 7')}:WORD") == 7


@pytest.mark.parametrize("path", ["", "json", "json:", ":loads", "a b:x", "json:loads:x", "my-x:y"])
def test_a_path_of_another_form_is_refused_with_the_form(path):
    with pytest.raises(SettingError, match=r"^parts = .*: parts must be a name, or package.module"):
        named("part", path, field="parts")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("raise RuntimeError('no\\nkey')", "RuntimeError: no key."),
        ("def (", "SyntaxError: "),
        ("raise SystemExit(0)", "SystemExit: 0."),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'."),
    ],
    ids=["error", "syntax", "exit", "import"],
)
def test_a_module_that_cannot_be_imported_is_told_in_one_line(module, text, cause):
    name = module(text)
    with pytest.raises(SettingError) as caught:
        named("part", f"{name}:x")
    said = str(caught.value)
    assert said.startswith(f"Part '{name}:x': cannot import '{name}': {cause}")
    assert "\n" not in said


def test_the_failure_is_the_one_that_was_asked_for():
    with pytest.raises(PlayerError, match=r"^Player 'no_such_module:x': cannot import"):
        named("player", "no_such_module:x", failure=PlayerError)


def test_a_name_that_is_not_there_meets_the_nearest_that_is():
    with pytest.raises(UnknownNameError, match=r"no part 'loadz' in json. Did you mean 'load"):
        named("part", "json:loadz")
