"""A comparison of two stages for people: tables, sentences, Markdown and one picture."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from webenvs.bench import markdown, spelling, svg
from webenvs.bench.grids import Grid
from webenvs.bench.ranks import ranks_of
from webenvs.bench.report import json_text, put
from webenvs.bench.stages import Comparison, Standing, verdict
from webenvs.bench.statistics import Interval
from webenvs.bench.summary import Estimate
from webenvs.bench.svg import Scale
from webenvs.bench.table import drawn
from webenvs.errors import bad_setting
from webenvs.text import one_line, printable

_WIDTH, _HEIGHT = 720.0, 460.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 452.0, 34.0, 402.0
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:13px;fill:#111}.grid{stroke:#e4e4e4}"
    ".axis{stroke:#888}.same{stroke:#999;stroke-dasharray:4 4}.bar{stroke-width:1.4;opacity:.55}"
    ".mark{stroke:#fff;stroke-width:.8}"
)
_COLOURS = ("#4477aa", "#cc6677", "#228833", "#997700", "#aa3377", "#555555")


def show(compared: Comparison, console: Console) -> None:
    """Print the comparison as tables and sentences."""
    console.print(Text(_heading(compared), style="bold"))
    for grid in grids(compared):
        console.print()
        console.print(drawn(grid, console.width))
    console.print()
    for sentence in sentences(compared):
        console.print(Text(one_line(printable(sentence))))


def write(compared: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write stages.json, stages.md and stages.svg into a folder, made if need be; their paths.

    The same comparison gives the same bytes. Raises SettingError if the folder is none.
    """
    if folder.exists() and not folder.is_dir():
        raise bad_setting("out", str(folder), "a folder, or a path where one can be made")
    texts = {
        "stages.json": json_text(compared),
        "stages.md": _markdown(compared),
        "stages.svg": picture(compared),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        put(folder / name, text)
    return tuple(folder / name for name in texts)


def grids(compared: Comparison) -> tuple[Grid, ...]:
    """The tables: rewards with ranks, then calls by tool."""
    return _rewards(compared), _calls(compared)


def sentences(compared: Comparison) -> list[str]:
    """What the numbers come to, the verdict last."""
    one, other = (side.label for side in compared.sides)
    how = (
        "on the same tasks, paired by task"
        if compared.paired
        else "on tasks of their own, since the corpora differ: nothing is paired"
    )
    told = [
        f"{compared.episodes:,} episodes of every player on each stage, {how}.",
        f"Mean difference over players ({other} less {one}): {compared.difference:+.3f} "
        f"{_interval(compared.interval)}.",
        f"Calls by tool: total variation {compared.variation:.3f}, "
        f"Jensen-Shannon divergence {compared.divergence:.3f} bits.",
    ]
    told += [
        f"{side.left_out:,} aborted episodes are left out on {side.label}."
        for side in compared.sides
        if side.left_out
    ]
    if compared.undefined:
        told.append(f"{compared.undefined:,} resamples told no two players apart.")
    return [*told, verdict(compared)]


def picture(compared: Comparison) -> str:
    """The players' mean rewards on one stage against those on the other, as SVG."""
    low, high = _range(compared)
    across, up = Scale(low, high, _LEFT, _RIGHT), Scale(low, high, _BOTTOM, _TOP)
    parts = [_axes(compared, across, up)]
    for place, player in enumerate(compared.players):
        parts += _bars(player, place, across, up)
    for place, player in enumerate(compared.players):
        x, y = (_mean(each) for each in player.rewards)
        parts.append(_coloured(place, svg.mark(svg.style(place), across.at(x), up.at(y))))
        row = _TOP + 14 + 22.0 * place
        parts.append(_coloured(place, svg.mark(svg.style(place), _RIGHT + 22, row - 4)))
        name = svg.fit(player.player, _WIDTH - _RIGHT - 44, 12.0)
        parts.append(svg.words(name, _RIGHT + 36, row, "name"))
    frame: dict[str, float | str] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {svg.number(_WIDTH)} {svg.number(_HEIGHT)}",
        "width": _WIDTH,
        "height": _HEIGHT,
        "role": "img",
        "aria-label": _heading(compared),
    }
    paper = svg.element("rect", {"width": _WIDTH, "height": _HEIGHT, "fill": "#ffffff"})
    said = "; ".join(
        f"{player.player}: {_mean(player.rewards[0]):.3f} and {_mean(player.rewards[1]):.3f}"
        for player in compared.players
    )
    described = svg.element("desc", {}, svg.escape(said))
    return svg.element("svg", frame, described, f"<style>{_STYLE}</style>", paper, *parts) + "\n"


