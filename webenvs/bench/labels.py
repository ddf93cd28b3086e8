"""Where to write the names of points so that they cover neither each other nor the points."""

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float


class Point(NamedTuple):
    """A point to be named, and the width of its name."""

    x: float
    y: float
    width: float


HEIGHT = 17.0
_CLEARANCE = 11.0
_STEPS = 16
_DISTANCES = (0.0, 14.0, 28.0, 44.0, 62.0, 84.0)
_DIRECTIONS = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))


def place(points: Sequence[Point], obstacles: Sequence[Box], frame: Box) -> tuple[Box, ...]:
    """A box for the name of each point, within `frame`.

    Each name takes the first free place of those around its point, near ones first; where none is
    free, the one that covers least. The line from a point to a name far away counts as covering
    what it crosses. The order of the points decides who chooses first.
    """
    taken = list(obstacles)
    chosen: list[Box] = []
    for point in points:
        candidates = [box for box in _around(point, frame) if _inside(box, frame)]
        candidates = candidates or [_held(_box(point, 0, -1, 0.0), frame)]
        covers = [_covered(point, box, taken) for box in candidates]
        best = candidates[covers.index(min(covers))]
        taken.append(best)
        chosen.append(best)
    return tuple(chosen)


def nearest(point: Point, box: Box) -> tuple[float, float]:
    """The place of a box that is nearest to a point."""
    return min(max(point.x, box.left), box.right), min(max(point.y, box.top), box.bottom)


def _around(point: Point, frame: Box) -> list[Box]:
    """The places for a name around its point, the nearest first."""
    return [
        _held(box, frame) if across == 0 else box
        for distance in _DISTANCES
        for across, down in _DIRECTIONS
        for box in [_box(point, across, down, distance)]
    ]


def _box(point: Point, across: int, down: int, distance: float) -> Box:
    """The name's box in one direction at a distance beyond the mark."""
    reach = _CLEARANCE + distance
    aside = reach if down == 0 else reach * 0.7
    y = point.y + down * (reach + 2)
    left = {0: point.x - point.width / 2, 1: point.x + aside, -1: point.x - aside - point.width}
    return Box(left[across], y - HEIGHT / 2, left[across] + point.width, y + HEIGHT / 2)


def _held(box: Box, frame: Box) -> Box:
    """`box` moved sideways into the frame."""
    width = box.right - box.left
    left = max(frame.left, min(box.left, frame.right - width))
    return Box(left, box.top, left + width, box.bottom)


def _covered(point: Point, box: Box, taken: Sequence[Box]) -> float:
    """The area of what is taken that a name in `box` and the line to it would cover."""
    x, y = nearest(point, box)
    steps = [(place + 1) / _STEPS for place in range(_STEPS)]
    line = [(point.x + share * (x - point.x), point.y + share * (y - point.y)) for share in steps]
    dots = [
        Box(a - 1, b - 1, a + 1, b + 1)
        for a, b in line
        if abs(a - point.x) + abs(b - point.y) > _CLEARANCE
    ]
    others = [other for other in taken if not _holds(other, point)]
    crossed = sum(_overlap(dot, other) for dot in dots for other in others)
    return crossed + sum(_overlap(box, other) for other in taken)


def _holds(box: Box, point: Point) -> bool:
    return box.left <= point.x <= box.right and box.top <= point.y <= box.bottom


def _inside(box: Box, frame: Box) -> bool:
    return (
        box.left >= frame.left
        and box.right <= frame.right
        and box.top >= frame.top
        and box.bottom <= frame.bottom
    )


def _overlap(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across * down if across > 0 and down > 0 else 0.0
