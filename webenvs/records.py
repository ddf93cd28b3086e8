"""What travels between floors: frozen, slotted records that read from and write to JSON.

Every record is a `msgspec.Struct`: `msgspec.json.encode` writes it, `msgspec.json.decode(...,
type=Record)` reads it and names the field that is wrong. Nothing else crosses a floor.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Status = Literal[
    "ok",
    "empty",
    "not_found",
    "timeout",
    "rate_limited",
    "server_error",
    "blocked",
    "invalid_arguments",
    "unknown_tool",
    "duplicate",
    "over_budget",
    "unavailable",
    "refused",
    "quota_exhausted",
    "malformed",
    "partial",
    "degraded",
    "withdrawn",
    "delayed",
]
End = Literal[
    "answered",
    "gave_up",
    "turn_limit",
    "context_limit",
    "invalid_limit",
    "time_limit",
    "aborted",
]
Fault = Literal["", "env_error", "policy_error"]
AnswerType = Literal["text", "number", "date", "set", "yesno"]
Split = Literal["train", "validation", "test"]

FAILURES: frozenset[str] = frozenset(
    {
        *("timeout", "rate_limited", "server_error", "refused", "quota_exhausted"),
        *("malformed", "partial", "degraded", "withdrawn"),
    }
)
"""Statuses of a simulated failure: repeating such a call executes it again."""
REPEATABLE: frozenset[str] = FAILURES | {"blocked", "not_found"}
"""Statuses that repeating the call can change, where noise has brought them about."""
MALFORMED: frozenset[str] = frozenset({"invalid_arguments", "unknown_tool"})
"""Statuses of a call that the player wrote wrong: it does not count as valid."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The common root: immutable, defaults left out of the JSON."""


class Link(Record, frozen=True, kw_only=True):
    """A link on a page: its anchor text, the url it leads to, and its offset in the page text.

    `broken` marks a link to a page that the corpus should have and has not.
    """

    anchor: str
    url: str
    position: int = 0
    broken: bool = False


class Page(Record, frozen=True, kw_only=True):
    """A page of a corpus; its identity is its url.

    `language` is an ISO 639-1 code ("en"), `date` the day it was published or last changed as
    YYYY-MM-DD; both are empty where nothing is known. `twin_of` is the url of an earlier page of
    the corpus that says nearly the same.
    """

    url: str
    title: str
    text: str
    links: tuple[Link, ...] = ()
    language: str = ""
    date: str = ""
    twin_of: str = ""


class Claim(Record, frozen=True, kw_only=True):
    """A value that a page states: characters `start` to `end` of its text, spelled `text`.

    `others` are wrong values of the same kind, spelled alike; `older` what was true before, the
    latest first, each up to the end of its year in `until`. `fact` is the same for all passages
    that state one fact, whose `others` and `older` are the same values in the same order. A whole
    passage that was not there before is a claim too: its `older` are empty. Nothing of it is
    visible to players.
    """

    start: int
    end: int
    text: str
    fact: str = ""
    others: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    until: tuple[int, ...] = ()

    def at(self, year: int) -> str:
        """The value as it was at the end of `year`, or the oldest that is known."""
        value = self.text
        for older, last in zip(self.older, self.until, strict=True):
            if year > last:
                break
            value = older
        return value


class Face(Record, frozen=True, kw_only=True):
    """What a hit shows something of: a page without its links and marks."""

    url: str
    title: str
    text: str


class Hit(Record, frozen=True, kw_only=True):
    """One search result; rank counts from 1, ties in score are broken by url."""

    url: str
    title: str
    snippet: str
    score: float
    rank: int


