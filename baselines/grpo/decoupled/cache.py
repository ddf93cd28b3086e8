"""What a worker's side holds of the messages it generated: whole trajectories, on its own disk.

Its engine is asked for message after message; each is kept, with what came before it, before it is
sent. So a trajectory outlives the process that sampled it, and its tokens never have to come back.
"""

import hashlib
import sqlite3
import threading
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from baselines.grpo.decoupled.sqlite_store import explained
from baselines.grpo.decoupled.store import StoreError
from baselines.grpo.policy import Prompt, Sampled
from webenvs.records import Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pieces (
  batch INTEGER, context TEXT, start INTEGER, version INTEGER, body BLOB,
  PRIMARY KEY (batch, context, start)) WITHOUT ROWID;
"""
_NAN = float("nan")


class Held(Record, frozen=True, kw_only=True):
    """A trajectory as it was sampled; `version` is that of the weights at its first message."""

    token_ids: tuple[int, ...]
    prompt_len: int
    loss_mask: tuple[int, ...]
    logprobs: tuple[float, ...]
    version: int


class _Piece(Record, frozen=True, kw_only=True):
    """What was read before a message, and the message; `head` is the digest of all before it."""

    read: tuple[int, ...]
    said: tuple[int, ...]
    logprobs: tuple[float, ...]
    head: str


class Cache:
    """The trajectories of the batches that are not used up yet."""

    def __init__(self, path: str | Path) -> None:
        """Open or make the file; raises StoreError if that cannot be."""
        self._path, self._lock = str(path), threading.RLock()
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with self._told():
            self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)

    def keep(
        self, batch: int, prompts: Sequence[Prompt], said: Sequence[Sampled], version: int
    ) -> None:
        """Keep the messages that answer these prompts, all or none.

        A context that is played again from an earlier message on goes on from there.
        """
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for prompt, message in zip(prompts, said, strict=True):
                    self._add(batch, prompt, message, version)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def trajectories(self, batch: int) -> dict[str, Held]:
        """A batch's trajectories by the fingerprint of its tokens; of equal ones the oldest."""
        pieces: dict[str, list[tuple[_Piece, int]]] = {}
        with self._told():
            rows = self._db.execute(
                "SELECT context, version, body FROM pieces WHERE batch = ? ORDER BY context, start",
                (batch,),
            )
            for context, version, body in rows:
                piece = msgspec.msgpack.decode(body, type=_Piece)
                pieces.setdefault(context, []).append((piece, version))
        found: dict[str, Held] = {}
        for parts in pieces.values():
            held = _joined(parts)
            mark = fingerprint(held.token_ids, held.loss_mask)
            if mark not in found or held.version < found[mark].version:
                found[mark] = held
        return found

    def forget(self, batch: int) -> None:
        """Remove what was sampled in this batch."""
        with self._told():
            self._db.execute("DELETE FROM pieces WHERE batch = ?", (batch,))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _add(self, batch: int, prompt: Prompt, message: Sampled, version: int) -> None:
        ids, place = prompt.token_ids, (batch, prompt.context)
        here = "FROM pieces WHERE batch = ? AND context = ?"
        self._db.execute(f"DELETE {here} AND start >= ?", (*place, len(ids)))
        row = self._db.execute(
            f"SELECT start, body {here} ORDER BY start DESC LIMIT 1", place
        ).fetchone()
        known = 0
        if row is not None:
            last = msgspec.msgpack.decode(row[1], type=_Piece)
            end = row[0] + len(last.said)
            known = end if end <= len(ids) and _follows(ids, row[0], last) else 0
        if not known:
            self._db.execute(f"DELETE {here}", place)
        piece = _Piece(
            read=ids[known:], said=message.token_ids, logprobs=message.logprobs, head=_digest(ids)
        )
        self._db.execute(
            "INSERT INTO pieces VALUES (?, ?, ?, ?, ?)",
            (*place, len(ids), version, msgspec.msgpack.encode(piece)),
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise explained(error, self._path) from error
            except msgspec.DecodeError as error:
                raise StoreError(f"The cache {self._path!r} is damaged: {error}.") from error


def fingerprint(token_ids: Sequence[int], loss_mask: Sequence[int]) -> str:
    """16 hexadecimal digits of a trajectory's tokens and mask, up to the last sampled token."""
    length = max((place + 1 for place, mask in enumerate(loss_mask) if mask), default=0)
    mask = bytes(loss_mask[:length])
    return hashlib.sha256(array("q", token_ids[:length]).tobytes() + mask).hexdigest()[:16]


def _joined(parts: Sequence[tuple[_Piece, int]]) -> Held:
    token_ids: list[int] = []
    loss_mask: list[int] = []
    logprobs: list[float] = []
    for piece, _ in parts:
        token_ids += [*piece.read, *piece.said]
        loss_mask += [0] * len(piece.read) + [1] * len(piece.said)
        logprobs += [_NAN] * len(piece.read) + list(piece.logprobs)
    return Held(
        token_ids=tuple(token_ids),
        prompt_len=len(parts[0][0].read),
        loss_mask=tuple(loss_mask),
        logprobs=tuple(logprobs),
        version=parts[0][1],
    )


def _follows(ids: Sequence[int], start: int, last: _Piece) -> bool:
    """Whether a prompt begins with all that a piece ended with."""
    said = tuple(ids[start : start + len(last.said)])
    return said == last.said and _digest(ids[:start]) == last.head


def _digest(ids: Sequence[int]) -> str:
    return hashlib.sha256(array("q", ids).tobytes()).hexdigest()
