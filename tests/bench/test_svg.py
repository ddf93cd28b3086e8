"""Figures as SVG: round ticks, names that fit and do not cover each other, text escaped."""

import pytest

from webenvs.bench import labels, svg
from webenvs.bench.labels import Box, Point

FRAME = Box(0, 0, 400, 300)


def overlap(one: Box, other: Box) -> bool:
    return min(one.right, other.right) > max(one.left, other.left) and min(
        one.bottom, other.bottom
    ) > max(one.top, other.top)


@pytest.mark.parametrize(
    ("high", "expected"),
    [(0, [0, 1]), (3.2, [0, 1, 2, 3, 4]), (12.4, [0, 5, 10, 15]), (0.05, [0, 0.01, 0.02, 0.03])],
)
def test_ticks_are_round_and_reach_the_highest_value(high, expected) -> None:
    got = svg.ticks(high, 6)
    assert got[: len(expected)] == pytest.approx(expected)
    assert got[-1] >= high
    assert len(got) <= 7


def test_the_first_36_players_look_different() -> None:
    assert len({svg.style(place) for place in range(36)}) == 36


def test_neighbours_differ_in_colour_and_in_shape() -> None:
    for place in range(40):
        assert svg.style(place).colour != svg.style(place + 1).colour
        assert svg.style(place).shape != svg.style(place + 1).shape


def test_text_is_cut_to_its_room_with_an_ellipsis() -> None:
    cut = svg.fit("a-player-with-quite-a-long-name", 100, 13)
    assert cut.endswith("…")
    assert svg.label_width(cut, 13) <= 100
    assert svg.fit("short", 100, 13) == "short"


def test_wide_letters_need_more_room_and_accents_none() -> None:
    assert svg.label_width("名", 10) > svg.label_width("a", 10)
    assert svg.label_width("a\u0301", 10) == svg.label_width("a", 10)


def test_attributes_and_text_are_escaped() -> None:
    made = svg.element("text", {"class": '"><x'}, svg.escape("<b>&'"))
    assert made == '<text class="&quot;&gt;&lt;x">&lt;b&gt;&amp;&#x27;</text>'


def test_names_of_a_crowd_do_not_cover_each_other() -> None:
    points = [Point(200 + 9 * (n % 3), 150 + 9 * (n // 3), 70) for n in range(9)]
    boxes = labels.place(points, [], FRAME)
    for number, box in enumerate(boxes):
        assert not any(overlap(box, other) for other in boxes[number + 1 :])


def test_names_stay_in_the_frame() -> None:
    corners = [Point(x, y, 90) for x in (2, 398) for y in (2, 298)]
    for box in labels.place(corners, [], FRAME):
        assert box.left >= 0
        assert box.right <= 400
        assert box.top >= 0
        assert box.bottom <= 300


def test_a_name_leaves_an_obstacle_free() -> None:
    wall = Box(205, 0, 400, 300)
    (box,) = labels.place([Point(200, 150, 60)], [wall], FRAME)
    assert not overlap(box, wall)


def test_a_name_too_wide_for_the_frame_is_still_placed() -> None:
    (box,) = labels.place([Point(200, 150, 900)], [], FRAME)
    assert box.left == 0
