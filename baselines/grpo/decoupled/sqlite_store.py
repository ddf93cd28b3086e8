"""The store in one SQLite file: the default, safe across processes of one machine.

Write-ahead log, one transaction a call. The file must lie on a local disk: SQLite's locks do not
hold on network file systems.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baselines.grpo.decoupled.store import (
    Ack,
    Committed,
    GroupDone,
    LeaseLostError,
    Outcome,
    Ready,
    StoreBusyError,
    StoreError,
    StoreFullError,
    WorkerOutcome,
    assembled,
    key_of,
    kind_of,
    read,
    spelled,
)

MEMORY = ":memory:"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  run TEXT, kind TEXT, query TEXT, rollout INTEGER, invocation INTEGER, body BLOB,
  PRIMARY KEY (run, kind, query, rollout, invocation)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS groups (
  run TEXT, query TEXT, batch INTEGER, place INTEGER, step INTEGER, dropped INTEGER DEFAULT 0,
  owner TEXT, until REAL, PRIMARY KEY (run, query)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_batch ON groups (run, batch, place);
CREATE TABLE IF NOT EXISTS acks (
  run TEXT, step INTEGER, body BLOB, PRIMARY KEY (run, step)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conflicts (run TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
"""
_FULL = frozenset({sqlite3.SQLITE_FULL})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class SqliteStore:
    """The store of a run in a file; `Store` says what its calls do."""

    def __init__(
        self,
        path: str | Path,
        run: str,
        *,
        lease_seconds: float = 600.0,
        wait_seconds: float = 30.0,
        max_bytes: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open or make the file; `clock` (seconds) times leases and nothing else.

        `wait_seconds` bounds how long another process is waited for, `max_bytes` the file's size.
        Raises StoreError if the file is no store or cannot be made.
        """
        self.path, self.run = str(path), run
        self._lease_seconds, self._clock = lease_seconds, clock
        self._lock = threading.RLock()
        with self._told():
            if self.path != MEMORY:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.path, timeout=wait_seconds, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare(max_bytes)
        except StoreError:
            self._db.close()
            raise

    def commit(self, records: Sequence[Committed]) -> int:
        """Keep all records or none; returns how many were new."""
        rows = [(kind_of(entry), *key_of(entry), spelled(entry)) for entry in records]
        with self._transaction():
            new = sum(self._kept(row) for row in rows)
            for entry in records:
                if isinstance(entry, GroupDone):
                    self._open_group(entry)
        return new

    def lease(self, owner: str, batch: int | None = None) -> tuple[Ready, ...]:
        """The groups of a complete batch, by place; () if there is none for this owner."""
        now = self._clock()
        with self._transaction():
            for number in self._open_batches(batch):
                groups = self._complete(number)
                if groups and self._free(number, owner, now):
                    self._db.execute(
                        "UPDATE groups SET owner = ?, until = ? WHERE run = ? AND batch = ?"
                        " AND step IS NULL",
                        (owner, now + self._lease_seconds, self.run, number),
                    )
                    return groups
        return ()

    def release(self, owner: str) -> int:
        """End all leases of an owner; returns of how many groups."""
        with self._transaction():
            ended = self._db.execute(
                "UPDATE groups SET owner = NULL, until = NULL WHERE run = ? AND owner = ?"
                " AND step IS NULL",
                (self.run, owner),
            )
            return ended.rowcount

    def ack(self, owner: str, record: Ack) -> bool:
        """Close groups for good; False if this step was acked before."""
        body = spelled(record)
        with self._transaction():
            known = self._one("SELECT body FROM acks WHERE run = ? AND step = ?", record.step)
            if known is not None:
                return self._acked_alike(read(known, Ack), record)
            for query in record.queries:
                self._close_group(owner, record, query)
            self._db.execute("INSERT INTO acks VALUES (?, ?, ?)", (self.run, record.step, body))
            return True

    def last_ack(self) -> Ack | None:
        """The ack of the highest step, or None."""
        with self._told():
            body = self._one("SELECT body FROM acks WHERE run = ? ORDER BY step DESC LIMIT 1")
        return None if body is None else read(body, Ack)

    def counts(self) -> dict[str, int]:
        """How much there is of everything; see `Store`."""
        kinds = {"outcomes": "outcome", "workers": "worker", "groups": "group"}
        sql = "SELECT COUNT(*) FROM records WHERE run = ? AND kind = ?"
        groups = "SELECT COUNT(*) FROM groups WHERE run = ? AND "
        with self._told():
            found = {name: int(self._one(sql, kind) or 0) for name, kind in kinds.items()}
            leased = self._one(groups + "step IS NULL AND until > ?", self._clock())
            acked = self._one(groups + "step IS NOT NULL AND NOT dropped")
            dropped = self._one(groups + "step IS NOT NULL AND dropped")
            conflicts = self._one("SELECT number FROM conflicts WHERE run = ?")
        told = {"leased": leased, "acked": acked, "dropped": dropped, "conflicts": conflicts}
        return found | {name: int(number or 0) for name, number in told.items()}

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _prepare(self, max_bytes: int | None) -> None:
        with self._told():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
            if max_bytes is not None:
                page = int(self._db.execute("PRAGMA page_size").fetchone()[0])
                self._db.execute(f"PRAGMA max_page_count = {max(1, max_bytes // page)}")

    def _kept(self, row: tuple[str, str, int, int, bytes]) -> bool:
        """Whether the row is new; one that says something else than the known one is counted."""
        *key, body = row
        known = self._one(
            "SELECT body FROM records WHERE run = ? AND kind = ? AND query = ? AND rollout = ?"
            " AND invocation = ?",
            *key,
        )
        if known is None:
            self._db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", (self.run, *row))
        elif known != body:
            self._db.execute(
                "INSERT INTO conflicts VALUES (?, 1)"
                " ON CONFLICT (run) DO UPDATE SET number = number + 1",
                (self.run,),
            )
        return known is None

    def _open_group(self, done: GroupDone) -> None:
        batch = self._one("SELECT batch FROM groups WHERE run = ? AND query = ?", done.query)
        if batch is None:
            self._db.execute(
                "INSERT INTO groups (run, query, batch, place) VALUES (?, ?, ?, ?)",
                (self.run, done.query, done.batch, done.place),
            )
        elif batch != done.batch:
            raise StoreError(
                f"The group {done.query!r} of run {self.run!r} was done in batch {batch} and comes "
                f"again in batch {done.batch}: a question asked again needs a seed of its own."
            )

    def _open_batches(self, batch: int | None) -> list[int]:
        """The batches with a group that no ack has closed, ascending."""
        rows = self._db.execute(
            "SELECT DISTINCT batch FROM groups WHERE run = ? AND step IS NULL"
            " AND (batch = ? OR ? IS NULL) ORDER BY batch",
            (self.run, batch, batch),
        )
        return [int(number) for (number,) in rows]

    def _free(self, batch: int, owner: str, now: float) -> bool:
        """Whether no other owner holds a group of the batch."""
        held = self._one(
            "SELECT COUNT(*) FROM groups WHERE run = ? AND batch = ? AND owner != ? AND until > ?",
            batch,
            owner,
            now,
        )
        return not held

    def _complete(self, batch: int) -> tuple[Ready, ...]:
        """All groups of a batch that no ack has closed, or () while something is missing."""
        rows = self._db.execute(
            "SELECT query, step FROM groups WHERE run = ? AND batch = ? ORDER BY place, query",
            (self.run, batch),
        ).fetchall()
        groups = [self._ready(query) for query, step in rows if step is None]
        found = [group for group in groups if group is not None]
        if len(found) < len(groups) or not found or len(rows) < found[0].done.of_groups:
            return ()
        return tuple(found)

    def _ready(self, query: str) -> Ready | None:
        bodies: dict[str, list[bytes]] = {"group": [], "outcome": [], "worker": []}
        for kind, body in self._db.execute(
            "SELECT kind, body FROM records WHERE run = ? AND query = ? AND kind IN (?, ?, ?)",
            (self.run, query, *bodies),
        ):
            bodies[kind].append(body)
        return assembled(
            read(bodies["group"][0], GroupDone),
            [read(body, Outcome) for body in bodies["outcome"]],
            [read(body, WorkerOutcome) for body in bodies["worker"]],
        )

    def _acked_alike(self, known: Ack, record: Ack) -> bool:
        if set(known.queries) != set(record.queries):
            raise LeaseLostError(
                f"Step {record.step} of run {self.run!r} was acked with other groups: another "
                f"worker's trainer writes to this run, or the trainer went back to an old "
                f"checkpoint."
            )
        return False

    def _close_group(self, owner: str, record: Ack, query: str) -> None:
        row = self._db.execute(
            "SELECT step, owner, until FROM groups WHERE run = ? AND query = ?", (self.run, query)
        ).fetchone()
        step, holder, until = row or (None, None, None)
        if row is None or step is not None:
            done = "is unknown" if row is None else f"was closed by step {step}"
            raise LeaseLostError(f"Step {record.step} cannot close group {query!r}: it {done}.")
        if holder not in (None, owner) and (until or 0.0) > self._clock():
            raise LeaseLostError(
                f"Step {record.step} of {owner!r} cannot close group {query!r}: it is leased to "
                f"{holder!r}. Leases of {self._lease_seconds:g} s are too short, or two trainers "
                f"of the workers run."
            )
        self._db.execute(
            "UPDATE groups SET step = ?, dropped = ?, owner = NULL, until = NULL"
            " WHERE run = ? AND query = ?",
            (record.step, query in record.dropped, self.run, query),
        )

    def _one(self, sql: str, *values: object) -> Any:
        """The first value of the first row, or None; the run is the first parameter."""
        row = self._db.execute(sql, (self.run, *values)).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, and alone."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as errors of the store, with the way out."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
            except OSError as error:
                raise StoreError(f"The store {self.path!r} cannot be made: {error}.") from error


def explained(error: sqlite3.Error, path: str) -> StoreError:
    """The store's error for one of SQLite on the file `path`, with the way out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _FULL:
        return StoreFullError(
            f"No room is left for the store {path!r} ({error}); nothing of this call was kept. "
            f"Make room and repeat it."
        )
    if code in _BUSY:
        return StoreBusyError(
            f"The store {path!r} is held by another process ({error}); nothing of this call was "
            f"kept. Repeat it, or end whoever holds the file."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StoreError(f"The file {path!r} is no store, or is damaged ({error}).")
    return StoreError(f"The store {path!r} failed: {error}.")
