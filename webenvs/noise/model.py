"""The noise contracts: pure functions of (draw, input); strength 0 is exactly the clean web.

A model says how the web misbehaves; whether it does is drawn for it (`weather.Weather`), at the
strength that was declared. A model is an immutable record whose fields are its options. It has one
of the hooks below, which its row in `table.TABLE` names. Each returns what it was given, changed,
and a detail for researchers: JSON-able, `{}` if there is nothing to say, never shown to a player.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import msgspec

from webenvs.noise.draw import Draw
from webenvs.records import Claim, Hit, Page, Record, Status, Tool

Hook = Literal["failure", "hits", "page", "reply", "tools", "report"]
Detail = dict[str, Any]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
"""Of virtual time, at most a day."""


class Scene(Record, frozen=True, kw_only=True):
    """Where and when a call is made, as far as noise may depend on it.

    `turn` counts the messages of the frame's player before this one, `number` the web calls that
    were executed in the episode before this one, each try of a sandbox as one, `used` the calls of
    the same `tool` among them, however often they were tried, `episode` the episodes of a training
    run before this one (schedules). `essential` are the urls that every alternative of the task's
    evidence needs. `layout` names how hits are written.
    """

    seed: int
    role: str = ""
    turn: int = 0
    number: int = 0
    tool: str = ""
    used: int = 0
    episode: int = 0
    essential: tuple[str, ...] = ()
    layout: str = ""


class Failure(Record, frozen=True, kw_only=True):
    """What a call gets instead of the web's answer; `seconds` pass on the virtual clock."""

    status: Status
    content: str
    seconds: Seconds = 0
    detail: Detail = msgspec.field(default_factory=dict)


class Reply(Record, frozen=True, kw_only=True):
    """What a call is about to return; `truncated` says that a part of it is missing."""

    status: Status
    content: str
    seconds: Seconds = 0
    truncated: bool = False


class Report(Record, frozen=True, kw_only=True):
    """A worker's report on its way to its caller; `delay` counts messages of the caller."""

    status: Status
    content: str
    delay: Annotated[int, msgspec.Meta(ge=0)] = 0
    truncated: bool = False


class Toolset(Record, frozen=True, kw_only=True):
    """How the web tools look to one frame; every mapping goes from the true name.

    `names` are shown names, `arguments` shown arguments by true tool, `order` the true names in the
    order of the listing, `wording` other descriptions, `layout` how hits are written, `gone` the
    turn of the frame from which a tool is missing (0: from the beginning).
    """

    names: dict[str, str] = msgspec.field(default_factory=dict)
    arguments: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    wording: dict[str, str] = msgspec.field(default_factory=dict)
    order: tuple[str, ...] = ()
    layout: str = ""
    gone: dict[str, int] = msgspec.field(default_factory=dict)


class Desk(Record, frozen=True, kw_only=True):
    """The frame that a toolset is for: its budget of `turns` and its web tools by their true names.

    `taken` are the names under which no web tool may be shown: those of all tools of all roles.
    """

    turns: int
    web: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


class Around(Protocol):
    """The clean web around a call, for models that take something from elsewhere in it."""

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """The clean hits of any query."""
        ...

    def page(self, url: str) -> Page | None:
        """The clean page at a url of the corpus."""
        ...

    def claims(self, url: str) -> Sequence[Claim]:
        """What the page states, where the corpus has knowledge; else nothing."""
        ...

    def namesakes(self, url: str) -> Sequence[str]:
        """The pages about other things of the same name, where the corpus has knowledge."""
        ...

    def url(self, number: int) -> str:
        """The url of any page: `number` is taken modulo their count."""
        ...


class FailureModel(Protocol):
    """Instead of an answer comes a failure."""

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """The failure of a call that is struck."""
        ...


class HitsModel(Protocol):
    """Other hits than the engine's."""

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """The hits as they are shown, ranked from 1; `struck` are the places that noise fell on."""
        ...


class PageModel(Protocol):
    """Another page than the corpus'."""

    def page(
        self, draw: Draw, page: Page, scene: Scene, around: Around
    ) -> tuple[Page | Failure, Detail]:
        """The page as it is shown, or a failure to open it; `page` itself where nothing is done."""
        ...


class ReplyModel(Protocol):
    """What was to be returned is damaged on its way."""

    def reply(self, draw: Draw, reply: Reply, call: Mapping[str, Any]) -> tuple[Reply, Detail]:
        """The reply as it arrives; `call` is {"tool": name, **canonical arguments}."""
        ...


class ToolsModel(Protocol):
    """The tools look or are otherwise than usual."""

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """How the web tools of a frame look; `shown` is what models before did.

        `tools` are those that noise falls on, the true ones in their usual order. A model that
        takes tools away says so in its detail, as {"gone": {true name: first turn}}.
        """
        ...


class ReportModel(Protocol):
    """A report does not reach its caller as it was written."""

    def report(self, draw: Draw, report: Report) -> tuple[Report, Detail]:
        """The report as it arrives."""
        ...


@runtime_checkable
class Striking(Protocol):
    """A model that has a say in whether it strikes, since it depends on more than the call."""

    def strikes(self, rate: float, draw: Draw, scene: Scene) -> bool:
        """Whether noise of this rate falls on the call; over many seeds it does at that rate."""
        ...
