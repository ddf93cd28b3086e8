"""The figures of a noise sweep: success against strength, and a table of changes in colours.

Both are files of their own, on white paper with dark text. Players have the colours and marks of
the reports; changes run from blue (better) over white to orange (worse), which the colour-blind
tell apart, and each stands in its cell as a number.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from webenvs.bench import spelling, svg
from webenvs.bench.robustness import Curve, Point, Robustness
from webenvs.bench.svg import Scale
from webenvs.bench.sweep import Sweep

_COLOURS = ("#0063a6", "#bf4a00", "#00755a", "#a23b7b", "#8a6500", "#49566b")
_INK, _MUTED, _RULE, _PAPER = "#1b212c", "#4a5363", "#dfe3e9", "#ffffff"
_WORSE, _BETTER = (0xEB, 0x8A, 0x3C), (0x6A, 0xA9, 0xDB)
_STYLE = (
    "text{font-family:system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;"
    f"font-size:12px;fill:{_INK}}}"
    f".title{{font-weight:700}}.group{{font-size:14px;font-weight:700}}.tick{{font-size:11px;"
    f"fill:{_MUTED}}}.grid{{stroke:{_RULE}}}.zero{{stroke:{_MUTED}}}"
    ".curve{fill:none;stroke-width:1.75;stroke:currentColor}"
    ".band{fill:currentColor;opacity:.1;stroke:none}"
    f".mark{{fill:currentColor;stroke:{_PAPER};stroke-width:.75}}"
    + "".join(f".p{place}{{color:{colour}}}" for place, colour in enumerate(_COLOURS))
)
_ACROSS = 6
_WIDTH, _HEIGHT = 142.0, 116.0
_LEFT, _MARGIN = 40.0, 12.0
_GAP, _TITLE, _FOOT, _GROUP = 14.0, 22.0, 24.0, 30.0
_FULL = 0.6
"""The change of success at which a cell has its full colour."""


def curves(sweep: Sweep, robust: Sequence[Robustness]) -> str:
    """Success against strength, a panel for each kind, all with the same axes."""
    width = _LEFT + _ACROSS * (_WIDTH + _GAP) - _GAP + _MARGIN
    parts = [_legend(robust, _LEFT, 24.0), _axes_named(width)]
    y = 52.0
    for group, kinds in groupby(enumerate(sweep.kinds), key=lambda one: one[1].group):
        parts.append(svg.words(group, _LEFT, y + 16, "group"))
        y += _GROUP
        for row in _rows([place for place, _ in kinds]):
            for column, place in enumerate(row):
                x = _LEFT + column * (_WIDTH + _GAP)
                parts.append(_panel(sweep, robust, place, (x, y), labelled=column == 0))
            y += _TITLE + _HEIGHT + _FOOT
        y += 4
    spoken = "; ".join(
        f"{one.player}: clean {spelling.percent(one.clean.mean)} %, area "
        f"{spelling.percent(one.area.mean)} %"
        for one in robust
    )
    title = "Success against the strength of noise, a panel for each kind"
    return _page((width, y + 4), title, spoken, parts)


def heat(sweep: Sweep, robust: Sequence[Robustness]) -> str:
    """The change of success in points for every kind (a row), player and strength (columns)."""
    cell, tall, gap = 46.0, 22.0, 16.0
    label = max(svg.label_width(kind.label, 12) for kind in sweep.kinds) + 14
    block = cell * len(sweep.strengths)
    width = label + len(robust) * (block + gap) + _MARGIN
    parts = []
    for place, one in enumerate(robust):
        x = label + place * (block + gap)
        parts.append(svg.mark(svg.style(place), x + 7, 18, 5.5))
        name = svg.fit(one.player, block - 22, 12)
        parts.append(svg.words(name, x + 18, 22, "title"))
        for column, strength in enumerate(sweep.strengths):
            middle = x + (column + 0.5) * cell
            parts.append(svg.words(f"{strength:g}", middle, 42, "tick", "middle"))
    parts.append(svg.words("strength", label - 10, 42, "tick", "end"))
    y = 50.0
    for group, kinds in groupby(enumerate(sweep.kinds), key=lambda one: one[1].group):
        parts.append(svg.words(group, _MARGIN, y + 16, "group"))
        y += 24
        for place, kind in kinds:
            parts.append(svg.words(kind.label, label - 10, y + 15, "name", "end"))
            for number, one in enumerate(robust):
                x = label + number * (block + gap)
                points = one.curves[place].points
                parts += [
                    _cell(point, (x + at * cell, y), (cell, tall))
                    for at, point in enumerate(points)
                ]
            y += tall
        y += 8
    note = "Change of success in percentage points; bold: the 95 % interval leaves out 0."
    parts.append(svg.words(svg.fit(note, width - 2 * _MARGIN, 11), _MARGIN, y + 14, "tick"))
    title = "Change of success by kind of noise, strength and player"
    return _page((width, y + 26), title, note, parts)


def _rows(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), _ACROSS):
        yield places[start : start + _ACROSS]


def _shares(robust: Sequence[Robustness]) -> list[float]:
    """The marks of the common axis: from 0 to the highest end of an interval, at most 1."""
    highs = [one.clean.interval.high for one in robust]
    highs += [
        point.success.interval.high
        for one in robust
        for curve in one.curves
        for point in curve.points
        if point.success.mean is not None
    ]
    return [mark for mark in svg.ticks(max(highs), 5) if mark <= 1 + 1e-9]


def _panel(
    sweep: Sweep,
    robust: Sequence[Robustness],
    place: int,
    corner: tuple[float, float],
    *,
    labelled: bool,
) -> str:
    """The curves of all players under one kind; `labelled` panels have numbers at the left."""
    left, top = corner[0], corner[1] + _TITLE
    across = Scale(0.0, sweep.strengths[-1], left + 9, left + _WIDTH - 9)
    up = Scale(0.0, _shares(robust)[-1], top + _HEIGHT - 4, top + 6)
    label = sweep.kinds[place].label
    parts = [svg.element("title", {}, svg.escape(label))]
    parts.append(svg.words(svg.fit(label, _WIDTH + 8, 12), left, top - 6, "title"))
    for share in _shares(robust):
        y = up.at(share)
        parts.append(svg.line((left, y), (left + _WIDTH, y), "zero" if share == 0 else "grid"))
        if labelled:
            parts.append(svg.words(f"{100 * share:g}", left - 6, y + 4, "tick", "end"))
    last = sweep.strengths[-1]
    for value in (0.0, last / 2, last):
        anchor = "start" if value == 0 else "end" if value == last else "middle"
        x = {"start": left + 5, "end": left + _WIDTH - 5, "middle": across.at(value)}[anchor]
        parts.append(svg.words(f"{value:g}", x, top + _HEIGHT + 11, "tick", anchor))
    for number, one in enumerate(robust):
        aside = (number - (len(robust) - 1) / 2) * min(5.0, 12.0 / len(robust))
        parts.append(_curve(one, one.curves[place], number, aside, across, up))
    return svg.element("g", {}, *parts)


def _curve(
    one: Robustness, curve: Curve, number: int, aside: float, across: Scale, up: Scale
) -> str:
    """A player's success with the band of its intervals, `aside` of where it would stand."""
    known = [(0.0, one.clean), *((point.strength, point.success) for point in curve.points)]
    known = [(strength, mean) for strength, mean in known if mean.mean is not None]
    places = [across.at(strength) + aside for strength, _ in known]
    spots = [(x, up.at(mean.mean or 0.0)) for x, (_, mean) in zip(places, known, strict=True)]
    highs = [(x, up.at(mean.interval.high)) for x, (_, mean) in zip(places, known, strict=True)]
    lows = [(x, up.at(mean.interval.low)) for x, (_, mean) in zip(places, known, strict=True)]
    drawn = svg.style(number)
    return svg.element(
        "g",
        {"class": drawn.colour},
        svg.element("title", {}, svg.escape(f"{one.player}, {curve.kind}")),
        svg.element("path", {"class": "band", "d": _path([*highs, *reversed(lows)]) + "Z"}),
        svg.element("path", {"class": "curve", "d": _path(spots)}),
        *(svg.mark(drawn, x, y, 3.2) for x, y in spots),
    )


