"""What a build of a corpus met: counted while a source is read, kept in the corpus as a report."""

import bisect
from array import array
from collections import Counter

import msgspec

from webenvs.corpora.corpus import Broken
from webenvs.records import Page, Record

EXAMPLES = 20
"""How many broken pages a report shows one by one; all are counted."""


class BuildReport(Record, frozen=True, kw_only=True):
    """The counts of one build.

    `broken_reasons` counts broken pages by the reason before its first colon. Links are `kept` if
    they lead to a page of the corpus, `outside` if they lead elsewhere, `broken` if they point at
    nothing in the source's own tree or are no url, `own` if they lead to the page they stand on.
    `duplicates` are passages met again word for word, `cut` pages over a size limit, `characters`
    the length of all texts. `dated` are the pages with a date, `languages` counts pages by
    language, `aliases` the addresses that lead to pages under other ones, `aliases_lost` redirects
    that lead to no page, `same_url` the pages that got a number because an earlier one has their
    url, `near_duplicates` the pages marked as
    the twin of another,
    `charset_guessed` pages whose encoding nothing declared, `charset_replaced` pages with bytes
    that were no text in theirs. `passed_over` counts by reason what an archive or a directory holds
    beside pages: images and other media, errors of servers, requests, sources of other kinds.
    """

    pages: int = 0
    characters: int = 0
    broken: int = 0
    broken_reasons: dict[str, int] = msgspec.field(default_factory=dict)
    broken_examples: tuple[Broken, ...] = ()
    duplicates: int = 0
    cut: int = 0
    links_kept: int = 0
    links_outside: int = 0
    links_broken: int = 0
    links_own: int = 0
    dated: int = 0
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    aliases: int = 0
    aliases_lost: int = 0
    same_url: int = 0
    near_duplicates: int = 0
    charset_guessed: int = 0
    charset_replaced: int = 0
    passed_over: dict[str, int] = msgspec.field(default_factory=dict)


def kept_links(page: Page) -> int:
    """The number of links that lead to a page."""
    return sum(not link.broken for link in page.links)


class Tally:
    """Counts in the making: a source adds what only it can see, the writer adds what it stores."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.duplicates = 0
        self.cut = 0
        self.links_outside = 0
        self.links_broken = 0
        self.links_own = 0
        self.links_kept = 0
        self.dated = 0
        self.aliases_lost = 0
        self.same_url = 0
        self.near_duplicates = 0
        self.languages: dict[str, int] = {}
        self.charset_guessed = 0
        self.charset_replaced = 0
        self.passed_over: Counter[str] = Counter()
        self._pages = 0
        self._characters = 0
        self._reasons: dict[str, int] = {}
        self._examples: list[Broken] = []
        self._files: list[tuple[int, str]] = []
        self._lines = array("Q")

    def at(self, file: str, line: int) -> None:
        """Note where the page lies that the source hands out next."""
        if not self._files or self._files[-1][1] != file:
            self._files.append((len(self._lines), file))
        self._lines.append(line)

    def where(self, ordinal: int) -> str:
        """Where the page lay that the source handed out as number `ordinal`, counted from 0."""
        if ordinal < len(self._lines):
            file = bisect.bisect_right(self._files, ordinal, key=lambda begin: begin[0]) - 1
            return f"{self._files[file][1]}:{self._lines[ordinal]}"
        return f"page {ordinal + 1} of the source"

    def add(self, item: Page | Broken) -> None:
        """Count one item of a source."""
        if isinstance(item, Page):
            self._pages += 1
            self._characters += len(item.text)
            self.links_kept += kept_links(item)
            self.dated += bool(item.date)
            return
        reason = item.reason.partition(":")[0]
        self._reasons[reason] = self._reasons.get(reason, 0) + 1
        if len(self._examples) < EXAMPLES:
            self._examples.append(item)

    def drop(self, page: Page) -> None:
        """Take back a page that was counted and is a duplicate, word for word."""
        self._pages -= 1
        self._characters -= len(page.text)
        self.links_kept -= kept_links(page)
        self.dated -= bool(page.date)
        self.duplicates += 1

    def report(self) -> BuildReport:
        """The counts so far."""
        return BuildReport(
            pages=self._pages,
            characters=self._characters,
            broken=sum(self._reasons.values()),
            broken_reasons=dict(sorted(self._reasons.items())),
            broken_examples=tuple(self._examples),
            duplicates=self.duplicates,
            cut=self.cut,
            links_kept=self.links_kept,
            links_outside=self.links_outside,
            links_broken=self.links_broken,
            links_own=self.links_own,
            dated=self.dated,
            languages=dict(sorted(self.languages.items())),
            aliases_lost=self.aliases_lost,
            same_url=self.same_url,
            near_duplicates=self.near_duplicates,
            charset_guessed=self.charset_guessed,
            charset_replaced=self.charset_replaced,
            passed_over=dict(sorted(self.passed_over.items())),
        )
