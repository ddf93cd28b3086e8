"""Vectors from any OpenAI-compatible server, through `POST /embeddings`."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from webenvs.errors import CorpusError
from webenvs.search.embedders.embedder import Use, Vectors, unit_rows
from webenvs.search.remote.server import Credentials, Server, address
from webenvs.seeding import digest
from webenvs.text import clip

TIMEOUT_S = 120.0
RETRIES = 4
"""So often a failure that may pass is asked again; one more and it is final."""

_PATH = "/embeddings"
_PROBE = "webenvs"


class EndpointEmbedder:
    """An embedder behind a URL; how it is asked, and asked again, is said by `Server`."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        dims: int = 0,
        key: str = "",
        batch: int = 64,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask the server how long its vectors are; `dims` above 0 asks it for so many.

        `key` is sent as a bearer token, over https or to this machine only, and stands in no
        error. Raises SettingError for another address, SearchServerError for a server that fails.
        """
        self._who = f"The embeddings server at {url}"
        self._model = model
        self._wanted = dims
        self._batch = batch
        self._server = Server(
            address(url, _PATH),
            Credentials("Bearer", key),
            timeout=TIMEOUT_S,
            retries=RETRIES,
            pause=pause,
        )
        self._dims: int | None = dims or None
        self._dims = self.encode([_PROBE], "passage").shape[1]

    @property
    def fingerprint(self) -> str:
        """A digest of the model's name and the length of its vectors: a server tells no more."""
        return digest(["endpoint", self._model, self._dims])

    @property
    def dims(self) -> int:
        """The length of every vector."""
        return self._dims or 0

    def encode(self, texts: Sequence[str], use: Use) -> Vectors:
        """One row of unit length for each text; a query is asked alone.

        Raises SearchServerError if the server fails for good, CorpusError for what are no such
        vectors.
        """
        step = 1 if use == "query" else self._batch
        parts = [self._asked(texts[at : at + step]) for at in range(0, len(texts), step)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dims), np.float32)

    def _asked(self, texts: Sequence[str]) -> Vectors:
        body: dict[str, Any] = {"model": self._model, "input": list(texts)}
        body["encoding_format"] = "float"
        if self._wanted:
            body["dimensions"] = self._wanted
        answer = self._server.answer(body)
        rows = [self._row(entry) for entry in self._ordered(answer, len(texts))]
        return unit_rows(rows, len(texts), self._dims, self._who)

    def _ordered(self, answer: Any, count: int) -> list[Mapping[str, Any]]:
        """The entries of an answer in the order of their indexes, one for each text."""
        entries = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(entries, list) or not all(isinstance(one, Mapping) for one in entries):
            raise CorpusError(f'{self._who} returned no list of objects under "data".')
        places = [entry.get("index", place) for place, entry in enumerate(entries)]
        if any(type(place) is not int for place in places) or sorted(places) != list(range(count)):
            raise CorpusError(
                f"{self._who} returned vectors of the indexes {clip(str(places), 100)} for "
                f"{count} texts."
            )
        return [entry for _, entry in sorted(zip(places, entries, strict=True), key=_first)]

    def _row(self, entry: Mapping[str, Any]) -> list[float]:
        row = entry.get("embedding")
        if not isinstance(row, list) or not all(type(one) in (int, float) for one in row):
            shown = clip(repr(row), 60)
            raise CorpusError(
                f'{self._who} returned an "embedding" that is no list of numbers: {shown}.'
            )
        return row


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]
