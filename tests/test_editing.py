"""Editing a page: its text changes, its links keep their numbers and their places."""

import pytest

from webenvs.editing import HIDDEN, Edit, between, blocks, edited, gaps, moved_span
from webenvs.records import Link, Page
from webenvs.seeding import integer

TEXT = "Alba runs past Brena.\n\n## Bridges\nThe mayor of Brena mends them.\n\nMenu"


def page_of(text, *anchors):
    """A page with a link at the first place of each anchor, in that order."""
    links = tuple(
        Link(anchor=one, url=f"https://e.example/{one}", position=text.find(one)) for one in anchors
    )
    return Page(url="https://e.example/", title="E", text=text, links=links)


PAGE = page_of(TEXT, "Menu", "Alba", "Brena", "mayor")


def shown(page):
    """What stands where each link of the page is, in the order of their numbers."""
    return [
        None if link.position == HIDDEN else page.text[link.position :].startswith(link.anchor)
        for link in page.links
    ]


def test_without_an_edit_the_page_itself_comes_back():
    assert edited(PAGE, []) is PAGE


def test_a_longer_and_a_shorter_span_move_the_links_behind_them():
    mayor = TEXT.index("mayor")
    for text in ("an extremely long river", "x", ""):
        changed = edited(PAGE, [Edit(5, 9, text), Edit(mayor - 4, mayor - 1, text)])
        assert shown(changed) == [True, True, True, True]


def test_a_link_in_a_removed_span_is_hidden_and_keeps_its_number():
    changed = edited(PAGE, [Edit(TEXT.index("Brena"), TEXT.index("Brena") + 5, "Tarn")])
    assert changed.text.startswith("Alba runs past Tarn.")
    assert shown(changed) == [True, True, None, True]
    assert [link.url for link in changed.links] == [link.url for link in PAGE.links]


def test_an_edit_that_keeps_links_leaves_them_at_its_beginning():
    start = TEXT.index("Brena")
    changed = edited(PAGE, [Edit(0, 4, "The river Alba"), Edit(start, start + 5, "B", keeps=True)])
    assert changed.links[2].position == changed.text.index(" B.") + 1


def test_insertions_at_one_place_stand_in_their_order_before_what_was_there():
    changed = edited(PAGE, [Edit(0, 0, "a"), Edit(0, 4, "c", keeps=True), Edit(0, 0, "b")])
    assert changed.text.startswith("abc runs")
    assert changed.links[1].position == 2


def test_hidden_links_stay_hidden_and_those_behind_the_end_stay_there():
    page = Page(
        url="u",
        title="t",
        text="abc",
        links=tuple(Link(anchor="x", url="v", position=place) for place in (HIDDEN, 3, 99)),
    )
    positions = [link.position for link in edited(page, [Edit(1, 1, "--")]).links]
    assert positions == [HIDDEN, 5, 5]
    assert [link.position for link in edited(page, [Edit(1, 3)]).links] == [HIDDEN] * 3


@pytest.mark.parametrize(
    "edits", [[Edit(3, 2)], [Edit(0, 99)], [Edit(-1, 2)], [Edit(0, 4), Edit(3, 6)]]
)
def test_edits_that_overlap_or_lie_outside_are_refused(edits):
    with pytest.raises(ValueError, match=r"overlap|lies outside"):
        edited(PAGE, edits)


@pytest.mark.parametrize("seed", range(30))
def test_any_edits_leave_every_link_that_is_not_hidden_before_its_own_words(seed):
    """Against the plain way: cut the text at the edits and look where the words of a link went."""
    words = [f"w{number}w" for number in range(40)]
    page = page_of(" ".join(words), *words)
    cuts = sorted({integer(len(page.text), "cut", seed, number) for number in range(12)})
    edits = [
        Edit(one, other, "#" * integer(9, "text", seed, one))
        for one, other in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    changed = edited(page, edits)
    assert len(changed.links) == len(page.links)
    for before, after in zip(page.links, changed.links, strict=True):
        end = before.position + len(before.anchor)
        touched = any(edit.start < end and before.position < edit.end for edit in edits)
        inside = any(edit.start <= before.position < edit.end for edit in edits)
        assert (after.position == HIDDEN) == inside
        if not touched and not any(before.position < edit.start < end for edit in edits):
            assert changed.text[after.position :].startswith(before.anchor)


def test_blocks_are_parted_by_blank_lines_and_in_a_text_without_by_lines():
    found = [TEXT[start:end].strip() for start, end in blocks(TEXT)]
    assert found == ["Alba runs past Brena.", "## Bridges\nThe mayor of Brena mends them.", "Menu"]
    assert len(blocks("one\ntwo\nthree")) == 3
    assert blocks("one line") == ((0, 8),)
    assert blocks("") == ()


@pytest.mark.parametrize("text", ["", "x", "\n\n", "a\n\n\n\nb\n\n", TEXT, "\nx\n"])
def test_there_is_a_gap_before_every_block_and_at_the_end(text):
    assert gaps(text) == (*[start for start, _ in blocks(text)], len(text))
    assert "".join(text[start:end] for start, end in blocks(text)) == text


def test_blocks_set_in_at_every_gap_leave_what_was_there():
    padded = between(PAGE, [(gap, "-- block --") for gap in gaps(TEXT)])
    assert [part for part in padded.text.split("\n\n") if part != "-- block --"] == TEXT.split(
        "\n\n"
    )
    assert shown(padded) == [True, True, True, True]
    assert between(page_of(""), [(0, "only")]).text == "only"


@pytest.mark.parametrize(
    ("edits", "passage"),
    [
        ([], "mayor of Brena"),
        ([Edit(0, 4, "The river Alba"), Edit(60, 64)], "mayor of Brena"),
        ([Edit(TEXT.index("Brena mends"), TEXT.index(" mends"), "Tarn")], "mayor of Tarn"),
        ([Edit(TEXT.index("mayor"), TEXT.index("mayor"), "old ")], "mayor of Brena"),
        ([Edit(TEXT.index(" mends"), TEXT.index(" mends"), "!")], "mayor of Brena"),
        ([Edit(TEXT.index("mayor"), TEXT.index(" mends"))], None),
    ],
)
def test_a_span_is_found_again_after_edits_inside_and_outside_of_it(edits, passage):
    start = TEXT.index("mayor")
    span = moved_span(edits, start, start + len("mayor of Brena"))
    changed = edited(PAGE, edits).text
    assert (span and changed[slice(*span)]) == passage
