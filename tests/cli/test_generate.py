"""`webenvs corpus generate` builds worlds, teaches in its help, goes on where it was stopped."""

import shutil
import signal
import subprocess
import sys
import time
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli
from webenvs.corpora import presets, store, verifying
from webenvs.corpora.placing import building_place
from webenvs.corpora.world.generate import build_world
from webenvs.corpora.world.mirror import file_of


def invoke(*arguments):
    return CliRunner().invoke(cli, ["corpus", *map(str, arguments)])


def refused(*arguments):
    """The message of a command that ends with status 2."""
    result = invoke("generate", *arguments)
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    out = tmp_path_factory.mktemp("worlds") / "tiny"
    result = invoke("generate", "--out", out)
    assert result.exit_code == 0, result.output
    return out, result


def test_help_teaches_presets_options_and_examples():
    result = invoke("generate", "--help")
    assert result.exit_code == 0
    for preset in presets.PRESETS.values():
        assert f"{preset.name} ({preset.settings.pages:,}" in result.output
    assert "webenvs corpus generate medium --out world" in result.output


def test_without_a_name_the_tiny_world_is_generated_and_indexed(tiny):
    out, result = tiny
    assert verifying.verify(out).digest == presets.open_preset("tiny").corpus.digest
    assert store.open_knowledge(store.open_corpus(out)).facts
    assert list((out / "index").iterdir())
    assert "name                world-0-300" in result.stdout
    assert "indexing for search" in result.stderr


def test_a_generated_corpus_verifies_and_can_be_searched(tiny):
    out, _ = tiny
    result = invoke("verify", out)
    assert result.exit_code == 0
    assert "300 pages, 2 search indexes" in result.output
    title = store.open_corpus(out).page(7).title
    assert title in invoke("search", out, title).output


def test_damage_to_the_knowledge_is_found_by_verify(tiny, tmp_path):
    shutil.copytree(tiny[0], tmp_path / "copy")
    (path,) = (tmp_path / "copy").glob("knowledge.*")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    result = invoke("verify", tmp_path / "copy")
    assert result.exit_code == 2
    assert "is damaged" in result.stderr


def test_options_replace_settings_of_the_preset(tmp_path):
    out = tmp_path / "world"
    knobs = ("--density", 1.5, "--ambiguity", 0.9, "--distractors", 0.2, "--length", 2)
    result = invoke("generate", "tiny", "--out", out, "--seed", 5, "--pages", 400, *knobs)
    assert result.exit_code == 0, result.output
    world = build_world(5, 400, density=1.5, ambiguity=0.9, distractors=0.2, length=2)
    assert store.open_corpus(out).digest == world.corpus.digest
    assert "world-5-400-d1.5-a0.9-d0.2-l2" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tinny",), "There is no world 'tinny'. Did you mean 'tiny'?"),
        (("--pages", 99), "pages = 99 is not allowed: pages must be a whole number from 100"),
        (("--density", "nan"), "density = nan is not allowed: density must be a number from 0.5"),
        (("--length", "long"), "'long' is not a valid float"),
        (("--workers", 0), "workers = 0 is not allowed"),
        (("--sed", 1), "No such option"),
    ],
)
def test_bad_input_is_refused_with_one_message_and_leaves_nothing(arguments, message, tmp_path):
    assert message in refused(*arguments, "--out", tmp_path / "world")
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_is_replaced_only_with_overwrite(tiny, tmp_path):
    out = tmp_path / "world"
    assert invoke("generate", "--pages", 200, "--out", out).exit_code == 0
    assert "--overwrite" in refused("--out", out)
    assert invoke("generate", "--out", out, "--overwrite").exit_code == 0
    assert len(store.open_corpus(out)) == 300


def test_html_files_can_be_extracted_into_the_pages_they_came_from(tmp_path):
    html = tmp_path / "html"
    result = invoke("generate", "--pages", 150, "--out", tmp_path / "one", "--html", html)
    assert result.exit_code == 0, result.output
    assert f"HTML of 150 pages: {html}" in result.stderr
    base = ("--base-url", "https://mirror.example/")
    assert invoke("build", html, "--out", tmp_path / "two", *base).exit_code == 0
    one, two = store.open_corpus(tmp_path / "one"), store.open_corpus(tmp_path / "two")
    assert len(two) == len(one) == 150
    kept, all_links = 0, 0
    for index in range(len(one)):
        page = one.page(index)
        place = f"https://mirror.example/{file_of(page.url)}"
        found = two.page(two.index(quote(place, safe="/:()',!&+;=@~$*")))
        wanted = {str(file_of(link.url)) for link in page.links if link.url != page.url}
        linked = {unquote(link.url).partition("mirror.example/")[2] for link in found.links}
        kept += len(wanted & linked)
        all_links += len(wanted)
    assert kept > 0.9 * all_links  # menus are boilerplate, and their links go with them


def test_an_html_folder_that_is_taken_is_refused_before_anything_is_built(tmp_path):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "cat.html").write_text("cat")
    said = refused("--out", tmp_path / "world", "--html", tmp_path / "html")
    assert "is not an empty folder; it is left as it is" in said
    assert [entry.name for entry in tmp_path.iterdir()] == ["html"]


def hear_ctrl_c():
    """A shell lets what it starts in the background ignore Ctrl-C, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stopped(out, pages, ready):
    """Generate in a process of its own, press Ctrl-C when `ready` says so; status and errors.

    In this process a garbage collection of the test library could swallow the interrupt.
    """
    arguments = ["corpus", "generate", "--pages", str(pages), "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", "from webenvs.cli.main import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    while process.poll() is None and not ready():
        time.sleep(0.05)
    time.sleep(0.1)  # into the stage that has begun
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    return process.returncode, said


def test_ctrl_c_before_a_page_is_finished_leaves_nothing(tmp_path):
    place = building_place(tmp_path / "world")
    status, said = stopped(tmp_path / "world", 100_000, place.exists)
    assert status == 130
    assert "Stopped; nothing was written." in said
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_a_build_that_the_same_command_goes_on_with(tmp_path):
    out = tmp_path / "world"
    place = building_place(out)
    status, said = stopped(out, 40_000, lambda: list(place.glob("*.index")))
    assert status == 130
    assert f"Stopped. What is finished is kept in {place}" in said
    assert "Traceback" not in said
    assert not out.exists()
    assert list(place.glob("*.index"))
