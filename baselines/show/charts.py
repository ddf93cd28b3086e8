"""Charts as SVG text: curves with bands, points with intervals, and bars beside each other."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from webenvs.bench import svg
from webenvs.bench.labels import Box
from webenvs.bench.svg import Scale

Point = tuple[float, float]

SIZE = (460.0, 300.0)
STYLE = (
    "svg .curve{fill:none;stroke-width:1.9;stroke:currentColor;stroke-linejoin:round}"
    "svg .faint{fill:none;stroke-width:1;stroke:currentColor;opacity:.3}"
    "svg .band{fill:currentColor;opacity:.14;stroke:none}"
    "svg .fill{fill:currentColor}svg .pale{fill:currentColor;opacity:.4}"
)
"""What a style sheet of the house's reports lacks for these charts."""

_COLOURS = ("#0063a6", "#bf4a00", "#00755a", "#a23b7b", "#8a6500", "#49566b")
_FILE_STYLE = (
    "text{font-family:system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;"
    "font-size:12px;fill:#1b212c}.title{font-weight:700;font-size:13px}"
    ".tick,.axis{font-size:11px;fill:#4a5363}"
    ".grid{stroke:#dfe3e9}.zero{stroke:#4a5363}.bar{stroke:currentColor;stroke-width:1.75}"
    ".mark{fill:currentColor;stroke:#ffffff;stroke-width:1}"
    + STYLE.replace("svg ", "")
    + "".join(f".p{place}{{color:{colour}}}" for place, colour in enumerate(_COLOURS))
)
_LEFT, _RIGHT, _BOTTOM = 50.0, 12.0, 44.0
_ROW = 19.0
_FONT = 12.0


class Series(NamedTuple):
    """One curve: its points by x, a band (x, low, high) around it, and whether points are marked.

    `raw` is drawn faintly behind it. With `intervals` the band is drawn as a standing line a point.
    """

    name: str
    points: Sequence[Point]
    band: Sequence[tuple[float, float, float]] = ()
    raw: Sequence[Point] = ()
    marked: bool = False
    intervals: bool = False


class Axes(NamedTuple):
    """What stands at the axes. Shares are shown in percent. `names` are labels for x = 0, 1, ..."""

    across: str
    up: str
    percent: bool = False
    names: Sequence[str] = ()


def lines(
    title: str, axes: Axes, series: Sequence[Series], size: tuple[float, float] = SIZE
) -> str:
    """Curves over one pair of axes; empty if none has a point. x begins at 0, y at 0 or below."""
    shown = [one for one in series if one.points]
    if not shown:
        return ""
    legend, top = _legend([one.name for one in shown], size[0])
    plot = Box(_LEFT, top + 26, size[0] - _RIGHT, size[1] - _BOTTOM)
    across, up = _across(axes, shown, plot), _up(axes, shown, plot)
    parts = [*legend, *_grid(axes, across, up, plot)]
    for place, one in enumerate(shown):
        shift = (place - (len(shown) - 1) / 2) * 7.0 if axes.names and one.intervals else 0.0
        parts.append(_curve(one, place, shift, across, up))
    spoken = "; ".join(_spoken(one, axes) for one in shown)
    return svg.picture(size, title, spoken, *parts)


def bars(
    title: str, axes: Axes, values: Mapping[str, Sequence[float]], size: tuple[float, float] = SIZE
) -> str:
    """Bars side by side: for each of `axes.names` one of every name in `values`; empty if none."""
    names = list(values)
    if not names or not axes.names:
        return ""
    legend, top = _legend(names, size[0], square=True)
    plot = Box(_LEFT, top + 26, size[0] - _RIGHT, size[1] - _BOTTOM)
    high = max([max(row, default=0.0) for row in values.values()] + [1e-9])
    marks = svg.ticks(high, 4)
    up = Scale(0.0, marks[-1], plot.bottom, plot.top)
    step = (plot.right - plot.left) / len(axes.names)
    width = min(26.0, step * 0.8 / len(names))
    parts = [*legend, *_levels(axes, marks, up, plot)]
    for at, label in enumerate(axes.names):
        middle = plot.left + step * (at + 0.5)
        parts.append(svg.words(label, middle, plot.bottom + 17, "tick", "middle"))
        for place, name in enumerate(names):
            x = middle + (place - len(names) / 2) * width
            y = up.at(values[name][at])
            box = {"x": x + 0.5, "y": y, "width": width - 1, "height": plot.bottom - y}
            said = f"{name}, {label}: {_number(values[name][at], axes)}"
            hint = svg.element("title", {}, svg.escape(said))
            drawn = svg.element("rect", {"class": "fill", **box}, hint)
            parts.append(svg.element("g", {"class": svg.style(place).colour}, drawn))
    parts.append(svg.words(axes.across, plot.right, plot.bottom + 35, "axis", "end"))
    spoken = "; ".join(
        f"{name}: " + ", ".join(_number(value, axes) for value in row)
        for name, row in values.items()
    )
    return svg.picture(size, title, spoken, *parts)


def standalone(drawing: str) -> str:
    """A chart as a file of its own, on white paper with dark text."""
    start = drawing.index(">") + 1
    head = drawing[:start].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f"{head}<style>{_FILE_STYLE}</style>{paper}{drawing[start:]}\n"


def smooth(points: Sequence[Point], weight: float = 0.8) -> list[Point]:
    """Exponential means of the values, each `weight` of the one before."""
    means: list[Point] = []
    for x, y in points:
        before = means[-1][1] if means else y
        means.append((x, weight * before + (1 - weight) * y))
    return means


