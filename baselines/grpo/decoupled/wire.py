"""The line between the two sides: prompts in, messages out, and where a batch begins.

Generation traffic, not the store: the planner's side plays the episodes and asks the workers' side
for what its model says. Messages are MessagePack over an authenticated local socket; nothing is
unpickled.
"""

import logging
import secrets
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
    """Asks for messages; `keep` says that they are part of the training."""

    prompts: tuple[Prompt, ...]
    sampling: Sampling
    keep: bool


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

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling, *, keep: bool) -> Messages:
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
        self._lines: list[Connection[Any, Any]] = []
        self._thread = threading.Thread(target=self._accept, name="wire", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up and listen no more."""
        self._over.set()
        with suppress(*_BROKEN):  # the listener waits for a call: this is one
            Client(self.address, authkey=self._key).close()
        self._thread.join()
        self._listener.close()
        for line in self._lines:
            with suppress(OSError):
                line.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                line = self._listener.accept()
            except _BROKEN as error:
                _log.warning("a caller was turned away: %s", error)
                continue
            self._lines = [*(open_ for open_ in self._lines if not open_.closed), line]
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

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

    `keep` is whether messages count as training; set it to False for evaluations.
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
        self.name, self.keep, self._version = name, True, 0
        self._folder, self._patience, self._clock = folder, patience, clock
        self._line: Connection[Any, Any] | None = None

    @property
    def version(self) -> int:
        """The version of the weights that answered last."""
        return self._version

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Sampled]:
        """A message for every prompt; raises PolicyError where the workers' side stays away."""
        asked = Generate(prompts=tuple(prompts), sampling=sampling, keep=self.keep)
        reply = self._asked(asked)
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
        return self._waited(Begin(batch=batch))

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
