"""The figures of a report: scores with intervals, scores by hops, scores against cost."""

import itertools
from collections.abc import Sequence

from webenvs.bench import labels, spelling, svg
from webenvs.bench.labels import Box, Point
from webenvs.bench.summary import Estimate, PlayerSummary, Summary
from webenvs.bench.svg import Scale, Style

_FONT = 13.0
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_PLOT_SIZE = (460.0, 340.0)
_PLOT = Box(34.0, 30.0, 448.0, 294.0)


def scores(summary: Summary, *, narrow: bool = False) -> str:
    """Each player's score with its interval, a row each; `narrow` is for telephones."""
    width = 360.0 if narrow else 940.0
    column = 0.0 if narrow else _label_column(summary)
    row = 50.0 if narrow else 36.0
    top, bottom = 8.0, 8.0 + row * len(summary.players)
    across = Scale(0.0, 1.0, column + (8 if narrow else 20), width - 62)
    parts = [_share_grid(across, top, bottom)]
    base = _baseline(summary)
    if base.score.mean is not None:
        x = across.at(base.score.mean)
        parts.append(svg.line((x, top), (x, bottom), "baseline"))
    for place, player in enumerate(summary.players):
        y = top + row * place + (row * 0.66 if narrow else row / 2)
        at = (0.0, y - 14) if narrow else (column, y + 4.5)
        room = width - 4 if narrow else column - 4
        name = svg.fit(player.player, room, _FONT)
        parts.append(_named(player, name, at, "start" if narrow else "end"))
        parts.append(_score_mark(player.score, svg.style(place), across, y))
        value = spelling.percent(player.score.mean)
        parts.append(svg.words(value, width - 4, y + 4.5, "value", "end"))
    title = f"Scores with {spelling.level(summary.level)} intervals"
    return svg.picture((width, bottom + 26), title, _spoken(summary.players), *parts)


def by_hops(summary: Summary) -> str:
    """The score of each player for each number of hops; empty where no number is known."""
    hops = sorted({part.hops for player in summary.players for part in player.hops})
    if not any(hops):
        return ""
    step = (_PLOT.right - _PLOT.left) / len(hops)
    spread = min(step * 0.78, 22.0 * len(summary.players))
    up = Scale(0.0, 1.0, _PLOT.bottom, _PLOT.top)
    parts = [_score_axis(up)]
    for place, number in enumerate(hops):
        x = _PLOT.left + step * (place + 0.5)
        parts.append(svg.words(spelling.hops(number), x, _PLOT.bottom + 20, "tick", "middle"))
        if place:
            edge = _PLOT.left + step * place
            parts.append(svg.line((edge, _PLOT.top), (edge, _PLOT.bottom), "grid"))
    parts.append(svg.words("hops", _PLOT.right, _PLOT.bottom + 38, "axis", "end"))
    for place, player in enumerate(summary.players):
        shift = ((place + 0.5) / len(summary.players) - 0.5) * spread
        middles = [_PLOT.left + step * (each + 0.5) + shift for each in range(len(hops))]
        parts.append(_hop_series(player, svg.style(place), dict(zip(hops, middles, strict=True))))
    described = "; ".join(_spoken_hops(player) for player in summary.players)
    return svg.picture(_PLOT_SIZE, "Scores by number of hops", described, *parts)


def against_calls(summary: Summary) -> str:
    """The score of each player against its mean calls; empty without valid episodes."""
    known = [
        (svg.style(place), player, player.calls, player.score.mean)
        for place, player in enumerate(summary.players)
        if player.calls is not None and player.score.mean is not None
    ]
    if not known:
        return ""
    steps = svg.ticks(max(calls for _, _, calls, _ in known) * 1.04, 6)
    across = Scale(0.0, steps[-1], _PLOT.left + 8, _PLOT.right - 6)
    up = Scale(0.0, 1.0, _PLOT.bottom, _PLOT.top)
    parts = [_score_axis(up)]
    parts += [
        svg.words(f"{value:,g}", across.at(value), _PLOT.bottom + 20, "tick", "middle")
        for value in steps
    ]
    name = "mean calls per episode"
    parts.append(svg.words(name, _PLOT.right, _PLOT.bottom + 38, "axis", "end"))
    spots = [(across.at(calls), up.at(mean)) for _, _, calls, mean in known]
    for (drawn, player, _, _), (x, _) in zip(known, spots, strict=True):
        parts.append(_upright(player.score, drawn, x, up))
    for (drawn, _, _, _), (x, y) in zip(known, spots, strict=True):
        parts.append(svg.mark(drawn, x, y))
    parts.append(_names([player for _, player, _, _ in known], spots, up))
    described = "; ".join(
        f"{player.player}: {spelling.score(player.score)} with {spelling.amount(calls)} calls"
        for _, player, calls, _ in known
    )
    return svg.picture(_PLOT_SIZE, "Scores against mean calls per episode", described, *parts)


def glyph(place: int) -> str:
    """The mark of player number `place` alone, for legends and tables."""
    frame: dict[str, float | str] = {"viewBox": "0 0 16 16", "width": 14.0, "height": 14.0}
    return svg.element(
        "svg",
        {**frame, "class": "glyph", "aria-hidden": "true"},
        svg.mark(svg.style(place), 8.0, 8.0, 5.5),
    )


