"""What a source of real pages gives: pages, and rows for a file of triples over them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from webenvs.records import Link, Page, Record

RowFields = dict[str, Any]
_BLANKS = re.compile(r"\s+")


class Collected(Record, frozen=True, kw_only=True):
    """Pages in any order, rows for `webenvs.corpora.triples`, and what was left out, counted."""

    pages: tuple[Page, ...]
    rows: tuple[RowFields, ...]
    left_out: dict[str, int]


@dataclass
class Sheet:
    """A page in the making: lines of text with links, and the line that states each fact."""

    url: str
    title: str
    text: str = ""
    links: list[Link] = field(default_factory=list)

    def line(self, text: str, links: Iterable[tuple[str, str]] = ()) -> str:
        """Append a line, one blank for each run of them; `links` are anchors in it with their urls.

        Returns the line as it stands on the page.
        """
        told = _BLANKS.sub(" ", text).strip()
        start = len(self.text)
        for anchor, url in links:
            place = told.find(anchor)
            if place >= 0:
                self.links.append(Link(anchor=anchor, url=url, position=start + place))
        self.text += f"{told}\n"
        return told

    def link(self, anchor: str, url: str) -> None:
        """Append linked text."""
        self.links.append(Link(anchor=anchor, url=url, position=len(self.text)))
        self.text += anchor

    def page(self) -> Page:
        """The page, its links in the order of their places."""
        links = tuple(sorted(self.links, key=lambda link: (link.position, link.url)))
        return Page(url=self.url, title=self.title, text=self.text.rstrip(), links=links)


@dataclass
class Ledger:
    """The rows of a source: declarations first, each fact once with all its passages."""

    facts: dict[tuple[str, str, Any], list[RowFields]] = field(default_factory=dict)
    entities: dict[str, RowFields] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def entity(self, entity_id: str, type_name: str, **fields: Any) -> str:
        """Declare an entity once, and return its id."""
        self.entities.setdefault(entity_id, {"id": entity_id, "type": type_name, **fields})
        return entity_id

    def fact(self, subject: str, relation: str, value: str | int, url: str, passage: str) -> None:
        """State a fact, or one more passage for it."""
        evidence = self.facts.setdefault((subject, relation, value), [])
        if {"url": url, "text": passage} not in evidence:
            evidence.append({"url": url, "text": passage})

    def skip(self, what: str) -> None:
        """Count something that is not clear enough to be a fact."""
        self.left_out[what] = self.left_out.get(what, 0) + 1

    def rows(self, words: Iterable[RowFields]) -> Iterator[RowFields]:
        """All rows: the words of types and relations, entities, facts."""
        yield from words
        for fields in self.entities.values():
            yield {"entity": fields}
        for (subject, relation, value), evidence in self.facts.items():
            yield {
                "subject": subject,
                "relation": relation,
                "object": value,
                "evidence": evidence,
            }
