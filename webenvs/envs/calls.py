"""How a call reaches the web: as it is, or through the sandbox, its cache and its clock."""

from msgspec.structs import replace

from webenvs.envs import clock
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import FrameState, Seen, State
from webenvs.noise.model import Scene
from webenvs.records import Call, Result
from webenvs.web.broker import KEY, Books, Broker, Request
from webenvs.web.view import View, after
from webenvs.web.web import Web


def asked(
    scenario: Scenario, state: State, frame: FrameState, call: Call, key: str
) -> tuple[Result, View | None]:
    """The result of a new call of the frame, known as `key`, and what is open then.

    Raises CorpusError or OSError where the corpus itself fails.
    """
    if scenario.broker is not None:
        return _through(scenario.broker, state, frame, call, key)
    occurrence = state.occurrences.get(key, 0)
    scene = _scene(scenario.web, state, frame, call.tool)
    result, view = scenario.web.call(call, frame.view, scene, occurrence)
    state.occurrences[key] = occurrence + 1
    state.executed += 1
    return (replace(result, seconds=0) if result.seconds else result), view  # no clock runs


def _scene(web: Web, state: State, frame: FrameState, tool: str) -> Scene:
    """Where and when the frame's player calls a tool; a web without noise has no use for that."""
    if not web.mixture:
        return Scene(seed=state.seed)
    return Scene(
        seed=state.seed,
        role=frame.role,
        turn=frame.turns - 1,
        number=state.executed,
        tool=tool,
        used=sum([every.counts.get(tool, 0) for every in state.frames]),
        episode=state.number,
        essential=state.essential,
        layout=_layout(frame),
    )


def _layout(frame: FrameState) -> str:
    """How hits are written for the frame."""
    return frame.toolset.layout if frame.toolset else ""


def _through(
    broker: Broker, state: State, frame: FrameState, call: Call, key: str
) -> tuple[Result, View | None]:
    """The result of a call that goes through the sandbox."""
    if broker.sandbox.cache:
        kept = _kept(state, frame, key)
        if kept is not None:
            return _again(broker, frame, call, kept)
    scene = _scene(broker.web, state, frame, call.tool)
    request = Request(call, frame.view, scene, key, frame.clock)
    answer = broker.ask(request, Books(state.occurrences, state.buckets))
    state.executed += answer.times
    clock.passed(frame, answer.result)
    return answer.result, answer.view


def _kept(state: State, frame: FrameState, key: str) -> Seen | None:
    """What the same call brought another frame that may open the same pages, if it was answered."""
    asked = [other for other in state.frames if key in other.seen]
    for other in asked:
        found = other.seen[key]
        if found.result.error != "env_error" and _sight(other) == _sight(frame):
            return found
    return None


def _sight(frame: FrameState) -> tuple[str | None, str]:
    """What else the look of a result depends on: the site that may be opened, and the layout."""
    view = frame.view
    return (view.within if view else None), _layout(frame)


def _again(broker: Broker, frame: FrameState, call: Call, kept: Seen) -> tuple[Result, View | None]:
    """An earlier result for this frame: it takes no time, no token and no draw."""
    source = kept.result.details.get(KEY, {}).get("cached", {}).get("call", kept.result.call)
    cached = {"call": source, "key": broker.cache_key(call, frame.view)}
    result = replace(
        kept.result,  # with its noise, which this player reads too
        call=call.id,
        executed=False,
        details={**kept.result.details, KEY: {"cached": cached}},
        attempts=0,
        seconds=0,
    )
    view = frame.view
    if result.opened and kept.view is not None:
        view = after(call, view, kept.view.url, kept.view.part)
    return result, view