class Tool(Record, frozen=True, kw_only=True):
    """What a role can call: name, description, JSON schema of the arguments.

    `primary` names the argument that a tag-style codec puts between its tags.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    primary: str


class Call(Record, frozen=True, kw_only=True):
    """One tool call of a message; arguments are a JSON object."""

    id: str
    tool: str
    arguments: dict[str, Any] = {}


class Result(Record, frozen=True, kw_only=True):
    """What a call returned; `noise` names what was done to it and is never shown to a player.

    `urls` are the corpus urls that `content` shows; `opened` says that their text was shown, not
    only their snippet. `cost` is the characters of content; `executed` is False for a call that was
    answered without asking the web (duplicate, over budget, malformed, from a sandbox's cache).
    `details` says more about what a noise did, by its name, and under "sandbox" what a sandbox did.
    Behind a sandbox `attempts` counts the tries and `seconds` is what they took on the virtual
    clock, the whole number 0 where none runs.
    """

    call: str
    tool: str
    status: Status
    content: str
    urls: tuple[str, ...] = ()
    opened: bool = False
    executed: bool = True
    cost: int = 0
    truncated: bool = False
    noise: tuple[str, ...] = ()
    details: dict[str, Any] = {}
    attempts: int = 1
    seconds: float = 0

    @property
    def error(self) -> Fault:
        """Whose fault it is that the call brought nothing: the environment's, the player's, or "".

        What a recording does not hold, and every failure that noise brings about, is the
        environment's; what was written wrong, asked beyond a budget or not there, the player's.
        """
        status = self.status
        if status in ("ok", "empty", "duplicate", "delayed"):
            return ""
        if status in FAILURES or status == "unavailable" or (self.noise and status in REPEATABLE):
            return "env_error"
        return "policy_error"


class Hop(Record, frozen=True, kw_only=True):
    """One step of a task's reasoning: what it finds, which hops it needs, where it is stated."""

    id: str
    fact: str = ""
    value: str = ""
    needs: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


class Task(Record, frozen=True, kw_only=True):
    """A question with its proof.

    `answers` are alternatives of one answer, or the members of a set when `answer_type` is "set";
    `aliases` gives further spellings of an answer. `evidence` holds alternatives: each is a set of
    urls that together suffice. `id` is the content hash of the rest.
    """

    id: str = ""
    question: str
    answers: tuple[str, ...]
    answer_type: AnswerType = "text"
    aliases: dict[str, tuple[str, ...]] = {}
    evidence: tuple[tuple[str, ...], ...] = ()
    hops: tuple[Hop, ...] = ()
    family: str = "Tasks"
    difficulty: dict[str, float] = {}
    split: Split = "test"
    meta: dict[str, Any] = {}


class Budget(Record, frozen=True, kw_only=True):
    """The limits of one frame, all explicit; None means no limit.

    `turns` messages (a closing message comes on top), `calls` per tool, `characters` of
    everything the frame's player reads and writes, `invalid` malformed messages, `workers`
    delegations, `seconds` on the virtual clock.
    """

    turns: int = 12
    calls: dict[str, int] = {}
    characters: int | None = None
    invalid: int = 3
    workers: int | None = None
    seconds: float | None = None


class Message(Record, frozen=True, kw_only=True):
    """What a player's text says: its thought, its calls, and what was wrong with it."""

    thought: str = ""
    calls: tuple[Call, ...] = ()
    errors: tuple[str, ...] = ()


class Turn(Record, frozen=True, kw_only=True):
    """One message of one player: what it saw, what it said, what its own web calls returned.

    `observation` is the text the message answers; `mapping` says that `message` is the JSON of a
    mapping that the codec cannot write as text; `errors` say what of the message could not be
    read, one a call. Results of delegations come with the frame they opened. `terms` are the
    reward terms gained by every player since the turn before.
    """

    index: int
    player: str
    frame: int
    observation: str
    message: str
    mapping: bool = False
    thought: str = ""
    calls: tuple[Call, ...] = ()
    errors: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
    closing: bool = False
    terms: dict[str, dict[str, float]] = {}

    @property
    def valid(self) -> bool:
        """Whether the whole message could be read, and held a call."""
        return bool(self.calls) and not self.errors


class FrameRecord(Record, frozen=True, kw_only=True):
    """One invocation of a role: who played it, who called it, what it returned to the caller.

    `report` is what it wrote; `noise` and `details` say what was done to its tools, and to the
    report on its way to the caller, and are never shown to a player. `error` is whose fault it is
    that the caller got no report (see `Result.error`).
    """

    index: int
    role: str
    player: str
    parent: int | None = None
    call: str | None = None
    request: str = ""
    report: str | None = None
    end: End | None = None
    noise: tuple[str, ...] = ()
    details: dict[str, dict[str, Any]] = {}
    error: Fault = ""


class Episode(Record, frozen=True, kw_only=True):
    """A finished (or cut) episode, everything needed to replay and to score it again.

    `number` counts the episodes of a training run before it, for schedules of noise.
    `terms[player][name]` are unweighted reward terms, `rewards[player]` their weighted sums.
    `fingerprint` is the SHA-256 of the canonical JSON of all the rest.
    """

    env: str
    settings: dict[str, Any]
    corpus: str
    task: str
    seed: int
    number: int = 0
    turns: tuple[Turn, ...] = ()
    frames: tuple[FrameRecord, ...] = ()
    answer: str | None = None
    end: End | None = None
    valid: bool = True
    terms: dict[str, dict[str, float]] = {}
    rewards: dict[str, float] = {}
    fingerprint: str = ""


class Seat(Record, frozen=True, kw_only=True):
    """What a player is told when it sits down: its name and role, the chance it may use, the gold.

    `task` is None unless the player declares `reads_gold = True`.
    """

    player: str
    role: str
    seed: int
    task: Task | None = None


def role_of(player: str) -> str:
    """The role of a player's name: worker_1 is a worker."""
    return player.rpartition("_")[0]


Observation = Mapping[str, Any]
Info = Mapping[str, Any]
