"""The urls of a benchmark's paragraphs: those that a corpus of the same paragraphs gives them."""

from collections.abc import Iterable

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.sources.paragraphs import Passage, passage_urls, row_passages
from webenvs.tasks.rows import Row
from webenvs.text import printable


class PassageFinder:
    """Finds the url of a paragraph, in a given corpus by its text, else by the order of the file.

    Two paragraphs of one title differ by a number that follows the order of the corpus file. The
    order of the question file gives the same numbers only where the corpus was built of it, or of
    a corpus file in that order; a corpus leaves nothing to chance.
    """

    def __init__(self, rows: Iterable[Row], corpus: Corpus | None) -> None:
        """Number the paragraphs of `rows`, or get ready to look into `corpus`."""
        self._corpus = corpus
        self._numbered = {} if corpus else passage_urls(_all_passages(rows))

    def url(self, title: str, text: str | None) -> str:
        """The url of a paragraph; without a text, that of the first paragraph of the title.

        Where the corpus does not hold the text, it is a url that the corpus does not hold.
        """
        first = passage_urls([(title, "")])[title, ""]
        if text is None:
            return first
        if self._corpus is None:
            return self._numbered[title, text]
        return _with_text(self._corpus, first, printable(text).strip())


def passages_of(row: Row) -> list[Passage]:
    """(title, text) of the row's paragraphs, in order; none if it carries none."""
    if not row.has("context", "paragraphs"):
        return []
    try:
        return row_passages(row.fields)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as wrong:
        field = "context" if row.has("context") else "paragraphs"
        raise row.error(field, f"cannot be read as paragraphs ({wrong})") from None


def _all_passages(rows: Iterable[Row]) -> Iterable[Passage]:
    return (passage for row in rows for passage in passages_of(row))


def _with_text(corpus: Corpus, first: str, text: str) -> str:
    """The url among first, first#2, ... whose page has this text, else the first that is free."""
    url, count = first, 1
    while (index := corpus.index(url)) is not None:
        if corpus.page(index).text == text:
            break
        count += 1
        url = f"{first}#{count}"
    return url
