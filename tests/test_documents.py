"""What the documents say runs: code blocks are executed, command lines parsed, links followed."""

import re
import shlex
from pathlib import Path

import pytest

from webenvs import catalog
from webenvs.cli.main import cli
from webenvs.rewards.weighted import PRESETS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "baselines/README.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
BLOCKS = [
    pytest.param(block, id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL))
]
TRAINER_BLOCKS = [
    pytest.param(block, id=f"{path.name}-{number}-{name}", marks=pytest.mark.trainer(name))
    for path in DOCUMENTS
    for number, (name, block) in enumerate(
        re.findall(r"```python (\w+)\n(.*?)```", path.read_text(), re.DOTALL)
    )
]
COMMANDS = [
    pytest.param(line.partition("#")[0].strip(), id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, line in enumerate(re.findall(r"^    (webenvs .*)$", path.read_text(), re.MULTILINE))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_code_blocks_run(block):
    exec(compile(block, "document", "exec"), {})


@pytest.mark.parametrize("block", TRAINER_BLOCKS)
def test_code_blocks_for_a_trainer_run_with_it(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    exec(compile(block, "document", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("line", COMMANDS)
def test_command_lines_parse(line):
    name, *arguments = shlex.split(line)[1:]
    command = cli.commands[name]
    while hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    command.make_context(command.name, arguments)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_readme_names_every_player_codec_and_reward_preset():
    readme = (ROOT / "README.md").read_text()
    names = [*PRESETS, "hermes", "xml", "react", "mcp-xml", "struct"]
    names += list(catalog.PLAYERS)
    assert [name for name in names if name not in readme] == []


def test_the_changelog_knows_the_version():
    from webenvs import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
