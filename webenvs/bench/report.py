"""A report on disk: JSON with everything, Markdown, and one self-contained HTML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from webenvs.bench import markdown, page
from webenvs.bench.summary import Section
from webenvs.errors import bad_setting
from webenvs.records import Record
from webenvs.seeding import canonical_json
from webenvs.text import printable
from webenvs.writing import written_aside

TITLE = "Benchmark report"


class Document(Record, frozen=True, kw_only=True):
    """What `report.json` holds; `date` is what the caller passed."""

    title: str
    date: str
    sections: tuple[Section, ...]


class Written(Record, frozen=True, kw_only=True):
    """Where the three files of a report lie."""

    json: str
    markdown: str
    html: str


def write_report(
    sections: Sequence[Section], out: str | Path, *, title: str = TITLE, date: str = ""
) -> Written:
    """Write report.json, report.md and report.html into the folder `out`, made if need be.

    The same sections, title and date give the same bytes. Each file is written aside and then
    renamed, so a reader never sees half of one. Raises SettingError without sections, or if `out`
    is not a folder.
    """
    if not sections:
        raise bad_setting("sections", [], "one or more runs with their summaries")
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise bad_setting("out", str(out), "a folder, or a path where one can be made")
    document = Document(title=title, date=date, sections=tuple(sections))
    texts = {
        "report.json": json_text(document),
        "report.md": markdown.write(title, date, sections),
        "report.html": page.write(title, date, sections),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        put(folder / name, text)
    return Written(
        json=str(folder / "report.json"),
        markdown=str(folder / "report.md"),
        html=str(folder / "report.html"),
    )


def json_text(record: Record) -> str:
    """A record as JSON with sorted keys and one value a line."""
    content = canonical_json(_carried(msgspec.to_builtins(record)))
    return msgspec.json.format(content, indent=1).decode() + "\n"


def _carried(value: Any) -> Any:
    """`value` with every text such that UTF-8 can carry it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(str(name)): _carried(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_carried(each) for each in value]
    return value


def put(path: Path, text: str) -> None:
    """Put `text` at `path` in one step; raises SettingError for what is there and no file."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")
