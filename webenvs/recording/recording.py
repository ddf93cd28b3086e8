"""A recording: requests and what was answered, in a directory that diskcache keeps.

Requests and answers are JSON; nothing is ever pickled or evicted. A request is found again by its
canonical JSON, so it must hold no secret and nothing that changes from call to call.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import diskcache
import msgspec

from webenvs.errors import CorpusError, UnavailableError, bad_setting
from webenvs.records import Record
from webenvs.seeding import canonical_json, digest
from webenvs.text import clip

Mode = Literal["record", "replay", "refresh"]
"""record: ask only what is missing; replay: never ask; refresh: always ask and keep the answer."""

_EVERYTHING = 2**62


class Exchange(Record, frozen=True, kw_only=True):
    """One request and its answer; `digest` is the SHA-256 of the answer's canonical JSON."""

    request: dict[str, Any]
    answer: Any
    digest: str


class Recording:
    """The exchanges kept in one directory; safe for many processes at once."""

    def __init__(self, directory: str | Path, mode: Mode = "replay") -> None:
        """Raises SettingError for another mode, CorpusError where nothing is to be replayed."""
        if mode not in get_args(Mode):
            raise bad_setting("mode", mode, " or ".join(map(repr, get_args(Mode))))
        self.directory = Path(directory)
        self.mode = mode
        if mode == "replay" and not (self.directory / "cache.db").is_file():
            raise CorpusError(f"There is no recording at {self.directory}: it has to be recorded.")
        self._cache = diskcache.Cache(
            str(self.directory),
            disk=diskcache.JSONDisk,
            eviction_policy="none",
            size_limit=_EVERYTHING,
        )

    def answer(self, request: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """The answer to `request`: the recorded one, or in record and refresh mode what `ask` says.

        Raises UnavailableError in replay mode for a request that was not recorded, CorpusError for
        an answer that is not what was written.
        """
        key = digest(dict(request))
        if self.mode != "refresh":
            found = self._cache.get(key)
            if found is not None:
                return self._checked(key, found).answer
            if self.mode == "replay":
                shown = clip(canonical_json(dict(request)).decode(), 200)
                raise UnavailableError(f"{self.directory} holds no answer to {shown}.")
        answer = ask()
        self.keep(request, answer)
        return answer

    def keep(self, request: Mapping[str, Any], answer: Any) -> None:
        """Keep the answer to a request, in the place of an earlier one."""
        told = Exchange(request=dict(request), answer=answer, digest=digest(answer))
        self._cache.set(digest(dict(request)), msgspec.to_builtins(told))

    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange, in the order of the keys."""
        for key in sorted(self._cache.iterkeys()):
            yield self._checked(key, self._cache.get(key))

    def __len__(self) -> int:
        return len(self._cache)

    def close(self) -> None:
        """Close the files; what was kept is on disk already."""
        self._cache.close()

    def _checked(self, key: str, found: Any) -> Exchange:
        try:
            told = msgspec.convert(found, Exchange)
        except msgspec.ValidationError as error:
            raise CorpusError(f"{self.directory} is damaged: {key}: {error}.") from None
        if told.digest != digest(told.answer):
            raise CorpusError(f"{self.directory} is damaged: the answer of {key} was changed.")
        return told
