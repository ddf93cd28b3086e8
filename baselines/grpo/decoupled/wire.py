"""The line between the two sides: prompts in, messages out, and where a batch begins.

Generation traffic, not the store: the planner's side plays the episodes and asks the workers' side
for what its model says. Messages are MessagePack over an authenticated local socket; nothing is
unpickled.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec

from baselines.grpo.policy import PolicyError, Prompt, Sampled, Sampling
from webenvs.errors import bad_setting
from webenvs.records import Record

_log = logging.getLogger(__name__)

ADDRESS = "worker.address"
KEY = "worker.key"
_PAUSE = 0.05
_BROKEN = (EOFError, OSError, AuthenticationError)


class Generate(Record, frozen=True, kw_only=True, tag=True):
    """Asks for messages; `keep` is the batch that they belong to, -1 for none (an evaluation)."""

    prompts: tuple[Prompt, ...]
    sampling: Sampling
    keep: int


class Release(Record, frozen=True, kw_only=True, tag=True):
    """Says that contexts are over."""

    contexts: tuple[str, ...]


class Begin(Record, frozen=True, kw_only=True, tag=True):
    """Says that batch number `batch` is going to be played; -1 only asks for the version."""

    batch: int


class Finish(Record, frozen=True, kw_only=True, tag=True):
    """Says that `batches` have been played and no more will come."""

    batches: int


class Messages(Record, frozen=True, kw_only=True, tag=True):
    """The messages asked for, and the version of the weights that drew them."""

    sampled: tuple[Sampled, ...]
    version: int


class Version(Record, frozen=True, kw_only=True, tag=True):
    """The version of the weights; -1 for as long as what was asked must wait."""

    version: int


class Failed(Record, frozen=True, kw_only=True, tag=True):
    """Why it cannot be done; `fault` says that the infrastructure is at fault, not the caller."""

    message: str
    fault: bool


Request: TypeAlias = Generate | Release | Begin | Finish
Reply: TypeAlias = Messages | Version | Failed


class Desk(Protocol):
    """Who answers at the workers' side; called by one thread at a time."""

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling, *, keep: int) -> Messages:
        """The messages; raises PolicyError where they cannot be had."""
        ...

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is kept of these contexts."""
        ...

    def begin(self, batch: int) -> int:
        """The version that plays the batch, or -1 while that is not ready."""
        ...

    def finish(self, batches: int) -> int:
        """Know that no batch comes after these; the version, or -1 while some are not used up."""
        ...


class Server:
    """Answers at a socket in threads of its own until it is stopped."""

    def __init__(
        self, desk: Desk, folder: Path, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        """Listen at `address` (port 0: any free one) and write it, and a key, into `folder`.

        Raises SettingError for an address that cannot be had.
        """
        self._desk, self._lock, self._over = desk, threading.Lock(), threading.Event()
        self._key = _key(folder)
        try:
            self._listener = Listener(address, authkey=self._key)
        except OSError as error:
            raise bad_setting("listen", address, f"an address that is free ({error})") from error
        host, port = self._listener.address
        self.address = (str(host), int(port))
        _put(folder / ADDRESS, msgspec.json.encode(self.address))
        self._lines: list[tuple[Connection[Any, Any], threading.Thread]] = []
        self._thread = threading.Thread(target=self._accept, name="wire", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether nobody is on the line."""
        return all(line.closed for line, _ in self._lines)

    def stop(self) -> None:
        """Hang up and listen no more."""
        self._over.set()
        with suppress(OSError):  # the listener may wait for a call: this is one, that says nothing
            socket.create_connection(self.address, timeout=1.0).close()
        self._thread.join()
        self._listener.close()
        for line, thread in self._lines:
            with suppress(OSError):
                _hang_up(line)
            thread.join()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                line = self._listener.accept()
            except _BROKEN as error:
                if not self._over.is_set():
                    _log.warning("a caller was turned away: %s", error)
                continue
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            self._lines = [*(pair for pair in self._lines if not pair[0].closed), (line, thread)]
            thread.start()

    def _serve(self, line: "Connection[Any, Any]") -> None:
        with suppress(*_BROKEN), line:
            while not self._over.is_set():
                asked = line.recv_bytes()
                line.send_bytes(msgspec.msgpack.encode(self._answer(asked)))

    def _answer(self, asked: bytes) -> Reply:
        try:
            request = msgspec.msgpack.decode(asked, type=Request)
            with self._lock:
                return self._done(request)
        except PolicyError as error:
            return Failed(message=str(error), fault=True)
        except Exception as error:  # told to the caller, who stops; this side goes on
            _log.exception("a request failed")
            return Failed(message=f"{type(error).__name__}: {error}", fault=False)

    def _done(self, request: Request) -> Reply:
        if isinstance(request, Generate):
            return self._desk.generate(request.prompts, request.sampling, keep=request.keep)
        if isinstance(request, Begin):
            return Version(version=self._desk.begin(request.batch))
        if isinstance(request, Finish):
            return Version(version=self._desk.finish(request.batches))
        self._desk.release(request.contexts)
        return Version(version=self._desk.begin(-1))


