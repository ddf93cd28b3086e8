"""Declared noise made ready to act: what strikes a call, and what was done to it."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from webenvs.noise.declared import Noise
from webenvs.noise.draw import Draw, bound_of, spelling
from webenvs.noise.model import (
    Around,
    Desk,
    Detail,
    Failure,
    Hook,
    Reply,
    Report,
    Scene,
    Striking,
    Toolset,
)
from webenvs.noise.own import Own
from webenvs.noise.table import TABLE, Kind, model_of
from webenvs.noise.thinned import Thinned
from webenvs.records import Hit, Page, Tool


class Cause(NamedTuple):
    """One declared noise with its model.

    `timely`: what it does depends on when a call is made, not on the call alone.
    `spelled` is how draws under its name are spelled; `steady` is the bound of its draws where its
    rate is the same at all times, else empty.
    """

    noise: Noise
    kind: Kind
    model: Any
    sticky: bool
    striking: bool
    spelled: bytes
    steady: bytes
    timely: bool

    def bound(self, scene: Scene) -> bytes:
        """What its draws are compared with at the time of a scene."""
        return self.steady or bound_of(self.noise.rate(scene.turn, scene.episode))


Causes = tuple[Cause, ...]
_ANSWERS: frozenset[Hook] = frozenset({"hits", "page", "reply"})


class Mixture:
    """All noise of an environment, in the order in which it was declared; immutable."""

    def __init__(self, noises: Sequence[Noise] = ()) -> None:
        self.noises = tuple(noises)
        self._causes = tuple(_cause(noise) for noise in self.noises if not noise.never)
        self._found: dict[tuple[Hook, str, str], Causes] = {}
        self.curricular = any(noise.over_episodes for noise in self.noises)
        """Whether anything changes from episode to episode of a training run."""
        self.steady = not any(c.timely for c in self._causes if c.kind.hook in _ANSWERS)
        """Whether what is done to answers (failures are none) does not depend on when."""

    def __bool__(self) -> bool:
        return bool(self._causes)

    def causes(self, hook: Hook, role: str, tool: str = "") -> Causes:
        """What can fall on a tool of a role through this hook; on any tool if none is named."""
        key = (hook, role, tool)
        found = self._found.get(key)
        if found is None:
            found = tuple(cause for cause in self._causes if _concerns(cause, hook, role, tool))
            self._found[key] = found
        return found


class Weather:
    """What noise does to one call; `applied` are the names of what changed something, in order.

    Whether a cause strikes is drawn under its name, so that a stronger noise keeps what a weaker
    one did, and causes are independent of each other.
    """

    __slots__ = (
        "_arguments",
        "_call",
        "_mixture",
        "_occurrence",
        "_scene",
        "_tool",
        "applied",
        "details",
        "failed_at",
    )

    def __init__(
        self, mixture: Mixture, scene: Scene, tool: str, arguments: dict[str, Any], occurrence: int
    ) -> None:
        """`arguments` are the canonical ones; `occurrence` counts earlier tries of the call."""
        self._mixture, self._scene = mixture, scene
        self._tool, self._arguments, self._occurrence = tool, arguments, occurrence
        self._call: Draw | None = None
        self.applied: list[str] = []
        self.details: dict[str, Any] = {}
        self.failed_at: int | None = None
        """The place among the causes of failures of the one that struck."""

    def failure(self, *, timely: bool | None = None, last: int | None = None) -> Failure | None:
        """The failure that comes instead of an answer, or None: the first one that strikes.

        `timely` asks only the causes that depend on when the call is made (True) or only the
        others (False), `last` only those before that place; see `failed_at`.
        """
        for place, cause in enumerate(self._causes("failure")[:last]):
            if timely not in (None, cause.timely):
                continue
            draw = self._draw(cause)
            if self._strikes(cause, draw):
                failure: Failure = cause.model.failure(draw, self._scene)
                self.note(cause.noise.name, failure.detail)
                self.failed_at = place
                return failure
        return None

    def hits(self, query: str, hits: tuple[Hit, ...], around: Around) -> tuple[Hit, ...]:
        """The hits as they are shown."""
        for cause in self._causes("hits"):
            draw = self._draw(cause)
            struck = self._struck(cause, draw, hits)
            if not struck:
                continue
            left = around
            if cause.kind.unit == "page":
                left = Thinned(around, partial(self._falls_on, cause))
            changed, detail = cause.model.hits(draw, query, hits, struck, left)
            if changed != hits:
                self.note(cause.noise.name, detail)
                hits = changed
        return hits

    @property
    def key(self) -> tuple[object, ...]:
        """All that what is done to an answer depends on besides the call and the open page."""
        scene = self._scene
        here = (scene.seed, scene.role, scene.layout, scene.essential, self._occurrence)
        return here if self._mixture.steady else (scene, self._occurrence)

    def again(self) -> "Weather":
        """The weather of the same call, with nothing done yet."""
        return Weather(self._mixture, self._scene, self._tool, self._arguments, self._occurrence)

    def page(self, page: Page, around: Around, *, opened: bool = False) -> Page | Failure:
        """The page as it is shown, or a failure to open it; the same object if nothing was done.

        A page that is `opened` already cannot fail to open.
        """
        draws: dict[bool, Draw] = {}
        for cause in self._causes("page"):
            draw = draws.get(cause.sticky)
            if draw is None:
                draw = draws[cause.sticky] = self._page_draw(cause, page.url)
            if not self._strikes(cause, draw):
                continue
            changed, detail = cause.model.page(draw, page, self._scene, around)
            if changed is page or (opened and isinstance(changed, Failure)):
                continue
            self.note(cause.noise.name, detail)
            if isinstance(changed, Failure):
                return changed
            page = changed
        return page

    def reply(self, reply: Reply) -> Reply:
        """The reply as it arrives."""
        for cause in self._causes("reply"):
            draw = self._draw(cause)
            if not self._strikes(cause, draw):
                continue
            changed, detail = cause.model.reply(
                draw, reply, {"tool": self._tool, **self._arguments}
            )
            if changed != reply:
                self.note(cause.noise.name, detail)
                reply = changed
        return reply

    def clear(self) -> None:
        """Forget what was done: it is not to blame for what came of the call."""
        self.applied, self.details = [], {}

    def note(self, name: str, detail: Detail) -> None:
        """Write down that a model has changed something."""
        self.applied.append(name)
        if detail:
            self.details[name] = detail

    def _causes(self, hook: Hook) -> Causes:
        return self._mixture.causes(hook, self._scene.role, self._tool)

    def _draw(self, cause: Cause) -> Draw:
        """The call's own draws; those of its first try where what is struck stays struck."""
        if self._occurrence and cause.sticky:
            return Draw(self._scene.seed, self._tool, self._arguments, 0)
        if self._call is None:
            self._call = Draw(self._scene.seed, self._tool, self._arguments, self._occurrence)
        return self._call

    def _page_draw(self, cause: Cause, url: str) -> Draw:
        """The draws of a page, whatever the call."""
        occurrence = 0 if cause.sticky else self._occurrence
        return Draw(self._scene.seed, "page", {"url": url}, occurrence)

    def _falls_on(self, cause: Cause, url: str) -> bool:
        """Whether a cause strikes a page."""
        return self._strikes(cause, self._page_draw(cause, url))

    def _strikes(self, cause: Cause, draw: Draw) -> bool:
        return strikes(cause, draw, self._scene)

    def _struck(self, cause: Cause, draw: Draw, hits: tuple[Hit, ...]) -> Sequence[int]:
        """The places of the hits that are struck: each on its own, or all with the call.

        A hit is struck as this answer to this query, or as a page, whatever the query is.
        """
        if cause.kind.unit == "page":
            return [place for place, hit in enumerate(hits) if self._falls_on(cause, hit.url)]
        if cause.kind.unit != "hit":
            return range(len(hits)) if self._strikes(cause, draw) else ()
        name, bound = cause.noise.name, cause.bound(self._scene)
        return [
            place
            for place, hit in enumerate(hits)
            if draw.below(_hit_spelling(name, hit.url), bound)
        ]