def _cell(point: Point, corner: tuple[float, float], size: tuple[float, float]) -> str:
    """A coloured cell with its number, bold if it is more than chance."""
    change = point.success_change
    (x, y), (wide, tall) = corner, size
    box: dict[str, float | str] = {"x": x, "y": y, "width": wide - 2, "height": tall - 2}
    value = change.mean
    middle = (x + (wide - 2) / 2, y + tall / 2 + 3)
    if value is None:
        return svg.words(spelling.MISSING, *middle, "tick", "middle")
    sure = change.interval.low > 0 or change.interval.high < 0
    said = f"{100 * value:+.0f}".replace("-", "−") if round(100 * value) else "0"
    return svg.element("rect", {**box, "fill": _colour(value)}) + svg.words(
        said, *middle, "title" if sure else "name", "middle"
    )


def _colour(change: float) -> str:
    """White at no change, full at a change of `_FULL` and beyond."""
    share = min(1.0, abs(change) / _FULL)
    end = _BETTER if change > 0 else _WORSE
    return "#" + "".join(f"{round(255 + (tone - 255) * share):02x}" for tone in end)


def _legend(robust: Sequence[Robustness], x: float, y: float) -> str:
    parts = []
    for place, one in enumerate(robust):
        parts.append(svg.mark(svg.style(place), x + 6, y - 4, 5.5))
        name = svg.fit(one.player, 260, 12)
        parts.append(svg.words(name, x + 18, y, "title"))
        x += svg.label_width(name, 12) + 42
    return "".join(parts)


def _axes_named(width: float) -> str:
    said = "success in % (up) against strength (across); bands: 95 % intervals"
    return svg.words(said, width - _MARGIN, 44.0, "tick", "end")


def _path(spots: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in spots)


def _page(size: tuple[float, float], title: str, description: str, parts: Sequence[str]) -> str:
    """A drawing that is a file of its own."""
    width, height = size
    paper = svg.element("rect", {"width": width, "height": height, "fill": _PAPER})
    drawing = svg.picture(size, title, description, f"<style>{_STYLE}</style>", paper, *parts)
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"