class RemotePolicy:
    """The workers' policy as the planner's side sees it; a lost line is taken up again.

    Messages belong to the batch that was begun last, unless `keep` is False (evaluations).
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "worker",
        patience: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Calls who wrote its address into `folder`; `patience` is how long (s) it may be away."""
        self.name, self.keep, self._version, self._batch = name, True, 0, -1
        self._folder, self._patience, self._clock = folder, patience, clock
        self._line: Connection[Any, Any] | None = None

    @property
    def version(self) -> int:
        """The version of the weights that answered last."""
        return self._version

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt; raises PolicyError where the workers' side stays away."""
        batch = self._batch if self.keep else -1
        reply = self._asked(Generate(prompts=tuple(prompts), sampling=sampling, keep=batch))
        if not isinstance(reply, Messages):
            raise PolicyError(f"The workers' side answered {type(reply).__name__} to Generate.")
        self._version = reply.version
        return list(reply.sampled)

    def release(self, contexts: Sequence[str]) -> None:
        """Forget what is kept of these contexts."""
        if contexts:
            self._asked(Release(contexts=tuple(contexts)))

    def begin(self, batch: int) -> int:
        """Wait until the weights that play the batch are there; their version."""
        version = self._waited(Begin(batch=batch))
        self._batch = max(batch, self._batch)
        return version

    def finish(self, batches: int) -> int:
        """Wait until all batches have been used up; the version of the weights then."""
        return self._waited(Finish(batches=batches))

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
        self._line = None

    def _waited(self, request: Request) -> int:
        while True:
            reply = self._asked(request)
            if isinstance(reply, Version) and reply.version >= 0:
                self._version = reply.version
                return reply.version
            time.sleep(_PAUSE)

    def _asked(self, request: Request) -> Reply:
        """The reply, however often the line breaks within `patience` seconds.

        Every request may be repeated: the same prompts have the same answer.
        """
        since = self._clock()
        while True:
            try:
                reply = self._once(request)
            except _BROKEN as error:
                self.close()
                if self._clock() - since > self._patience:
                    raise PolicyError(
                        f"The workers' side has not answered for {self._patience:g} s: {error!r}. "
                        f"Start it again with the same --out; nothing is lost."
                    ) from error
                time.sleep(_PAUSE)
                continue
            if isinstance(reply, Failed):
                kind = PolicyError if reply.fault else RuntimeError
                raise kind(f"The workers' side: {reply.message}")
            return reply

    def _once(self, request: Request) -> Reply:
        if self._line is None:
            address = msgspec.json.decode(
                (self._folder / ADDRESS).read_bytes(), type=tuple[str, int]
            )
            self._line = Client(address, authkey=(self._folder / KEY).read_bytes())
        self._line.send_bytes(msgspec.msgpack.encode(request))
        reply: Reply = msgspec.msgpack.decode(self._line.recv_bytes(), type=Reply)
        return reply


def _hang_up(line: "Connection[Any, Any]") -> None:
    """End a line that another thread reads; that one closes it."""
    with socket.socket(fileno=os.dup(line.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


def _key(folder: Path) -> bytes:
    """The key that both sides share, made once; whoever can read the folder can speak."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / KEY
    if not file.exists():
        file.touch(mode=0o600)
        _put(file, secrets.token_hex(32).encode(), mode=0o600)
    return file.read_bytes()


def _put(file: Path, body: bytes, mode: int = 0o644) -> None:
    aside = file.with_name(f"{file.name}.new")
    aside.touch(mode=mode)
    aside.write_bytes(body)
    aside.replace(file)
