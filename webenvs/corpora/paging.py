"""A page as a player reads it: cut into parts, each with the links that stand in it."""

import bisect

from webenvs.records import Page

LINKS_SHOWN = 40
"""The links listed with a part, unless all are asked for."""


class PagedPage:
    """A page cut into parts of at most `size` characters of text, each ready to show."""

    __slots__ = ("_shown", "page", "starts")

    def __init__(self, page: Page, size: int) -> None:
        self.page = page
        self.starts = _part_starts(page.text, size)
        self._shown = tuple(self._show(part, LINKS_SHOWN) for part in range(1, self.parts + 1))

    @property
    def parts(self) -> int:
        """How many parts there are, at least one."""
        return len(self.starts)

    def content(self, part: int, *, whole: bool = False) -> str:
        """Part `part`, counted from 1: title, url, place, text, links; every link if `whole`."""
        return self._show(part, len(self.page.links)) if whole else self._shown[part - 1]

    def part_of(self, position: int) -> int:
        """The number of the part that holds the character at `position`."""
        return max(1, bisect.bisect_right(self.starts, position))

    def _show(self, part: int, most: int) -> str:
        """One part with at most so many of the links that stand in it."""
        page, last = self.page, part == self.parts
        start, end = (*self.starts, len(page.text))[part - 1 : part + 1]
        lines = [page.title, f"{page.url} (page {part} of {self.parts})"]
        lines += ["", page.text[start:end].strip()]
        links = [
            (place, link)
            for place, link in enumerate(page.links)
            if start <= link.position < end or (last and link.position >= end)
        ]
        if links:
            lines += ["", "Links:"]
            lines += [f"[{place}] {link.anchor} -> {link.url}" for place, link in links[:most]]
        if len(links) > most:
            lines.append(f"... and links [{links[most][0]}] to [{links[-1][0]}]")
        return "\n".join(lines)


def _part_starts(text: str, size: int) -> tuple[int, ...]:
    """Where the parts of `text` begin: at most `size` characters each, cut at a line or a blank."""
    starts = [0]
    while len(text) - starts[-1] > size:
        start = starts[-1]
        least = start + size // 2
        for mark in ("\n", ". ", " "):
            cut = text.rfind(mark, least, start + size)
            if cut > 0:
                starts.append(cut + len(mark))
                break
        else:
            starts.append(start + size)
    return tuple(starts)
