"""The report in its three files: the same numbers, complete, readable, and safe to open."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import msgspec
import pytest

from webenvs.bench import figures, grids, sentences, spelling
from webenvs.bench.report import Document, write_report
from webenvs.bench.summary import section, summarise
from webenvs.errors import SettingError

HOSTILE = '</title><script>alert("x")</script>|`<img src=//x>\udc80\x07'
VOID = {"meta", "wbr", "img", "br", "link"}
DRAWN = {"line", "circle", "path"}


class Reader(HTMLParser):
    """Collects tags and text, and notices tags that do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def written(tmp_path, *runs, **options) -> tuple[str, str, str]:
    paths = write_report([section(run) for run in runs], tmp_path / "out", **options)
    names = (paths.json, paths.markdown, paths.html)
    return tuple((tmp_path / "out" / name).read_text("utf-8") for name in names)


def test_the_json_holds_everything_and_reads_back(tmp_path, make_run) -> None:
    run = make_run()
    json, _, _ = written(tmp_path, run, title="T")
    document = msgspec.json.decode(json, type=Document)
    assert document.sections == (section(run),)
    assert (document.title, document.date) == ("T", "")


def test_all_three_files_show_the_same_numbers(tmp_path, make_run) -> None:
    run = make_run()
    _, markdown, html = written(tmp_path, run)
    shown = read(html).text.replace("\N{NO-BREAK SPACE}", " ").replace("−", "-")
    for grid in grids.grids(summarise(run)):
        for row in grid.rows:
            assert f"| {' | '.join(cell or ' ' for cell in row)} |" in markdown
            assert all(cell in shown for cell in row)


def test_what_was_run_is_said(tmp_path, make_run) -> None:
    run = make_run()
    for text in written(tmp_path, run)[1:]:
        for fact in (run.command, run.corpus, run.version, "noise.strength = 0.0", "split = test"):
            assert fact in text


def test_a_date_is_written_only_if_given(tmp_path, make_run) -> None:
    assert not any(re.search(r"20\d\d-\d\d", text) for text in written(tmp_path, make_run()))
    for text in written(tmp_path, make_run(), date="2031-02-03"):
        assert "2031-02-03" in text


def test_each_run_has_a_section_named_by_what_tells_it_apart(tmp_path, make_run) -> None:
    solo, team = (
        make_run(settings={"preset": "solo"}),
        make_run(settings={"preset": "team", "k": 1}),
    )
    other = make_run(env="webenvs/Other-v0", rows=[])
    html = written(tmp_path, solo, team, other)[2]
    reader = read(html)
    anchors = {values["href"] for tag, values in reader.tags if tag == "a"}
    ids = {f"#{values['id']}" for tag, values in reader.tags if "id" in values}
    assert anchors == {"#run-1", "#run-2", "#run-3", "#reading"}
    assert anchors <= ids
    assert sentences.names([solo, team, other]) == (
        "webenvs/MultiHop-v0, preset = solo",
        "webenvs/MultiHop-v0, k = 1, preset = team",
        "webenvs/Other-v0",
    )


def test_the_page_needs_nothing_else(tmp_path, make_run) -> None:
    reader = read(written(tmp_path, make_run())[2])
    tags = {tag for tag, _ in reader.tags}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    for _, values in reader.tags:
        assert not any(name.startswith("on") or name == "src" for name in values)
        assert (values.get("href") or "#").startswith("#")
    assert "url(" not in "".join(values.get("style") or "" for _, values in reader.tags)
    assert "@import" not in reader.text
    assert "url(" not in reader.text


def test_tables_and_figures_can_be_read_aloud(tmp_path, make_run) -> None:
    html = written(tmp_path, make_run())[2]
    reader = read(html)
    heads = [values for tag, values in reader.tags if tag == "th"]
    assert heads
    assert all(values.get("scope") in {"col", "row", "rowgroup"} for values in heads)
    drawings = [ET.fromstring(found) for found in re.findall(r"<svg .*?</svg>", html, re.DOTALL)]
    spoken = [drawing for drawing in drawings if drawing.get("role") == "img"]
    assert len(spoken) == 4
    for drawing in spoken:
        assert drawing.findtext("title")
        assert "researcher" in (drawing.findtext("desc") or "")
    silent = [drawing for drawing in drawings if drawing.get("role") != "img"]
    assert all(drawing.get("aria-hidden") == "true" for drawing in silent)


def test_hostile_names_are_shown_and_not_obeyed(tmp_path, make_run) -> None:
    run = make_run(
        {HOSTILE: 0.5, "two": 0.9},
        settings={HOSTILE: {HOSTILE: HOSTILE}},
        command=f"webenvs bench {HOSTILE}\n```\n# not a heading",
        version=HOSTILE,
    )
    json, markdown, html = written(tmp_path, run, title=HOSTILE, date=HOSTILE)
    reader = read(html)
    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "img"})
    assert '</title><script>alert("x")</script>' in reader.text
    fenced = re.sub(r"(?s)````sh\n.*?\n````", "", markdown)
    assert "<script" not in fenced
    assert "<img" not in fenced
    assert re.search(r"(?m)^# not a heading", fenced) is None
    assert "\\|" in markdown
    assert msgspec.json.decode(json, type=Document).title.startswith("</title>")


