"""An embedder whose vectors are kept for ever, so that a query always has the same one."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from webenvs.errors import CorpusError
from webenvs.recording.recording import Recording
from webenvs.search.embedders.embedder import Embedder, Use, Vectors


class RecordedEmbedder:
    """What another embedder said, kept in a recording; the other is made when it is first needed.

    In replay mode it never is: a text that was not recorded raises UnavailableError. `name` stands
    in every request and must hold no secret. Of an embedder whose `passages` are not kept, only
    the vectors of queries are.
    """

    def __init__(
        self, name: str, make: Callable[[], Embedder], recording: Recording, *, passages: bool
    ) -> None:
        self._name = name
        self._make = make
        self._made: Embedder | None = None
        self._recording = recording
        self._passages = passages
        told = recording.answer({"embedder": name}, self._described)
        if not isinstance(told, Mapping) or set(told) != {"fingerprint", "dims"}:
            raise CorpusError(f"{recording.directory} is damaged: it says {told!r} of {name!r}.")
        self._fingerprint = str(told["fingerprint"])
        self._dims = int(told["dims"])

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the other, as recorded."""
        return self._fingerprint

    @property
    def dims(self) -> int:
        """The length of every vector."""
        return self._dims

    def encode(self, texts: Sequence[str], use: Use) -> Vectors:
        """One row for each text: the recorded one, or what the other says now."""
        if use == "passage" and not self._passages:
            return self._other().encode(texts, use)
        requests = [self._request(text, use) for text in texts]
        found: list[Any] = [self._recorded(request) for request in requests]
        missing = [place for place, value in enumerate(found) if value is None]
        if missing:
            # Made before anything is kept, so that a model that has changed is found out.
            other = self._other()
            fresh = other.encode([texts[place] for place in missing], use)
            for place, row in zip(missing, fresh, strict=True):
                told = base64.b64encode(row.astype("<f4").tobytes()).decode()
                found[place] = self._kept(requests[place], told)
        rows = [np.frombuffer(base64.b64decode(value), dtype="<f4") for value in found]
        who = f"The recording in {self._recording.directory}"
        if any(len(row) != self._dims for row in rows):
            raise CorpusError(f"{who} holds vectors that are not of {self._dims} dimensions.")
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, self._dims), np.float32)

    def _request(self, text: str, use: Use) -> dict[str, Any]:
        made = {"embedder": self._name, "fingerprint": self._fingerprint}
        return {**made, "use": use, "text": text}

    def _recorded(self, request: Mapping[str, Any]) -> Any:
        try:
            return self._recording.answer(request, _nothing)
        except _MissingError:
            return None

    def _kept(self, request: Mapping[str, Any], told: str) -> Any:
        """What is kept for a request: what another process that was faster said, or `told`."""
        refreshed = self._recording.mode == "refresh"
        keep = self._recording.keep if refreshed else self._recording.keep_first
        return keep(request, told).answer

    def _described(self) -> dict[str, Any]:
        other = self._other()
        return {"fingerprint": other.fingerprint, "dims": other.dims}

    def _other(self) -> Embedder:
        if self._made is None:
            self._made = self._make()
            known = getattr(self, "_fingerprint", self._made.fingerprint)
            if self._made.fingerprint != known:
                raise CorpusError(
                    f"{self._name!r} is not the model that was recorded in "
                    f"{self._recording.directory}: its fingerprint is {self._made.fingerprint}, "
                    f"not {known}. Record it in another directory."
                )
        return self._made


class _MissingError(Exception):
    """The recording holds no such answer, and may be given one."""


def _nothing() -> Any:
    raise _MissingError
