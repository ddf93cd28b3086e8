"""Mail: how the report of a frame reaches its caller, in time or late, whole or not."""

from collections.abc import Sequence

from msgspec.structs import replace

from webenvs.envs import prompts
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import FrameState, Letter, State
from webenvs.envs.toolsets import note
from webenvs.noise.model import Report, Scene
from webenvs.noise.weather import delivered
from webenvs.records import Result


def posted(
    scenario: Scenario, state: State, frame: FrameState, caller: FrameState, result: Result
) -> Result:
    """The result of a frame's delegation as its caller gets it now.

    A report that is late goes into the caller's mail, and word that it is under way is returned.
    """
    frame.sent = _damaged(scenario, state, frame, caller, result)
    return frame.sent


def arrived(state: State, caller: FrameState) -> list[Result]:
    """Take from the caller's mail what arrives with the answer to its last message."""
    due = [letter for letter in caller.mail if letter.due <= caller.turns]
    caller.mail = [letter for letter in caller.mail if letter.due > caller.turns]
    for letter in due:
        state.frames[letter.frame].sent = letter.result
        caller.came[letter.result.call] = caller.turns
    return [letter.result for letter in due]


def late_texts(state: State, late: Sequence[Result]) -> list[str]:
    """Late reports as their caller reads them."""
    requests = {frame.call: frame.request for frame in state.frames}
    return [prompts.late_text(result, requests[result.call]) for result in late]


def failed(frame: FrameState) -> bool:
    """Whether an ended frame's report never came, so that its task can be delegated again."""
    return frame.sent is not None and frame.sent.error == "env_error"


def delegations(state: State, caller: FrameState) -> int:
    """How many frames a frame has opened."""
    return sum([frame.parent == caller.index for frame in state.frames])


def _damaged(
    scenario: Scenario, state: State, frame: FrameState, caller: FrameState, result: Result
) -> Result:
    """The result with what noise does to it on its way."""
    mixture = scenario.web.mixture
    if not mixture.causes("report", frame.role):
        return result
    scene = Scene(
        seed=state.seed,
        role=frame.role,
        turn=caller.turns - 1,
        number=state.executed,
        episode=state.number,
        essential=state.essential,
    )
    request = frame.request.strip()
    report = Report(status=result.status, content=result.content, truncated=result.truncated)
    report, done = delivered(mixture, scene, request, _tried(state, frame), report)
    if not done:
        return result
    note(frame, done)
    result = replace(
        result,
        status=report.status,
        content=report.content,
        cost=len(report.content),
        truncated=report.truncated,
        noise=tuple(done),
        details={name: detail for name, detail in done.items() if detail},
    )
    if not report.delay:
        return result
    due = caller.turns + report.delay
    caller.mail.append(Letter(frame=frame.index, due=due, result=result))
    waiting = prompts.UNDER_WAY
    return replace(result, status="delayed", content=waiting, cost=len(waiting), truncated=False)


def _tried(state: State, frame: FrameState) -> int:
    """How often the request of a frame was delegated before in the episode."""
    request = frame.request.strip()
    earlier = state.frames[: frame.index]
    return sum([old.role == frame.role and old.request.strip() == request for old in earlier])