def test_a_run_without_valid_episodes_still_makes_a_report(tmp_path, make_run, make_row) -> None:
    run = make_run({"one": 0}, rows=[make_row(valid=False, end="aborted")], command="")
    _, markdown, html = written(tmp_path, run)
    assert "No player finished a valid episode." in markdown
    assert "Reproduce" not in markdown + html
    assert "no valid episode" in read(html).text


def test_unknown_hops_leave_the_figure_out(make_run, make_row) -> None:
    known = summarise(make_run({"one": 0}, rows=[make_row()]))
    unknown = summarise(make_run({"one": 0}, rows=[make_row(hops=0)]))
    assert figures.by_hops(known)
    assert figures.by_hops(unknown) == ""
    assert grids.by_hops(unknown).rows[0][1] == "unknown"


def test_marks_stand_where_the_scores_are(make_run) -> None:
    drawing = ET.fromstring(figures.scores(summarise(make_run({"a": 0.0, "b": 1.0}))))
    circle = next(drawing.iter("circle"))
    square = next(each for each in drawing.iter("path"))
    ticks = {each.text: float(each.get("x", "0")) for each in drawing.iter("text")}
    assert float(circle.get("cx", "0")) == ticks["0"]
    corners = [float(x) for x in re.findall(r"[ML]([\d.]+) ", square.get("d", ""))]
    assert sum(corners) / 4 == pytest.approx(ticks["100 %"])


def test_everything_drawn_lies_in_its_picture(make_run) -> None:
    many = {f"player-{n}": n / 11 for n in range(12)}
    summary = summarise(make_run(many))
    for text in (
        figures.scores(summary),
        figures.scores(summary, narrow=True),
        figures.by_hops(summary),
        figures.against_calls(summary),
    ):
        drawing = ET.fromstring(text)
        width, height = map(float, drawing.get("viewBox", "").split()[2:])
        for each in drawing.iter():
            for name, most in (("x", width), ("x1", width), ("y", height), ("y2", height)):
                assert 0 <= float(each.get(name, "0")) <= most


def test_the_same_rows_in_any_order_give_the_same_bytes(tmp_path, make_run) -> None:
    run = make_run()
    once = written(tmp_path / "a", run)
    assert once == written(tmp_path / "b", make_run(rows=run.rows[::-1]))


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(tmp_path, make_run) -> None:
    run = msgspec.json.encode(make_run({"one": 0.3, "two": 0.5, "three": 0.8}))
    (tmp_path / "run.json").write_bytes(run)
    program = (
        "import sys, msgspec, pathlib\n"
        "from webenvs.bench.rows import Run\n"
        "from webenvs.bench.summary import section\n"
        "from webenvs.bench.report import write_report\n"
        "run = msgspec.json.decode(pathlib.Path(sys.argv[1]).read_bytes(), type=Run)\n"
        "write_report([section(run)], sys.argv[2])\n"
    )
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program, str(tmp_path / "run.json"), str(tmp_path / seed)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    for name in ("report.json", "report.md", "report.html"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(tmp_path, make_run) -> None:
    written(tmp_path, make_run(), title="first")
    html = written(tmp_path, make_run(), title="second")[2]
    assert "second" in html
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert left == ["report.html", "report.json", "report.md"]


def test_a_file_that_cannot_be_replaced_leaves_nothing_half_written(tmp_path, make_run) -> None:
    (tmp_path / "report.md" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match=r"report\.md"):
        write_report([section(make_run())], tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_a_report_needs_a_section_and_a_folder(tmp_path, make_run) -> None:
    with pytest.raises(SettingError, match="sections"):
        write_report([], tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SettingError, match="out = "):
        write_report([section(make_run())], tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        (spelling.percent(0.9134), "91.3"),
        (spelling.percent(None), "n/a"),
        (spelling.points(0.0004), "0.0"),
        (spelling.points(-0.0004), "0.0"),
        (spelling.points(-0.1234), "-12.3"),
        (spelling.points(None), "n/a"),
        (spelling.amount(12345.6), "12,345.6"),
        (spelling.amount(-0.0001, 3), "0.000"),
        (spelling.p_value(0.0004), "<0.001"),
        (spelling.p_value(0.0342), "0.034"),
        (spelling.level(0.95), "95 %"),
    ],
)
def test_numbers_are_spelled_for_people(spelled: str, expected: str) -> None:
    assert spelled == expected


def test_the_headline_names_the_best_and_its_side_of_the_baseline(make_run) -> None:
    said = sentences.headline(summarise(make_run({"weak": 0.0, "strong": 1.0}, episodes=64)))
    assert said.startswith("strong scored highest: 100.0 % [94.3, 100.0] (wilson)")
    assert "100.0 points above weak" in said
    assert sentences.headline(summarise(make_run({"one": 1.0}, episodes=64))).endswith("(wilson).")
