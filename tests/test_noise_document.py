"""The document on noise says what the code does."""

from pathlib import Path

import pytest

from webenvs.cli.noise_docs import BLOCKS, kinds, presets, refreshed
from webenvs.noise.presets import PRESETS
from webenvs.noise.table import TABLE

DOCUMENT = Path(__file__).parents[1] / "docs" / "noise.md"
ANEW = "Write it anew: python tests/benchmarks/plot_noise.py"


def test_the_tables_of_the_document_are_those_of_the_code() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, ANEW


@pytest.mark.parametrize("name", BLOCKS)
def test_the_document_has_the_marks_of_every_table(name) -> None:
    assert BLOCKS[name]() in DOCUMENT.read_text(encoding="utf-8")


def test_every_kind_has_a_row() -> None:
    said = kinds()
    assert [name for name in TABLE if f"| `{name}` |" not in said] == []


def test_every_preset_has_a_row() -> None:
    said = presets()
    assert [name for name in PRESETS if f"| `{name}` |" not in said] == []


def test_the_rows_of_a_table_have_as_many_cells_as_its_head() -> None:
    for table in (kinds(), presets()):
        counts = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(counts) == 1


def test_what_stands_outside_of_the_marks_is_left_alone() -> None:
    assert refreshed("Nothing is marked here.") == "Nothing is marked here."


def test_a_text_is_put_between_its_marks() -> None:
    before = "a\n<!-- cost: written by a script -->\nold\n<!-- end of cost -->\nb"
    once = refreshed(before, {"cost": r"new \1"})
    assert once.splitlines()[2:3] == [r"new \1"]
    assert refreshed(once, {"cost": "old"}) == before
