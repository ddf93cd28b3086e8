"""A sweep on disk: episodes that read back, tables that say all, figures that can be read."""

import re
from xml.etree import ElementTree

import pytest

from webenvs.bench import svg, sweep_figures, sweep_grids, sweep_report
from webenvs.bench.robustness import robustness
from webenvs.bench.sweep import Asked, planned, sweep
from webenvs.errors import SettingError

SPACE = "{http://www.w3.org/2000/svg}"
KINDS = ("drop", "failures", "timeout(sticky)@search+fetch")


@pytest.fixture(scope="module")
def played():
    asked = Asked(
        players=("first-hit", "oracle"),
        kinds=KINDS,
        strengths=(0.3, 1.0),
        episodes=6,
        command="webenvs bench first-hit oracle --noise-sweep",
    )
    return sweep(planned("MultiHop-v0", asked))


@pytest.fixture(scope="module")
def robust(played):
    return robustness(played)


def test_a_sweep_reads_back_from_its_file(played, tmp_path) -> None:
    sweep_report.save(played, tmp_path)
    assert sweep_report.load(tmp_path) == played


def test_each_cell_is_a_line_of_the_file(played, tmp_path) -> None:
    lines = sweep_report.save(played, tmp_path).read_text().splitlines()
    assert len(lines) == len(played.cells) + 2


def test_where_no_sweep_lies_there_is_none(tmp_path) -> None:
    assert sweep_report.load(tmp_path / "nowhere") is None


@pytest.mark.parametrize("text", ["", "{}", '{"env": 3}', "[1"])
def test_a_file_that_holds_no_sweep_is_named(tmp_path, text) -> None:
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(SettingError, match=r"sweep\.json holds no sweep"):
        sweep_report.load(tmp_path)


def test_the_same_sweep_gives_the_same_bytes(played, tmp_path) -> None:
    for name in ("one", "other"):
        sweep_report.write(played, tmp_path / name)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_all_files_of_a_sweep_are_told(played, tmp_path) -> None:
    written = sweep_report.write(played, tmp_path)
    told = {written.json, written.markdown, *written.figures}
    assert told == {str(path) for path in tmp_path.iterdir()}


def test_the_page_links_to_the_figures_and_says_how_to_make_it_again(played, robust) -> None:
    page = sweep_report.page(played, robust)
    assert re.findall(r"\]\((.*?)\)", page) == ["curves.svg", "heat.svg"]
    assert "webenvs bench first-hit oracle --noise-sweep" in page


def test_the_tables_have_a_row_for_every_player_kind_and_strength(played, robust) -> None:
    count = len(played.players) * len(played.kinds)
    assert len(sweep_grids.players(played, robust).rows) == len(played.players)
    assert len(sweep_grids.curves(played, robust).rows) == count
    assert len(sweep_grids.changes(robust).rows) == count * len(played.strengths)


def test_every_row_is_as_long_as_its_head(played, robust) -> None:
    for grid in (
        sweep_grids.players(played, robust),
        sweep_grids.curves(played, robust),
        sweep_grids.changes(robust),
    ):
        assert {len(row) for row in grid.rows} == {len(grid.header)}


@pytest.fixture(params=["curves", "heat"])
def drawing(request, played, robust):
    return ElementTree.fromstring(getattr(sweep_figures, request.param)(played, robust))


def test_a_figure_names_every_kind_and_player(drawing, played) -> None:
    tags = (f"{SPACE}text", f"{SPACE}title")  # a long name is cut, and whole on hovering
    said = [element.text for element in drawing.iter() if element.tag in tags]
    for name in (*(kind.label for kind in played.kinds), *played.players):
        assert name in said


def test_no_text_leaves_the_paper(drawing) -> None:
    wide, tall = float(drawing.get("width")), float(drawing.get("height"))
    for text in drawing.iter(f"{SPACE}text"):
        size = 14 if text.get("class") == "group" else 12
        x, length = float(text.get("x")), svg.label_width(text.text, size) * 0.85
        left = x - {"start": 0, "middle": length / 2, "end": length}[text.get("text-anchor")]
        assert left >= 0, text.text
        assert left + length <= wide, text.text
        assert 8 <= float(text.get("y")) <= tall, text.text


def test_no_curve_leaves_its_panel(played, robust) -> None:
    drawing = ElementTree.fromstring(sweep_figures.curves(played, robust))
    wide, tall = float(drawing.get("width")), float(drawing.get("height"))
    paths = [path.get("d") for path in drawing.iter(f"{SPACE}path") if path.get("class") == "band"]
    assert len(paths) == len(played.players) * len(played.kinds)
    for path in paths:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
        assert all(0 < x < wide for x in numbers[::2])
        assert all(0 < y < tall for y in numbers[1::2])


def test_cells_are_numbers_on_colours_light_enough_for_dark_text(played, robust) -> None:
    drawing = ElementTree.fromstring(sweep_figures.heat(played, robust))
    fills = [rect.get("fill") for rect in drawing.iter(f"{SPACE}rect")][1:]
    assert len(fills) == len(played.players) * len(played.kinds) * len(played.strengths)
    for fill in fills:
        red, green, blue = (int(fill[at : at + 2], 16) / 255 for at in (1, 3, 5))
        assert 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.35
