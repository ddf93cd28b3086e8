"""`webenvs corpus`: building says what was lost, searching takes any engine, indexes are built."""

import json

import pytest
from click.testing import CliRunner

from webenvs.cli.main import cli
from webenvs.corpora import store
from webenvs.corpora.sources.kinds import TABLE
from webenvs.records import Page
from webenvs.search.engines import ENGINES


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def row(name, text, **more):
    return json.dumps({"url": f"https://w.example/{name}", "title": name, "text": text} | more)


@pytest.fixture
def lines(tmp_path):
    def write(*rows):
        path = tmp_path / "pages.jsonl"
        path.write_text("".join(line + "\n" for line in rows))
        return path

    return write


@pytest.fixture
def stones(tmp_path, lines):
    path = lines(
        row("amber", "Amber is old resin from the sea shore.", date="2020-05-01"),
        row("basalt", "Basalt is dark rock from old fire mountains.", date="2021-05-01"),
        row("chalk", "Chalk is soft white rock from the old sea.", language="de"),
    )
    assert invoke("corpus", "build", path, "--out", tmp_path / "stones").exit_code == 0
    return tmp_path / "stones"


def test_a_source_that_was_lost_in_part_is_built_and_ends_with_status_3(tmp_path, lines):
    path = lines(row("a", "Some words."), '{"url": "https://w.example/b", "title"')
    result = invoke("corpus", "build", path, "--out", tmp_path / "c")
    assert result.exit_code == 3
    assert "1 x malformed line" in result.output
    assert f"{path}:2" in result.output
    assert "1 of its source could not be read" in result.output
    assert len(store.open_corpus(tmp_path / "c")) == 1


def test_the_report_of_a_build_says_what_was_met(tmp_path, lines):
    text = "The river flows past three old towns and a mill and reaches the sea at the lighthouse. "
    path = lines(
        row("a", text * 3, links=["https://w.example/b", "https://w.example/gone"]),
        row("b", text * 3 + "It freezes."),
    )
    said = invoke("corpus", "build", path, "--out", tmp_path / "c").output
    for line in (
        "links kept          1",
        "links broken        1",
        "near duplicates     1",
        "languages           en 2",
    ):
        assert line in said
    assert said == "indexing for search ...\n" + invoke("corpus", "info", tmp_path / "c").output


def test_marks_can_be_left_out(tmp_path, lines):
    text = "The river flows past three old towns and a mill and reaches the sea at the lighthouse. "
    path = lines(row("a", text * 3), row("b", text * 3))
    options = ("--no-languages", "--twins", "0")
    assert invoke("corpus", "build", path, "--out", tmp_path / "c", *options).exit_code == 0
    corpus = store.open_corpus(tmp_path / "c")
    assert {(page.language, page.twin_of) for page in map(corpus.page, range(2))} == {("", "")}


def test_settings_of_the_kind_are_given_by_name(tmp_path, lines):
    path = lines(json.dumps({"id": 1, "body": "Some words."}))
    options = ("-s", 'columns={"text": "body"}')
    assert invoke("corpus", "build", path, "--out", tmp_path / "c", *options).exit_code == 0
    refused = invoke("corpus", "build", path, "--out", tmp_path / "d", "-s", "column=x")
    assert refused.exit_code == 2
    assert "Did you mean 'columns'?" in refused.output


def test_help_lists_every_kind_of_source_and_every_engine():
    said = invoke("corpus", "build", "--help").output
    assert all(f"\n    {kind}" in said for kind in TABLE)
    engines = " ".join(invoke("corpus", "search", "--help").output.split())
    assert all(engine in engines for engine in ENGINES)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("old rock", ["basalt", "chalk", "amber"]),
        ('"old sea"', ["chalk"]),
        ("old after:2021", ["basalt"]),
        ("old before:2021", ["amber"]),
        ("old lang:de", ["chalk"]),
        ("old site:elsewhere.example", []),
        ("old -rock", ["amber"]),
    ],
)
def test_operators_narrow_a_search(stones, query, found):
    said = invoke("corpus", "search", stones, query).output
    assert [name for name in ("amber", "basalt", "chalk") if f"w.example/{name}" in said] == sorted(
        found
    )


@pytest.mark.parametrize("engine", ["dense", "hybrid", "reranked", "rank-bm25"])
def test_a_corpus_is_searched_with_any_engine(stones, engine):
    result = invoke("corpus", "search", stones, "soft white rock", "--engine", engine, "-k", 1)
    assert result.exit_code == 0
    assert "https://w.example/chalk" in result.output


def test_an_unknown_engine_and_setting_are_named(stones):
    assert (
        "Did you mean 'dense'?"
        in invoke("corpus", "search", stones, "x", "--engine", "dens").output
    )
    said = invoke("corpus", "search", stones, "x", "-s", "k2=1").output
    assert "setting 'k2'" in said


def test_an_index_is_built_ahead_and_indexes_of_other_pages_go(stones):
    before = {path.name for path in (stones / "index").iterdir()}
    stale = stones / "index" / "bm25-0123456789abcdef-0123456789abcdef"
    stale.mkdir()
    (stale / "manifest.json").write_text("{}")
    said = invoke("corpus", "index", stones, "--engine", "dense", "-s", "dims=2")
    assert said.exit_code == 0
    assert "1 of other pages removed" in said.output
    new = {path.name for path in (stones / "index").iterdir()} - before
    assert [name.partition("-")[0] for name in new] == ["dense"]
    assert "3 search indexes" in invoke("corpus", "verify", stones).output


def test_an_alias_is_shown_as_its_page(tmp_path):
    from webenvs.corpora.corpus import Redirect

    pages = [Page(url="https://w.example/new", title="New", text="words")]
    old = Redirect(url="https://w.example/old", target="https://w.example/new")
    store.freeze([*pages, old], tmp_path / "c", "c")
    for address in (old.url, "HTTP://W.example/new#part"):
        assert "https://w.example/new\n" in invoke("corpus", "show", tmp_path / "c", address).output


def test_a_corpus_with_the_name_of_a_generated_web_is_told_apart(tmp_path, lines, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = invoke("corpus", "build", lines(row("a", "Some words.")), "--out", "tiny").output
    assert "tiny alone names a generated web: call this corpus ./tiny" in said
    assert "pages               1\n" in invoke("corpus", "info", "./tiny").output
    assert "1 pages" in invoke("corpus", "verify", "./tiny").output
    assert "world-0-300" in invoke("corpus", "info", "tiny").output


def test_a_query_may_begin_with_a_minus(stones):
    assert "w.example/amber" in invoke("corpus", "search", stones, "--", "-rock sea").output


def test_an_engine_that_keeps_no_index_says_so(stones):
    assert "keeps no index" in invoke("corpus", "index", stones, "--engine", "rank-bm25").output
    assert "is indexed for bm25" in invoke("corpus", "index", stones).output
