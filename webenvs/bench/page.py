"""A report as one HTML file that needs nothing else: no script, no font, no picture from afar."""

import importlib.resources
import itertools
import re
from collections.abc import Iterator, Sequence

from webenvs.bench import figures, sentences, spelling
from webenvs.bench.grids import Grid, grids
from webenvs.bench.summary import Section, Summary
from webenvs.bench.svg import escape
from webenvs.text import printable

_MINUS = re.compile(r"(?<![^\s\[])-(?=\d)")
_INTERVAL = re.compile(r"(\[[+−\d.]+), (?=[+−\d.]+\])")
_SEPARATOR = re.compile("([:/._])")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write(title: str, date: str, sections: Sequence[Section]) -> str:
    """The whole report; everything that comes from outside is escaped."""
    names = sentences.names([section.run for section in sections])
    chapters = [
        _chapter(place, name, section)
        for place, (name, section) in enumerate(zip(names, sections, strict=True), 1)
    ]
    parts = [head(title), _header(title, date, names), "<main>", *chapters]
    parts += [_reading(sections[0].summary), "</main>", _footer(sections), "</body>", "</html>"]
    return "\n".join(parts) + "\n"


def table(grid: Grid, glyphs: dict[str, str]) -> str:
    """A grid as a real table: a body for each player, its name the head of its rows."""
    heads = "".join(
        f'<th scope="col"{_words(grid, place)}>{escape(name)}</th>'
        for place, name in enumerate(grid.header)
    )
    runs = [list(run) for _, run in itertools.groupby(grid.rows, key=lambda row: row[0])]
    single = all(len(run) == 1 for run in runs)
    bodies = [_rows(grid, run, glyphs) for run in runs]
    inner = (
        f'<tbody class="rows">{"".join(bodies)}</tbody>'
        if single
        else "".join(f"<tbody>{body}</tbody>" for body in bodies)
    )
    title = escape(grid.title)
    return (
        f'<div class="table"><h3>{title}</h3>\n<p class="note">{escape(grid.note)}</p>\n'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{title}, table">'
        f'<table aria-label="{title}"><thead><tr>{heads}</tr></thead>\n{inner}</table></div></div>'
    )


def head(title: str, extra: str = "") -> str:
    """The head of a page of its own that loads nothing: the house's style, then `extra` rules."""
    style = importlib.resources.files("webenvs.bench").joinpath("report.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}{extra}</style>\n</head>\n<body>"
    )


def _header(title: str, date: str, names: Sequence[str]) -> str:
    links = [(f"run-{place}", name) for place, name in enumerate(names, 1)]
    links.append(("reading", "How to read this"))
    items = "".join(f'<li><a href="#{anchor}">{_tied(name)}</a></li>' for anchor, name in links)
    eyebrow = "webenvs bench" + (f" · {escape(date)}" if date else "")
    return (
        f'<header>\n<p class="eyebrow">{eyebrow}</p>\n<h1>{escape(title)}</h1>\n'
        f'<nav aria-label="Contents"><ul>{items}</ul></nav>\n</header>'
    )


def _chapter(place: int, name: str, section: Section) -> str:
    """One run: headline, facts, figures, tables, power, command."""
    run, summary = section.run, section.summary
    glyphs = {player.player: figures.glyph(at) for at, player in enumerate(summary.players)}
    return "\n".join(
        [
            f'<section id="run-{place}" aria-labelledby="title-{place}">',
            f'<h2 id="title-{place}">{_heading(name)}</h2>',
            f'<p class="lead">{_typeset(escape(sentences.headline(summary)))}</p>',
            _facts(section),
            *_figures(summary, glyphs),
            *(table(grid, glyphs) for grid in grids(summary) if grid.rows),
            f'<p class="power">{_typeset(escape(sentences.power_line(summary)))}</p>',
            _command(run.command),
            "</section>",
        ]
    )


def _heading(name: str) -> str:
    """The environment, and quieter the settings that tell this run from the others."""
    env, comma, telling = name.partition(", ")
    return escape(env) + (f' <span class="telling">{_tied(telling)}</span>' if comma else "")


