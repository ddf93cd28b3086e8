"""Pieces of SVG as text: elements, marks, tick values, and how wide a label will be."""

import html
import math
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from webenvs.text import one_line, printable

SHAPES = ("circle", "square", "diamond", "up", "down", "cross")
COLOURS = 6
"""Players cycle through six colours (`.p0` to `.p5` of the style sheet) and six shapes."""


class Style(NamedTuple):
    """How a player is drawn: the class that colours it, and its shape."""

    colour: str
    shape: str


class Scale(NamedTuple):
    """A linear map from [low, high] to pixels [start, stop]."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """The pixel of `value`."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)


def style(place: int) -> Style:
    """The style of player number `place`; the first 36 differ."""
    return Style(f"p{place % COLOURS}", SHAPES[(place + place // COLOURS) % len(SHAPES)])


def escape(text: str) -> str:
    """`text` as one printable line, safe between tags and in attributes."""
    return html.escape(one_line(printable(text)), quote=True)


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def element(tag: str, attributes: Mapping[str, float | str], *children: str) -> str:
    """An element; `children` are markup already, attribute values are escaped here."""
    spelled = "".join(
        f' {name}="{escape(value) if isinstance(value, str) else number(value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{spelled}>{''.join(children)}</{tag}>" if children else f"<{tag}{spelled}/>"


def line(start: tuple[float, float], stop: tuple[float, float], kind: str) -> str:
    """A straight line of a class."""
    ends = {"x1": start[0], "y1": start[1], "x2": stop[0], "y2": stop[1]}
    return element("line", {"class": kind, **ends})


def words(text: str, x: float, y: float, kind: str, anchor: str = "start") -> str:
    """A line of text at its baseline; `anchor` is start, middle or end."""
    places: dict[str, float | str] = {"x": x, "y": y, "class": kind, "text-anchor": anchor}
    return element("text", places, escape(text))


def mark(drawn: Style, x: float, y: float, size: float = 6.0) -> str:
    """A player's mark, centred; all shapes cover about the same area."""
    kind = f"mark {drawn.colour}"
    if drawn.shape == "circle":
        return element("circle", {"class": kind, "cx": x, "cy": y, "r": size})
    corners = _CORNERS[drawn.shape]
    path = "M" + "L".join(f"{number(x + size * a)} {number(y + size * b)}" for a, b in corners)
    return element("path", {"class": kind, "d": path + "Z"})


def picture(size: tuple[float, float], title: str, description: str, *children: str) -> str:
    """A drawing that scales to its place and names itself to those who cannot see it."""
    width, height = size
    head = (element("title", {}, escape(title)), element("desc", {}, escape(description)))
    box = f"0 0 {number(width)} {number(height)}"
    # Width and height give the shape even to readers that ignore the style sheet.
    frame: dict[str, float | str] = {"viewBox": box, "width": width, "height": height}
    return element("svg", {**frame, "role": "img", "aria-label": title}, *head, *children)


def label_width(text: str, size: float) -> float:
    """An upper estimate of the width of `text` in a sans-serif of `size` pixels."""
    return sum(_advance(sign) for sign in text) * size


def fit(text: str, width: float, size: float) -> str:
    """`text` as one printable line no wider than `width`, cut with an ellipsis."""
    text = one_line(printable(text))
    if label_width(text, size) <= width:
        return text
    while text and label_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def ticks(high: float, most: int) -> list[float]:
    """At most `most` + 1 round values from 0 to at least `high`: steps of 1, 2 or 5 times 10^k."""
    if high <= 0:
        return [0.0, 1.0]
    exponent = math.floor(math.log10(high / most))
    steps = [factor * 10.0**exponent for factor in (1, 2, 5, 10)]
    step = next(each for each in steps if high / each <= most * (1 + 1e-9))
    return [step * place for place in range(math.ceil(high / step - 1e-9) + 1)]


def _advance(sign: str) -> float:
    """The width of a character in ems, rather too wide than too narrow."""
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WFA":
        return 1.05
    if sign in " .,:;|!'il()[]":
        return 0.4
    return 0.95 if sign in "mwMW@" else 0.74 if sign.isupper() else 0.63


def _cross() -> tuple[tuple[float, float], ...]:
    """The twelve corners of a diagonal cross."""
    arm, thick = 1.05, 0.38
    quarter = [(0.0, -thick), (arm - thick, -arm), (arm, -arm + thick)]
    corners: list[tuple[float, float]] = []
    for _ in range(4):
        corners += quarter
        quarter = [(-b, a) for a, b in quarter]
    return tuple(corners)


_CORNERS: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    "diamond": ((0.0, -1.28), (1.28, 0.0), (0.0, 1.28), (-1.28, 0.0)),
    "up": ((0.0, -1.2), (1.2, 0.95), (-1.2, 0.95)),
    "down": ((0.0, 1.2), (1.2, -0.95), (-1.2, -0.95)),
    "cross": _cross(),
}
