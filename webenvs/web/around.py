"""What noise sees of the clean web around a call."""

from collections.abc import Sequence
from typing import Protocol

from webenvs.corpora.corpus import Corpus
from webenvs.errors import UnavailableError
from webenvs.records import Claim, Hit, Page
from webenvs.search.retriever import Retriever


class Lore(Protocol):
    """What is known of a corpus beyond its pages."""

    def claims(self, url: str) -> Sequence[Claim]:
        """The values that the page states, in the order of their places."""
        ...

    def namesakes(self, url: str) -> Sequence[str]:
        """The pages about other things that go by the same name as this page's, ascending."""
        ...


class Surroundings:
    """A corpus, its engine and its lore as noise models may ask them."""

    def __init__(self, corpus: Corpus, retriever: Retriever, lore: Lore | None) -> None:
        self._corpus, self._retriever, self.lore = corpus, retriever, lore

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """The clean hits of any query; none where a recording that is replayed has no answer."""
        try:
            return self._retriever.search(query, k)
        except UnavailableError:
            return ()

    def page(self, url: str) -> Page | None:
        """The clean page at a url of the corpus."""
        index = self._corpus.index(url)
        return None if index is None else self._corpus.page(index)

    def claims(self, url: str) -> Sequence[Claim]:
        """What the page states, if the corpus has lore."""
        return self.lore.claims(url) if self.lore else ()

    def namesakes(self, url: str) -> Sequence[str]:
        """The pages of namesakes, if the corpus has lore."""
        return self.lore.namesakes(url) if self.lore else ()

    def url(self, number: int) -> str:
        """The url of page `number`, modulo their count."""
        return self._corpus.url(number % len(self._corpus))
