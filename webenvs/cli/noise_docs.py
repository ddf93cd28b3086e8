"""The tables of docs/noise.md that come from the code, between marks, so that they cannot lie."""

import re
from collections.abc import Callable, Mapping

import msgspec

from webenvs.noise.compact import noise_from
from webenvs.noise.presets import PRESETS
from webenvs.noise.table import GROUPS, OPENING, TABLE, Kind, model_of
from webenvs.web.tools import TOOLS

_BEGIN = "<!-- {name}: written by a script -->\n"
_END = "<!-- end of {name} -->"


def kinds() -> str:
    """Every kind of noise: what it does, what each draw decides about, its options."""
    lines = [
        "| kind | what happens | drawn for each | on | tried again | options |",
        "|---|---|---|---|---|---|",
    ]
    for group in GROUPS:
        rows = [(name, kind) for name, kind in TABLE.items() if kind.group == group]
        lines += [f"| **{group}** | | | | | |"] if rows else []
        lines += [_row(name, kind) for name, kind in rows]
    return "\n".join(lines)


def presets() -> str:
    """Every preset with the noise that it stands for."""
    lines = ["| preset | kinds | text |", "|---|---:|---|"]
    for name, text in PRESETS.items():
        shown = f"`{text}`" if text else ""
        lines.append(f"| `{name}` | {len(noise_from(text))} | {shown} |")
    return "\n".join(lines)


BLOCKS: Mapping[str, Callable[[], str]] = {"kinds": kinds, "presets": presets}
"""What stands between the marks of each name."""


def refreshed(document: str, blocks: Mapping[str, str] | None = None) -> str:
    """A document with the text between its marks as it is now; `blocks` are further texts by name.

    Marks that a document has not are passed over.
    """
    texts = {**{name: make() for name, make in BLOCKS.items()}, **(blocks or {})}
    for name, text in texts.items():
        begin, end = _BEGIN.format(name=name), _END.format(name=name)
        marked = re.compile(f"{re.escape(begin)}(?:.*?\n)?{re.escape(end)}", re.DOTALL)
        whole = f"{begin}{text}\n{end}"
        document = marked.sub(lambda _, whole=whole: whole, document)  # type: ignore[misc]  # binds the turn
    return document


def _row(name: str, kind: Kind) -> str:
    again = "stays as it was" if kind.sticky else "is drawn anew"
    if kind.timed:
        again = "depends on when"
    if kind.unit in ("role", "seat"):
        again = "once an episode"
    lore = " (needs the knowledge behind the corpus)" if kind.lore else ""
    return (
        f"| `{name}` | {kind.meaning}{lore} | {kind.unit} | {_tools(kind.tools)} | {again} | "
        f"{_options(name)} |"
    )


def _tools(tools: tuple[str, ...]) -> str:
    if set(tools) == set(TOOLS):
        return "every web tool"
    if set(tools) == set(OPENING):
        return "what shows pages"
    return ", ".join(tools)


def _options(name: str) -> str:
    """The fields of a model with their defaults."""
    model = model_of(name, {})
    values = {
        field.name: msgspec.json.encode(getattr(model, field.name)).decode()
        for field in msgspec.structs.fields(model)
    }
    return ", ".join(f"`{field}={value}`" for field, value in values.items()).replace("|", "\\|")
