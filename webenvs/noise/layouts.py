"""The ways in which search results can be written, and the noise that picks another than usual.

Every layout carries rank, title, url and snippet of every hit, so that nothing is lost with it.
"""

import json
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from webenvs.errors import unknown_name
from webenvs.noise.draw import Draw
from webenvs.noise.model import Desk, Detail, Toolset
from webenvs.records import Hit, Record, Tool
from webenvs.text import one_line


def _plain(hits: Sequence[Hit]) -> str:
    return "\n".join([f"{hit.rank}. {hit.title}\n   {hit.url}\n   {hit.snippet}" for hit in hits])


def _json_lines(hits: Sequence[Hit]) -> str:
    return "\n".join([json.dumps(_fields(hit), ensure_ascii=False) for hit in hits])


def _json(hits: Sequence[Hit]) -> str:
    return json.dumps({"results": [_fields(hit) for hit in hits]}, ensure_ascii=False, indent=1)


def _fields(hit: Hit) -> dict[str, str | int]:
    return {"rank": hit.rank, "title": hit.title, "link": hit.url, "description": hit.snippet}


def _markdown(hits: Sequence[Hit]) -> str:
    shown = [(hit, one_line(hit.title), one_line(hit.snippet)) for hit in hits]
    return "\n".join([f"{hit.rank}. [{title}](<{hit.url}>): {text}" for hit, title, text in shown])


def _tags(hits: Sequence[Hit]) -> str:
    """Tags as chat models know them, not XML: nothing in them is escaped."""
    entries = [
        f'<result rank="{hit.rank}">\n<url>{hit.url}</url>\n<title>{hit.title}</title>\n'
        f"<snippet>{hit.snippet}</snippet>\n</result>"
        for hit in hits
    ]
    return "\n".join(["<results>", *entries, "</results>"])


def _blocks(hits: Sequence[Hit]) -> str:
    entries = [
        f"Result: {hit.rank}\nText: {one_line(hit.snippet)}\nSource: {hit.url}\n"
        f"Name: {one_line(hit.title)}"
        for hit in hits
    ]
    return "\n\n".join(entries)


def _table(hits: Sequence[Hit]) -> str:
    rows = [
        f"| {hit.rank} | {one_line(hit.title)} | {hit.url} | {one_line(hit.snippet)} |"
        for hit in hits
    ]
    return "\n".join(["| rank | title | url | snippet |", "| --- | --- | --- | --- |", *rows])


def _compact(hits: Sequence[Hit]) -> str:
    return "\n".join(
        [
            f"{hit.url} - {one_line(hit.title)} - {one_line(hit.snippet)} [{hit.rank}]"
            for hit in hits
        ]
    )


LAYOUTS: Mapping[str, Callable[[Sequence[Hit]], str]] = {
    "": _plain,
    "json-lines": _json_lines,
    "json": _json,
    "markdown": _markdown,
    "tags": _tags,
    "blocks": _blocks,
    "table": _table,
    "compact": _compact,
}
"""By name; the empty one is the usual way."""

OTHERS: tuple[str, ...] = tuple([name for name in LAYOUTS if name])
"""All but the usual one."""


def laid_out(hits: Sequence[Hit], layout: str) -> str:
    """The hits as text in this layout."""
    return LAYOUTS[layout](hits)


class Reformat(Record, frozen=True, kw_only=True):
    """Search results are written in another way than usual, one of `layouts`, all episode long."""

    layouts: tuple[str, ...] | str = OTHERS

    def __post_init__(self) -> None:
        for name in self._allowed:
            if name not in OTHERS:
                raise ValueError(str(unknown_name("layout", name, OTHERS)))
        if not self._allowed:
            raise ValueError(f"layouts must name at least one of {', '.join(OTHERS)}")

    @property
    def _allowed(self) -> tuple[str, ...]:
        return (self.layouts,) if isinstance(self.layouts, str) else self.layouts

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """The tools with the layout that was drawn."""
        layout = draw.choice(self._allowed, "reformat", "layout")
        return replace(shown, layout=layout), {"layout": layout}
