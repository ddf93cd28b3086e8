"""Pages from the paragraph files of multi-hop question sets: HotpotQA, 2Wiki, MuSiQue, HippoRAG.

A corpus file is an object of title -> sentences (HotpotQA) or a list of {title, text} (MuSiQue). A
question file is a list, or one object per line, whose rows carry `context` or `paragraphs`; it
gives the union of its paragraphs. Lists inside a string, as JSON or as a Python literal, are read.
"""

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.layouts import shortened
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.text import one_line, printable

SCHEME = "wiki://"

Passage = tuple[str, str]
"""Title and text of a paragraph, word for word as the file has them."""


class PassageUrls:
    """Gives urls to passages in the order of their coming."""

    def __init__(self) -> None:
        """Start with no url given."""
        self._urls: dict[Passage, str] = {}
        self._texts: dict[str, int] = {}

    def __contains__(self, passage: Passage) -> bool:
        return passage in self._urls

    def url(self, passage: Passage) -> str:
        """The url of `passage`: the one it has, or the next one of its title.

        `wiki://` and the percent-encoded title; from the second text of a title on, `#2`, `#3`, ...
        """
        if passage not in self._urls:
            stem = SCHEME + quote(printable(passage[0]), safe="")
            count = self._texts[stem] = self._texts.get(stem, 0) + 1
            self._urls[passage] = stem if count == 1 else f"{stem}#{count}"
        return self._urls[passage]


def passage_urls(passages: Iterable[Passage]) -> dict[Passage, str]:
    """The url of each passage of a corpus, given in the order of its file (see `PassageUrls`)."""
    urls = PassageUrls()
    return {passage: urls.url(passage) for passage in passages}


def literal(value: object) -> Any:
    """`value`, or what it says if it is a string that holds JSON or a Python literal.

    Raises ValueError for a string that holds neither.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"{value[:40]!r} is neither JSON nor a Python literal") from error


def row_passages(row: Mapping[str, Any]) -> list[Passage]:
    """The passages of one question: of its `context` (HotpotQA, 2Wiki) or `paragraphs` (MuSiQue).

    The text of a HotpotQA paragraph is its sentences joined without a blank. Raises ValueError if
    the row has neither field or one of another shape.
    """
    for field in ("context", "paragraphs"):
        if row.get(field):
            return [_passage(item) for item in _items(literal(row[field]))]
    raise ValueError("the row has no context and no paragraphs")


def read_paragraphs(
    path: Path, tally: Tally, progress: Callable[[int], None] | None = None
) -> Source:
    """The pages of a corpus file or a question file; `progress` gets the number of passages read.

    Raises CorpusError if the file is neither.
    """
    return _pages(_file_passages(path), tally, progress)


def _pages(
    passages: Iterable[Passage | Broken], tally: Tally, progress: Callable[[int], None] | None
) -> Source:
    urls = PassageUrls()
    for count, item in enumerate(passages, start=1):
        if progress:
            progress(count)
        if isinstance(item, Broken):
            yield item
        elif item in urls:
            tally.duplicates += 1
        else:
            title, text = item
            url = urls.url(item)
            page = Page(url=url, title=one_line(printable(title)), text=printable(text).strip())
            yield shortened(page, tally)


def _file_passages(path: Path) -> Iterator[Passage | Broken]:
    rows = _load(path)
    if isinstance(rows, dict):
        return _each(path, rows.items(), lambda item: [_passage(item)])
    if any(_is_question(row) for row in rows):
        return _each(path, rows, row_passages)
    return _each(path, rows, lambda item: [_passage(item)])


def _is_question(row: object) -> bool:
    return isinstance(row, dict) and not {"context", "paragraphs"}.isdisjoint(row)


def _load(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = _parsed(text)
    except (OSError, ValueError, RecursionError) as error:
        raise CorpusError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(found, dict | list) or not found:
        raise CorpusError(
            f"{path} is no paragraph file: it must hold an object of title -> sentences, "
            "a list of {title, text}, or questions with context or paragraphs."
        )
    return found


def _parsed(text: str) -> Any:
    """The JSON of `text`: one value, or a list of the values of its lines."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
        return [_parsed_line(line) for line in text.splitlines() if line.strip()]
    return [found] if _is_question(found) else found


def _parsed_line(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        return error


def _each(
    path: Path, items: Iterable[Any], passages: Callable[[Any], list[Passage]]
) -> Iterator[Passage | Broken]:
    for place, item in enumerate(items):
        if isinstance(item, ValueError):
            yield Broken(where=f"{path}[{place}]", reason=f"malformed line: {item}")
            continue
        try:
            yield from passages(item)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            yield Broken(where=f"{path}[{place}]", reason=f"no paragraph: {error}")


def _items(found: Any) -> Iterable[Any]:
    """The paragraphs of a row; the column form {title: [...], sentences: [...]} is turned."""
    if isinstance(found, dict):
        return zip(found["title"], found["sentences"], strict=True)
    return list(found)


def _passage(item: Any) -> Passage:
    """Title and text of one paragraph: [title, sentences], or an object with title and text."""
    if isinstance(item, dict):
        title, text = item["title"], item["text"] if "text" in item else item["paragraph_text"]
    else:
        title, text = item
    if not isinstance(text, str):
        text = "".join(text)
    if not isinstance(title, str) or not title or not text.strip():
        raise ValueError(f"title {title!r} or text is empty or no string")
    return title, text