def strikes(cause: Cause, draw: Draw, scene: Scene) -> bool:
    """Whether a cause strikes: the draw under its name is less than its rate."""
    if cause.striking:
        rate = cause.noise.rate(scene.turn, scene.episode)
        struck: bool = cause.model.strikes(rate, draw, scene)
        return struck
    return draw.below(cause.spelled, cause.bound(scene))


def toolset(
    mixture: Mixture,
    scene: Scene,
    player: str,
    tools: Sequence[Tool],
    turns: int,
    taken: Sequence[str] = (),
) -> tuple[Toolset | None, dict[str, Any]]:
    """How the web tools look to a frame of `player`, and what was done, by name; None: as usual.

    `tools` are all web tools of the frame, `taken` the names of all tools of the game.
    """
    shown, done = Toolset(), {}
    desk = Desk(turns=turns, web=tuple(tool.name for tool in tools), taken=tuple(taken))
    for cause in mixture.causes("tools", scene.role):
        key = {"role": scene.role} | ({"player": player} if cause.kind.unit == "seat" else {})
        draw = Draw(scene.seed, "tools", key, 0)
        concerned = [tool for tool in tools if tool.name in (cause.noise.tools or cause.kind.tools)]
        if concerned and strikes(cause, draw, scene):
            changed, detail = cause.model.tools(draw, concerned, shown, desk)
            if changed != shown:
                shown, done[cause.noise.name] = changed, detail
    return (shown if done else None), done


def delivered(
    mixture: Mixture, scene: Scene, request: str, occurrence: int, report: Report
) -> tuple[Report, dict[str, Any]]:
    """A report as it reaches its caller, and what was done to it, by name.

    `scene.role` is the role of the worker; `occurrence` counts earlier delegations of the request.
    """
    done: dict[str, Any] = {}
    for cause in mixture.causes("report", scene.role):
        tried = 0 if cause.sticky else occurrence
        draw = Draw(scene.seed, "delegate", {"task": request}, tried)
        if strikes(cause, draw, scene):
            changed, detail = cause.model.report(draw, report)
            if changed != report:
                report, done[cause.noise.name] = changed, detail
    return report, done


@lru_cache(maxsize=16_384)
def _hit_spelling(name: str, url: str) -> bytes:
    """How the draw for a hit is spelled; the same few pages come again and again."""
    return spelling(name, url)


def _cause(noise: Noise) -> Cause:
    kind, model = noise.kind, model_of(noise.name, noise.options)
    sticky = kind.sticky if noise.sticky is None else noise.sticky
    steady = noise.ramp is None and noise.turns is None and noise.episodes is None
    striking = isinstance(model, Striking)
    if noise.name not in TABLE:
        model = Own(noise.name, model)
    return Cause(
        noise,
        kind,
        model,
        sticky,
        striking,
        spelling(noise.name),
        bound_of(noise.strength) if steady else b"",
        timely=not steady or striking or kind.timed,
    )


def _concerns(cause: Cause, hook: Hook, role: str, tool: str) -> bool:
    noise, kind = cause.noise, cause.kind
    if kind.hook != hook or (noise.roles and role not in noise.roles):
        return False
    return not tool or tool in (noise.tools or kind.tools)