def _baseline(summary: Summary) -> PlayerSummary:
    return next(player for player in summary.players if player.player == summary.baseline)


def _label_column(summary: Summary) -> float:
    """The width of the names at the left of the score figure."""
    widest = max(svg.label_width(player.player, _FONT) for player in summary.players)
    return min(widest + 6, 300.0)


def _named(player: PlayerSummary, name: str, at: tuple[float, float], anchor: str) -> str:
    """A player's name, the whole of it on hovering."""
    return svg.element(
        "g",
        {},
        svg.element("title", {}, svg.escape(player.player)),
        svg.words(name, *at, "name", anchor),
    )


def _share_grid(across: Scale, top: float, bottom: float) -> str:
    """Vertical lines and labels from 0 to 100 percent."""
    parts = []
    for share in _SHARES:
        x = across.at(share)
        parts.append(svg.line((x, top), (x, bottom), "grid"))
        label = f"{100 * share:g}" + (" %" if share == 1 else "")
        parts.append(svg.words(label, x, bottom + 18, "tick", "middle"))
    return "".join(parts)


def _score_axis(up: Scale) -> str:
    """Horizontal lines and labels from 0 to 100 percent."""
    parts = [svg.words("score, %", 2, _PLOT.top - 14, "axis")]
    for share in _SHARES:
        y = up.at(share)
        kind = "zero" if share == 0 else "grid"
        parts.append(svg.line((_PLOT.left, y), (_PLOT.right, y), kind))
        parts.append(svg.words(f"{100 * share:g}", _PLOT.left - 8, y + 4.5, "tick", "end"))
    return "".join(parts)


def _score_mark(estimate: Estimate, drawn: Style, across: Scale, y: float) -> str:
    """A score as a mark on its lying interval."""
    low, high = across.at(estimate.interval.low), across.at(estimate.interval.high)
    if estimate.mean is None:
        return svg.words("no valid episode", low, y + 4.5, "tick")
    return svg.element(
        "g",
        {"class": drawn.colour},
        svg.line((low, y), (high, y), "bar"),
        svg.line((low, y - 5), (low, y + 5), "bar"),
        svg.line((high, y - 5), (high, y + 5), "bar"),
        svg.mark(drawn, across.at(estimate.mean), y),
    )


def _upright(estimate: Estimate, drawn: Style, x: float, up: Scale) -> str:
    """An interval as a standing line."""
    low, high = up.at(estimate.interval.low), up.at(estimate.interval.high)
    return svg.element("g", {"class": drawn.colour}, svg.line((x, low), (x, high), "bar"))


def _hop_series(player: PlayerSummary, drawn: Style, middles: dict[int, float]) -> str:
    """One player's scores by hops: intervals, a faint line between neighbours, marks."""
    up = Scale(0.0, 1.0, _PLOT.bottom, _PLOT.top)
    known = [
        (middles[part.hops], up.at(part.score.mean), part.score)
        for part in player.hops
        if part.score.mean is not None
    ]
    bars = [_upright(score, drawn, x, up) for x, _, score in known]
    trail = [
        svg.line((x, y), (later_x, later_y), "trail")
        for (x, y, _), (later_x, later_y, _) in itertools.pairwise(known)
    ]
    marks = [svg.mark(drawn, x, y, 5.5) for x, y, _ in known]
    title = svg.element("title", {}, svg.escape(_spoken_hops(player)))
    return svg.element("g", {"class": drawn.colour}, title, *trail, *bars, *marks)


def _names(
    players: Sequence[PlayerSummary], spots: Sequence[tuple[float, float]], up: Scale
) -> str:
    """The names of points where they cover nothing, with a leader where they had to move away."""
    names = [svg.fit(player.player, 170, _FONT) for player in players]
    points = [
        Point(x, y, svg.label_width(name, _FONT)) for name, (x, y) in zip(names, spots, strict=True)
    ]
    marks = [Box(x - 8, y - 8, x + 8, y + 8) for x, y in spots]
    bars = [
        Box(x - 2, up.at(player.score.interval.high), x + 2, up.at(player.score.interval.low))
        for player, (x, _) in zip(players, spots, strict=True)
    ]
    frame = Box(_PLOT.left, _PLOT.top - 12, _PLOT_SIZE[0], _PLOT.bottom - 2)
    parts = []
    placed = labels.place(points, [*marks, *bars], frame)
    for player, name, point, box in zip(players, names, points, placed, strict=True):
        end = labels.nearest(point, box)
        if abs(end[0] - point.x) + abs(end[1] - point.y) > 26:
            parts.append(svg.line((point.x, point.y), end, "leader"))
        anchor = "start" if box.left >= point.x else "end" if box.right <= point.x else "middle"
        x = {"start": box.left, "end": box.right}.get(anchor, (box.left + box.right) / 2)
        parts.append(_named(player, name, (x, box.bottom - 3.5), anchor))
    return "".join(parts)


def _spoken(players: Sequence[PlayerSummary]) -> str:
    return "; ".join(f"{player.player}: {spelling.score(player.score)}" for player in players)


def _spoken_hops(player: PlayerSummary) -> str:
    parts = ", ".join(
        f"{spelling.hops(part.hops)} hops {spelling.score(part.score)}" for part in player.hops
    )
    return f"{player.player}: {parts or 'no valid episode'}"
