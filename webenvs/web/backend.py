"""Where the web's answers come from: the contract, a frozen corpus, and the world without answers.

`Web` asks a backend for an address, a page or hits, and does all the rest itself: budgets, parts,
noise and wording are the same whatever answers. Other backends are `recorded.RecordedWeb` and
`live.LiveWeb`; one of your own is an object that is passed to `Web`.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.urls import forms
from webenvs.errors import UnavailableError
from webenvs.noise.model import Failure
from webenvs.records import Hit, Page
from webenvs.search.retriever import Retriever

UNRECORDED = "There is no answer to this request: it was not recorded."


@runtime_checkable
class Backend(Protocol):
    """What `Web` asks. What cannot be had is a `Failure`, never an exception.

    A fault that is not the web's (a damaged file) raises CorpusError and ends the episode.
    """

    @property
    def settings(self) -> Mapping[str, Any]:
        """What tells it from other backends on the same corpus, JSON-able; empty for the corpus."""
        ...

    @property
    def mute(self) -> bool:
        """Whether it answers nothing: then every call gets its own echo, and nobody is asked."""
        ...

    def canonical(self, address: str) -> str:
        """One spelling for the addresses that mean one page, as far as that is known unasked."""
        ...

    def resolve(self, address: str) -> str | None:
        """The url of the page that an address means; None if there can be no page."""
        ...

    def page(self, url: str) -> Page | Failure:
        """The page at a url that `resolve` gave."""
        ...

    def search(self, query: str, k: int) -> tuple[Hit, ...] | Failure:
        """At most `k` hits, best first."""
        ...


class CorpusBackend:
    """A frozen corpus and its engine: every answer is the same for ever."""

    mute = False

    def __init__(self, corpus: Corpus, retriever: Retriever) -> None:
        self._corpus, self._retriever = corpus, retriever

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing: corpus and engine tell themselves."""
        return {}

    def canonical(self, address: str) -> str:
        """The url of the page, or the address without blanks around it."""
        return resolved(self._corpus, address) or address.strip()

    def resolve(self, address: str) -> str | None:
        """The url of the page that an address means."""
        return resolved(self._corpus, address)

    def page(self, url: str) -> Page | Failure:
        """The page at exactly this url or alias; raises LookupError if there is none."""
        index = self._corpus.index(url)
        if index is None:
            raise LookupError(url)
        return self._corpus.page(index)

    def search(self, query: str, k: int) -> tuple[Hit, ...] | Failure:
        """The hits of the engine; a failure where it is replayed and the query not recorded."""
        try:
            return self._retriever.search(query, k)
        except UnavailableError:
            return unavailable()


class PriorWorld:
    """No web at all: what is asked is echoed, so that only knowledge and form can be trained."""

    mute = True

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its name."""
        return {"backend": "prior"}

    def canonical(self, address: str) -> str:
        """The address without blanks around it."""
        return address.strip()

    def resolve(self, address: str) -> str | None:
        """Nothing: there is no page."""
        return None

    def page(self, url: str) -> Page | Failure:
        """Nothing can be had."""
        return unavailable()

    def search(self, query: str, k: int) -> tuple[Hit, ...] | Failure:
        """Nothing is found."""
        return ()


def resolved(corpus: Corpus, address: str) -> str | None:
    """The url of the page that an address means, in any of its forms, or that an alias leads to."""
    for form in forms(address):
        index = corpus.index(form)
        if index is not None:
            return corpus.url(index)
    return None


def unavailable(content: str = UNRECORDED) -> Failure:
    """The failure of a request that nobody can answer."""
    return Failure(status="unavailable", content=content)
