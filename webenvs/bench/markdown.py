"""A report as Markdown: headings, facts and tables in plain text."""

import re
from collections.abc import Iterator, Sequence

from webenvs.bench import sentences
from webenvs.bench.grids import Grid, grids
from webenvs.bench.summary import Section
from webenvs.text import one_line, printable

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_FENCE = re.compile("`{3,}")


def write(title: str, date: str, sections: Sequence[Section]) -> str:
    """The whole report, one chapter for each section."""
    parts = [f"# {escape(title)}"] + ([escape(date)] if date else [])
    names = sentences.names([section.run for section in sections])
    for name, section in zip(names, sections, strict=True):
        parts += _chapter(name, section)
    parts += ["## How to read this", " ".join(sentences.reading(sections[0].summary))]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` as one line that Markdown and HTML show as it is."""
    plain = one_line(printable(text)).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", plain)


def table(grid: Grid) -> str:
    """A grid as a Markdown table, numbers to the right."""
    rules = ["---" if place in grid.words else "---:" for place in range(len(grid.header))]
    lines = [[escape(name) for name in grid.header], rules]
    lines += [[escape(row[0]), *(_numbers(cell) for cell in row[1:])] for row in grid.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _chapter(name: str, section: Section) -> Iterator[str]:
    """The parts of one section: headline, facts, command, tables, power."""
    run, summary = section.run, section.summary
    yield f"## {escape(name)}"
    yield escape(sentences.headline(summary))
    yield "\n".join(f"- {fact}: {escape(value)}" for fact, value in sentences.facts(run))
    if run.command:
        yield f"Reproduce:\n\n{code(run.command)}"
    for grid in grids(summary):
        if grid.rows:
            yield f"### {grid.title}\n\n{escape(grid.note)}\n\n{table(grid)}"
    yield escape(sentences.power_line(summary))


def _numbers(cell: str) -> str:
    """A cell without a name in it: brackets of intervals need no escape inside a table."""
    return cell.replace("|", "\\|") or " "


def code(command: str) -> str:
    """A fenced block, its fence longer than any in the command."""
    longest = max((len(found) for found in _FENCE.findall(command)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}sh\n{printable(command)}\n{fence}"