def _tied(name: str) -> str:
    """`name` with its settings unbroken by line ends."""
    return escape(name).replace(" = ", "&nbsp;=&nbsp;")


def _facts(section: Section) -> str:
    items = "".join(
        f"<dt>{escape(name)}</dt><dd{' class=digest' if 'digest' in name else ''}>"
        f"{escape(value)}</dd>"
        for name, value in sentences.facts(section.run)
    )
    return f"<dl>{items}</dl>"


def _figures(summary: Summary, glyphs: dict[str, str]) -> Iterator[str]:
    """The score figure in both widths, then the two plots side by side under their legend."""
    level = spelling.level(summary.level)
    note = f"Mean answer score, bar: {level} interval, dashed line: {summary.baseline}."
    wide = figures.scores(summary).replace("<svg ", '<svg class="wide" ', 1)
    narrow = figures.scores(summary, narrow=True).replace("<svg ", '<svg class="narrow" ', 1)
    yield _figure("Score", note, wide + narrow)
    hops, calls = figures.by_hops(summary), figures.against_calls(summary)
    plots = [
        ("Score by hops", f"Steps of reasoning a task takes; bar: {level} interval.", hops),
        ("Score against cost", f"Up and left is better; bar: {level} interval.", calls),
    ]
    shown = [_figure(*plot) for plot in plots if plot[2]]
    if shown:
        names = "".join(f"<li>{glyph}{escape(name)}</li>" for name, glyph in glyphs.items())
        yield f'<ul class="legend">{names}</ul>\n<div class="pair">{"".join(shown)}</div>'


def _figure(title: str, note: str, drawing: str) -> str:
    return (
        f"<figure><figcaption><h3>{escape(title)}</h3><p>{escape(note)}</p></figcaption>\n"
        f"{drawing}</figure>\n"
    )


def _rows(grid: Grid, rows: Sequence[tuple[str, ...]], glyphs: dict[str, str]) -> str:
    """The rows of one player under one head."""
    spans = f' rowspan="{len(rows)}"' if len(rows) > 1 else ""
    scope = "rowgroup" if len(rows) > 1 else "row"
    name = rows[0][0]
    head = f'<th scope="{scope}"{spans}>{glyphs.get(name, "")}{_name(name)}</th>'
    lines = []
    for at, row in enumerate(rows):
        cells = "".join(
            f"<td{_words(grid, place)}>{_typeset(escape(cell))}</td>"
            for place, cell in enumerate(row[1:], 1)
        )
        lines.append(f"<tr>{head if at == 0 else ''}{cells}</tr>\n")
    return "".join(lines)


def _words(grid: Grid, place: int) -> str:
    return ' class="words"' if place in grid.words else ""


def _typeset(markup: str) -> str:
    """Markup with true minus signs, and with intervals and percents that no line end splits."""
    markup = _MINUS.sub("−", markup).replace(" %", "\N{NO-BREAK SPACE}%")
    return _INTERVAL.sub("\\1,\N{NO-BREAK SPACE}", markup)


def _name(text: str) -> str:
    """A name that may break after its separators."""
    return _SEPARATOR.sub(r"\1<wbr>", escape(text))


def _command(command: str) -> str:
    if not command:
        return ""
    said = escape(command) if "\n" not in command else "\n".join(map(escape, _lines(command)))
    return f'<div class="table"><h3>Reproduce</h3>\n<pre><code>{said}</code></pre></div>'


def _lines(command: str) -> list[str]:
    return printable(command).split("\n")


def _reading(summary: Summary) -> str:
    items = "".join(f"<li>{escape(said)}</li>" for said in sentences.reading(summary))
    return (
        '<section id="reading" aria-labelledby="title-reading">\n'
        f'<h2 id="title-reading">How to read this</h2>\n<ol class="reading">{items}</ol>\n'
        "</section>"
    )


def _footer(sections: Sequence[Section]) -> str:
    versions = ", ".join(sorted({section.run.version for section in sections}))
    return (
        f"<footer>Written by webenvs {escape(versions)}. The same rows give the same bytes."
        "</footer>"
    )
