"""The document on the features view says what the code does."""

from pathlib import Path

import pytest

from webenvs.cli.features_docs import BLOCKS, rewritten
from webenvs.envs.features.numbers import PLAYER, SLOT
from webenvs.envs.features.slots import KINDS

DOCUMENT = Path(__file__).parents[1] / "docs" / "features.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
ANEW = "Write it anew: make docs"


def test_the_tables_of_the_document_are_those_of_the_code():
    assert rewritten(TEXT) == TEXT, ANEW


@pytest.mark.parametrize("name", BLOCKS)
def test_the_document_has_the_marks_of_every_block(name):
    assert f"<!-- {name}: written by a script -->\n{BLOCKS[name]()}\n" in TEXT


@pytest.mark.parametrize("one", [*PLAYER, *SLOT, *KINDS], ids=lambda one: one.name)
def test_every_feature_and_every_kind_has_its_row(one):
    assert any(f"`{one.name}`" in line and one.meaning in line for line in TEXT.splitlines())


def test_a_block_that_is_old_is_written_anew():
    old = "a\n<!-- sizes: written by a script -->\nold\n<!-- end of sizes -->\nb"
    assert BLOCKS["sizes"]() in rewritten(old)
