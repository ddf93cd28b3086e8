"""Histograms as SVG, for reading at a glance."""

from collections import Counter
from collections.abc import Sequence

from webenvs.bench.svg import element, escape, number, ticks, words

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 420.0, 210.0, 44.0, 34.0, 26.0
_BARS = 16
_STYLE = (
    "text{font:11px sans-serif;fill:#444}.bar{fill:#4477aa}.title{font-size:12px;fill:#222}"
    ".axis{stroke:#999}"
)


def histogram(values: Sequence[float], title: str) -> str:
    """A picture of how often each value occurs; wide ranges are put into at most 16 bins."""
    counts = _binned(values)
    high = max(count for _, count in counts)
    marks = ticks(high, 4)
    room = (_WIDTH - _LEFT - 8) / len(counts)
    bars = []
    for place, (label, count) in enumerate(counts):
        x, tall = _LEFT + place * room, _tall(count, marks[-1])
        box = {"x": x + 1, "y": _HEIGHT - _BOTTOM - tall, "width": room - 2, "height": tall}
        bars.append(element("rect", {"class": "bar", **box}))
        bars.append(words(label, x + room / 2, _HEIGHT - _BOTTOM + 14, "label", "middle"))
    for mark in marks:
        y = _HEIGHT - _BOTTOM - _tall(mark, marks[-1])
        bars.append(words(number(mark), _LEFT - 6, y + 4, "label", "end"))
    base = {"x1": _LEFT, "y1": _HEIGHT - _BOTTOM, "x2": _WIDTH - 8, "y2": _HEIGHT - _BOTTOM}
    axis = element("line", {"class": "axis", **base})
    head = words(f"{title} (number of tasks)", _LEFT, 16, "title")
    frame: dict[str, float | str] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(_WIDTH)} {number(_HEIGHT)}",
        "width": _WIDTH,
        "height": _HEIGHT,
        "role": "img",
        "aria-label": escape(title),
    }
    paper = element("rect", {"width": _WIDTH, "height": _HEIGHT, "fill": "#ffffff"})
    return element("svg", frame, f"<style>{_STYLE}</style>", paper, head, axis, *bars)


def _tall(count: float, most: float) -> float:
    return (_HEIGHT - _BOTTOM - _TOP) * count / most


def _binned(values: Sequence[float]) -> list[tuple[str, int]]:
    """(label, count) of each value, or of bins of equal width if there are many values."""
    low, high = min(values), max(values)
    if all(value == int(value) for value in values) and high - low < _BARS:
        counts = Counter(int(value) for value in values)
        return [(str(value), counts[value]) for value in range(int(low), int(high) + 1)]
    width = (high - low) / _BARS or 1.0
    bins = Counter(min(int((value - low) / width), _BARS - 1) for value in values)
    return [(number(round(low + place * width, 1)), bins[place]) for place in range(_BARS)]