def _across(axes: Axes, shown: Sequence[Series], plot: Box) -> Scale:
    if axes.names:
        half = (plot.right - plot.left) / len(axes.names) / 2
        return Scale(0.0, max(1.0, len(axes.names) - 1.0), plot.left + half, plot.right - half)
    last = max(x for one in shown for x, _ in [*one.points, *one.raw])
    return Scale(0.0, last or 1.0, plot.left + 6, plot.right - 6)


def _up(axes: Axes, shown: Sequence[Series], plot: Box) -> Scale:
    """From 0, or below where values are, to a round number; shares end at 100 %."""
    values = [y for one in shown for _, y in [*one.points, *one.raw]]
    values += [end for one in shown for _, low, high in one.band for end in (low, high)]
    low, high = min(0.0, *values), max(0.0, *values)
    marks = _marks(low, high)
    top = min(marks[-1], 1.0) if axes.percent and high <= 1 else marks[-1]
    return Scale(marks[0], top, plot.bottom, plot.top)


def _marks(low: float, high: float) -> list[float]:
    """Round values from at most `low` to at least `high`, at most seven."""
    if high - low < 1e-12:
        return [0.0, 1.0]
    step = svg.ticks(high - low, 5)[1]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * place for place in range(first, last + 1)]


def _grid(axes: Axes, across: Scale, up: Scale, plot: Box) -> list[str]:
    marks = [mark for mark in _marks(up.low, up.high) if mark <= up.high + 1e-9]
    parts = _levels(axes, marks, up, plot)
    if axes.names:
        for place, name in enumerate(axes.names):
            room = (plot.right - plot.left) / len(axes.names)
            label = svg.fit(name, room, 11.0)
            parts.append(svg.words(label, across.at(place), plot.bottom + 17, "tick", "middle"))
    else:
        for mark in [mark for mark in svg.ticks(across.high, 5) if mark <= across.high + 1e-9]:
            label = f"{mark:,g}"
            parts.append(svg.words(label, across.at(mark), plot.bottom + 17, "tick", "middle"))
    parts.append(svg.words(axes.across, plot.right, plot.bottom + 35, "axis", "end"))
    return parts


def _levels(axes: Axes, marks: Sequence[float], up: Scale, plot: Box) -> list[str]:
    """Horizontal lines with their numbers, and what they measure."""
    parts = [svg.words(axes.up, 2, plot.top - 11, "axis")]
    for mark in marks:
        y = up.at(mark)
        kind = "zero" if abs(mark) < 1e-12 else "grid"
        parts.append(svg.line((plot.left, y), (plot.right, y), kind))
        parts.append(svg.words(_number(mark, axes), plot.left - 6, y + 4, "tick", "end"))
    return parts


def _curve(one: Series, place: int, shift: float, across: Scale, up: Scale) -> str:
    drawn = svg.style(place)
    spots = [(across.at(x) + shift, up.at(y)) for x, y in one.points]
    parts = [svg.element("title", {}, svg.escape(one.name))]
    if one.intervals:
        for x, low, high in one.band:
            at = across.at(x) + shift
            parts.append(svg.line((at, up.at(low)), (at, up.at(high)), "bar"))
    elif len(one.band) > 1:
        highs = [(across.at(x), up.at(high)) for x, _, high in one.band]
        lows = [(across.at(x), up.at(low)) for x, low, _ in reversed(one.band)]
        parts.append(svg.element("path", {"class": "band", "d": _path([*highs, *lows]) + "Z"}))
    if one.raw:
        raw = [(across.at(x), up.at(y)) for x, y in one.raw]
        parts.append(svg.element("path", {"class": "faint", "d": _path(raw)}))
    parts.append(svg.element("path", {"class": "curve", "d": _path(spots)}))
    if one.marked or len(spots) == 1:
        parts += [svg.mark(drawn, x, y, 4.0) for x, y in spots]
    return svg.element("g", {"class": drawn.colour}, *parts)


def _legend(names: Sequence[str], width: float, *, square: bool = False) -> tuple[list[str], float]:
    """The names with their marks in rows above the plot, and where the rows end."""
    parts: list[str] = []
    x, y = _LEFT, _ROW - 4
    for place, name in enumerate(names):
        label = svg.fit(name, width - _LEFT - 30, _FONT)
        needed = svg.label_width(label, _FONT) + 34
        if x > _LEFT and x + needed > width:
            x, y = _LEFT, y + _ROW
        drawn = svg.Style(svg.style(place).colour, "square") if square else svg.style(place)
        parts.append(svg.mark(drawn, x + 5, y - 4, 4.5))
        parts.append(svg.words(label, x + 15, y, "name"))
        x += needed
    return parts, y + 4


def _path(spots: Sequence[Point]) -> str:
    return "M" + "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in spots)


def _number(value: float, axes: Axes) -> str:
    said = f"{100 * value:.3g}" if axes.percent else f"{value:.4g}"
    return said.replace("-", "−")


def _spoken(one: Series, axes: Axes) -> str:
    (first, low), (last, high) = one.points[0], one.points[-1]
    ends = f"{_number(low, axes)} at {_x(first, axes)}, {_number(high, axes)} at {_x(last, axes)}"
    return f"{one.name}: {ends}"


def _x(value: float, axes: Axes) -> str:
    return axes.names[round(value)] if axes.names else f"{value:g}"