def _rewards(compared: Comparison) -> Grid:
    one, other = (side.label for side in compared.sides)
    places = [
        ranks_of([_mean(player.rewards[side]) for player in compared.players]) for side in (0, 1)
    ]
    rows = tuple(
        (
            player.player,
            *_reward_cells(player.rewards[0], places[0][place]),
            *_reward_cells(player.rewards[1], places[1][place]),
            f"{player.difference:+.3f}",
            _interval(player.interval),
        )
        for place, player in enumerate(compared.players)
    )
    return Grid(
        title="Rewards",
        note=f"Mean rewards with {spelling.level(0.95)} intervals and ranks from below, "
        f"on {one}, then on {other}.",
        header=(
            *("player", one, "interval", "rank"),
            *(other, "interval", "rank"),
            *("diff", "interval"),
        ),
        rows=rows,
        glued=(2, 3, 5, 6, 8),
    )


def _reward_cells(estimate: Estimate, rank: float) -> tuple[str, str, str]:
    return f"{_mean(estimate):.3f}", _interval(estimate.interval), f"{rank:g}"


def _calls(compared: Comparison) -> Grid:
    tools = sorted({tool for one in compared.players for calls in one.calls for tool in calls})
    labels = [side.label for side in compared.sides]
    rows = tuple(
        (
            player.player,
            *(spelling.amount(calls.get(tool, 0.0)) for tool in tools for calls in player.calls),
            f"{player.variation:.3f}",
            f"{player.divergence:.3f}",
        )
        for player in compared.players
    )
    return Grid(
        title="Calls",
        note="Mean executed calls of an episode by tool; how far apart their shares are.",
        header=(
            "player",
            *(f"{tool} {label}" for tool in tools for label in labels),
            "variation",
            "divergence",
        ),
        rows=rows,
    )


def _markdown(compared: Comparison) -> str:
    one, other = compared.sides
    facts = [
        f"- {side.label}: settings {dict(sorted(side.settings.items()))}, corpus {side.corpus[:16]}"
        for side in (one, other)
    ]
    parts = [f"# {markdown.escape(_heading(compared))}"]
    parts.append("\n".join("- " + markdown.escape(fact.removeprefix("- ")) for fact in facts))
    if compared.command:
        parts.append("Reproduce: " + markdown.escape(compared.command))
    parts += ["![the players on both stages](stages.svg)"]
    for grid in grids(compared):
        parts.append(f"## {grid.title}\n\n{markdown.escape(grid.note)}\n\n{markdown.table(grid)}")
    parts.append("\n\n".join(markdown.escape(sentence) for sentence in sentences(compared)))
    return "\n\n".join(parts) + "\n"


def _heading(compared: Comparison) -> str:
    one, other = (side.label for side in compared.sides)
    return f"{compared.env} ({compared.game}): {one} against {other}, seed {compared.seed}"


def _interval(interval: Interval) -> str:
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def _mean(estimate: Estimate) -> float:
    return estimate.mean or 0.0


def _range(compared: Comparison) -> tuple[float, float]:
    values = [_mean(each) for player in compared.players for each in player.rewards]
    return min(0.0, *values), max(1.0, *values)


def _axes(compared: Comparison, across: Scale, up: Scale) -> str:
    low, high = across.low, across.high
    parts = [svg.words(svg.fit(_heading(compared), _WIDTH - _LEFT, 13.0), _LEFT, 18, "title")]
    for step in range(5):
        value = low + (high - low) * step / 4
        x, y = across.at(value), up.at(value)
        parts += [svg.line((x, _TOP), (x, _BOTTOM), "grid")]
        parts += [svg.line((_LEFT, y), (_RIGHT, y), "grid")]
        parts += [svg.words(f"{value:.2f}", x, _BOTTOM + 17, "tick", "middle")]
        parts += [svg.words(f"{value:.2f}", _LEFT - 8, y + 4, "tick", "end")]
    parts += [svg.line((_LEFT, _BOTTOM), (_RIGHT, _BOTTOM), "axis")]
    parts += [svg.line((_LEFT, _TOP), (_LEFT, _BOTTOM), "axis")]
    parts += [svg.line((across.at(low), up.at(low)), (across.at(high), up.at(high)), "same")]
    one, other = (side.label for side in compared.sides)
    for row, text in enumerate((f"across: mean reward on {one}", f"up: mean reward on {other}")):
        text = svg.fit(text, _WIDTH - _LEFT, 12.0)
        parts.append(svg.words(text, _LEFT, _BOTTOM + 36 + 16 * row, "name"))
    return "".join(parts)


def _bars(player: Standing, place: int, across: Scale, up: Scale) -> Sequence[str]:
    """The intervals of a player on both axes."""
    x, y = (_mean(each) for each in player.rewards)
    first, second = (each.interval for each in player.rewards)
    level = [
        (
            (across.at(_within(first.low, across)), up.at(y)),
            (across.at(_within(first.high, across)), up.at(y)),
        ),
        (
            (across.at(x), up.at(_within(second.low, up))),
            (across.at(x), up.at(_within(second.high, up))),
        ),
    ]
    return [_coloured(place, svg.line(start, stop, "bar")) for start, stop in level]


def _within(value: float, scale: Scale) -> float:
    return min(max(value, scale.low), scale.high)


def _coloured(place: int, drawing: str) -> str:
    colour = _COLOURS[place % len(_COLOURS)]
    return svg.element("g", {"fill": colour, "stroke": colour}, drawing)
