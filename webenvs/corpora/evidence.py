"""Where a page states a fact: passages given by a file of triples, checked or found."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.inference import Stated
from webenvs.corpora.knowledge import Entity, Knowledge, Place, Relation, plain
from webenvs.errors import CorpusError

_FIELDS = ("url", "start", "end", "text")
_NEAR = 25
_BREAK = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])|\n+")


class Evidence:
    """The pages of a corpus, and the words that entities and values have on them."""

    def __init__(
        self, corpus: Corpus, entities: Mapping[str, Entity], relations: Mapping[str, Relation]
    ) -> None:
        self._corpus = corpus
        self._words = Knowledge(entities.values(), relations.values(), (), (), corpus, "words")
        self._text = lru_cache(maxsize=256)(self._page_text)

    def place(self, one: Stated, item: str | dict[str, Any]) -> Place:
        """The passage that an item of a fact's evidence names; it spells the fact's object.

        Raises CorpusError if the page is not there, if the passage lies outside of it, or if it
        does not spell the object. Of a page that spells the object only in its title, the passage
        is all of the text.
        """
        line = one.line
        fields: dict[str, Any] = {"url": item} if isinstance(item, str) else item
        for field in fields:
            if field not in _FIELDS:
                raise line.error("evidence", field, "unknown field of an evidence", _FIELDS)
        url = fields.get("url")
        if not isinstance(url, str) or self._corpus.index(url) is None:
            raise self._unknown_page(one, url)
        text = self._text(url)
        names = self._words.spellings(one.object, one.relation)
        if "text" in fields:
            start, end = self._quoted(one, url, text, fields["text"])
        elif "start" in fields or "end" in fields:
            start, end = self._bounds(one, text, fields)
        else:
            return self._found(one, url, text, names)
        if not _spells(text[start:end], names):
            raise line.error(
                "evidence",
                text[start:end],
                f"the passage {start} to {end} of {url} does not spell the object "
                f"{one.object!r} ({' or '.join(map(repr, names))})",
            )
        return Place(url, start, end)

    def _found(self, one: Stated, url: str, text: str, names: Sequence[str]) -> Place:
        """The sentence or line that first spells the object."""
        spans = [span for name in names if (span := _span(text, name))]
        if spans:
            start, end = min(spans)
            return Place(url, *_sentence(text, start, end))
        index = self._corpus.index(url)
        title = "" if index is None else self._corpus.page(index).title
        if _spells(title, names):
            return Place(url, 0, len(text))
        raise one.line.error(
            "evidence",
            url,
            f"the page does not spell the object {one.object!r} ({' or '.join(map(repr, names))}); "
            "name another page, or declare the entity with the alias that the page has",
        )

    def _quoted(self, one: Stated, url: str, text: str, quoted: Any) -> tuple[int, int]:
        if not isinstance(quoted, str) or not quoted.strip():
            raise one.line.error("evidence", quoted, "'text' must be a passage of the page")
        start = text.find(quoted)
        if start < 0:
            raise one.line.error("evidence", quoted, f"the page {url} has no such passage")
        return start, start + len(quoted)

    def _bounds(self, one: Stated, text: str, fields: Mapping[str, Any]) -> tuple[int, int]:
        start, end = fields.get("start"), fields.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
            return start, end
        raise one.line.error(
            "evidence",
            {"start": start, "end": end},
            f"start and end must be characters of the page, 0 <= start < end <= {len(text)}",
        )

    def _unknown_page(self, one: Stated, url: object) -> CorpusError:
        if not isinstance(url, str):
            return one.line.error("evidence", url, "an evidence needs a url")
        place = bisect_left(range(len(self._corpus)), url, key=self._corpus.url)
        near = range(max(0, place - _NEAR), min(len(self._corpus), place + _NEAR))
        error = one.line.error(
            "evidence",
            url,
            f"no page of the corpus {self._corpus.name!r} has this url",
            [self._corpus.url(index) for index in near],
        )
        told = str(error).partition(" Allowed: ")[0]
        return CorpusError(told)

    def _page_text(self, url: str) -> str:
        index = self._corpus.index(url)
        return "" if index is None else self._corpus.page(index).text


def _spells(passage: str, names: Sequence[str]) -> bool:
    words = plain(passage)
    return any(plain(name) in words for name in names if plain(name).strip())


def _span(text: str, name: str) -> tuple[int, int] | None:
    """Where a text first has the words of a name, whatever stands between them."""
    words = [re.escape(word) for word in plain(name).split()]
    if not words:
        return None
    found = re.search(r"(?<!\w)" + r"[\W_]+".join(words) + r"(?!\w)", text, re.IGNORECASE)
    return found.span() if found else None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence or line around a span."""
    first = 0
    for mark in _BREAK.finditer(text, max(0, start - 2000), start):
        first = mark.end()
    after = _BREAK.search(text, end)
    return first, after.start() if after else len(text)
