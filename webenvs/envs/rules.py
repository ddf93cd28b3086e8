"""The rules: what a message does to frames, budgets and rounds, whatever the game.

Functions of (scenario, state) that change the state and nothing else; `session.Session` is their
door. Frames are opened by delegations and closed by a role's closing tool or by a limit.
"""

from collections.abc import Sequence

import msgspec

from webenvs.actions.arguments import check_arguments
from webenvs.chat import ChatMessage
from webenvs.chat import message as chat_message
from webenvs.envs import calls, clock, hints, mail, prompts
from webenvs.envs.kits import RoleKit
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import FrameState, Seen, State
from webenvs.envs.toolsets import equip, kit_of, note, shown_result, withdrawn
from webenvs.errors import CorpusError, nearest
from webenvs.records import MALFORMED, Call, End, Message, Result, Status
from webenvs.seeding import canonical_json
from webenvs.text import clip
from webenvs.web.view import after


def begin(scenario: Scenario, state: State) -> State:
    """A fresh state after the root has been asked."""
    open_frame(scenario, state, scenario.game.roles[0].name, state.question)
    settle(scenario, state)
    return state


def settle(scenario: Scenario, state: State) -> None:
    """Seat waiting frames, and start the next round when this one has been played."""
    _seat_queued(scenario, state)
    if not state.round:
        _start_round(scenario, state)


def open_frame(
    scenario: Scenario,
    state: State,
    role: str,
    request: str,
    parent: int | None = None,
    call: str | None = None,
) -> int:
    """Open a frame and queue it for a free seat; returns its index."""
    start = state.start if scenario.kits[role].role.site else None
    frame = FrameState(
        index=len(state.frames),
        role=role,
        request=request,
        parent=parent,
        call=call,
        view=start.view if start else None,
    )
    clock.opened(state, frame)
    state.frames.append(frame)
    state.queue.append(frame.index)
    return frame.index


def _seat(scenario: Scenario, state: State, frame: FrameState, player: str) -> None:
    """Give a frame to a player, and tell it what tools it has and what it is asked."""
    frame.player = player
    kit = equip(scenario, state, frame)
    shown = None
    if kit.role.site and state.start is not None:
        shown = state.start.text
        note(frame, {name: state.start.details.get(name, {}) for name in state.start.noise})
    root = frame.parent is None
    text = prompts.request_text(kit.role, frame.request, state.question, root=root, start=shown)
    text = clip(text, scenario.observation_characters)
    frame.characters = len(text)
    frame.messages = [chat_message("system", kit.system), chat_message("user", text)]
    frame.observation = text


def play(
    scenario: Scenario, state: State, frame: FrameState, text: str, said: Message
) -> tuple[tuple[Call, ...], tuple[Result, ...]]:
    """Carry out a message of the frame's player; returns its calls and the results of its own.

    Calls run in order up to a closing one. A delegation has no result of its own: it opens a frame.
    """
    kit = kit_of(scenario, frame)
    frame.turns += 1
    frame.characters += len(text)
    frame.messages.append(chat_message("assistant", text))
    frame.slots, frame.late = [], []
    frame.trouble = ""
    if said.errors:
        frame.trouble = prompts.trouble_text(said.errors, kit.stage(frame.turns).example)
    prefix = f"{len(state.turns)}."
    closes = bool(kit.role.delegates) and _closes(kit, said)
    played: list[Call] = []
    results: list[Result] = []
    for number, call in enumerate(said.calls, start=1):
        call = msgspec.structs.replace(call, id=f"{prefix}{number}")
        played.append(call)
        result = _play_call(scenario, state, frame, call, closes=closes)
        if result is not None:
            results.append(result)
            if result.status != "ok":
                hints.count(state.env_errors, frame.player, result)
        if frame.end is not None or state.end is not None:
            return tuple(played), tuple(results)
        frame.slots.append(result)
    if _all_malformed(frame):
        frame.invalid += 1
    if not frame.waiting:
        _answer(scenario, state, frame)
    return tuple(played), tuple(results)


def _closes(kit: RoleKit, said: Message) -> bool:
    """Whether a message holds a call that will close the frame."""
    closing = kit.role.closing
    asked = [call for call in said.calls if call.tool == closing.name]
    return any(check_arguments(closing, call.arguments)[1] is None for call in asked)


def _all_malformed(frame: FrameState) -> bool:
    """Whether no call of the last message was well formed; true of a message without calls."""
    return all(slot is not None and slot.status in MALFORMED for slot in frame.slots)


def _play_call(
    scenario: Scenario, state: State, frame: FrameState, call: Call, *, closes: bool
) -> Result | None:
    """The result of one call; None if it closed the frame or opened another."""
    kit = kit_of(scenario, frame)
    tool = kit.by_name.get(call.tool)
    if tool is None:
        names = [tool.name for tool in kit.stage(frame.turns).tools]
        return _refusal(call, "unknown_tool", _unknown_tool_text(call.tool, names))
    if kit.gone and (missing := withdrawn(frame, kit, call.id, call.tool)) is not None:
        return missing
    arguments, trouble = check_arguments(tool, call.arguments)
    call = msgspec.structs.replace(call, arguments=arguments)  # also where 1.0 == 1
    if frame.toolset is not None:
        call = kit.translated(call)
    if trouble is not None:
        example = scenario.codec.example(tool)
        content = f"{trouble}\nA right call looks like:\n{example}"
        return _refusal(call, "invalid_arguments", content)
    if tool is kit.role.closing:
        _close(scenario, state, frame, arguments[tool.primary])
        return None
    if frame.closing is not None:
        return _refusal(call, "over_budget", prompts.only_closing_text(kit.role))
    if kit.role.budget.seconds is not None and clock.spent(frame, kit.role.budget):
        return _refusal(call, "over_budget", prompts.out_of_time_text())
    if call.tool not in kit.role.delegates:
        return _ask_web(scenario, state, frame, kit, call)
    if closes:
        content = f"Not executed: {kit.role.closing.name} stands in the same message."
        return _refusal(call, "invalid_arguments", content)
    return _delegate(scenario, state, frame, call)


def _ask_web(
    scenario: Scenario, state: State, frame: FrameState, kit: RoleKit, call: Call
) -> Result | None:
    key = canonical_json((call.tool, scenario.web.canonical(call, frame.view))).decode()
    earlier = frame.seen.get(key)
    if earlier is not None:
        if earlier.result.opened and earlier.view is not None:
            frame.view = after(call, frame.view, earlier.view.url, earlier.view.part)
        return _repeat(call.id, earlier.result)
    limit = kit.role.budget.calls.get(call.tool)
    used = frame.counts.get(call.tool, 0)
    if limit is not None and used >= limit:
        return _refusal(call, "over_budget", prompts.spent_text(kit.shown(call.tool), limit))
    try:
        result, view = calls.asked(scenario, state, frame, call, key)
    except (CorpusError, OSError) as fault:
        state.end = "aborted"
        state.fault = f"{type(fault).__name__}: {fault}"
        return None
    if result.executed:
        frame.counts[call.tool] = used + 1
    frame.view = view
    if result.error != "env_error" or result.status == "unavailable":
        frame.seen[key] = Seen(result, view)
    return result


def _delegate(scenario: Scenario, state: State, frame: FrameState, call: Call) -> Result | None:
    role = scenario.kits[frame.role].role
    tool = next(tool for tool in role.delegate_tools if tool.name == call.tool)
    request = call.arguments[tool.primary]
    key = canonical_json((call.tool, request.strip())).decode()
    earlier = frame.delegated.get(key)
    if earlier is not None and not mail.failed(state.frames[earlier]):
        return _delegated_before(state.frames[earlier], call)
    limit = role.budget.workers
    if limit is not None and mail.delegations(state, frame) >= limit:
        return _refusal(call, "over_budget", prompts.spent_text(call.tool, limit))
    target = role.delegates[call.tool]
    frame.delegated[key] = open_frame(scenario, state, target, request, frame.index, call.id)
    return None


def _delegated_before(asked: FrameState, call: Call) -> Result | None:
    """What came of an earlier delegation of the same task, or None until something has."""
    if asked.sent is None:
        asked.echoes.append(call.id)
        return None
    return _refusal(call, "duplicate", asked.sent.content)


def _close(scenario: Scenario, state: State, frame: FrameState, text: str) -> None:
    """End a frame by its closing tool; a blank text gives up."""
    text = text.strip()
    frame.report = clip(text, scenario.kits[frame.role].role.report_characters)
    _end_frame(scenario, state, frame, "answered" if text else "gave_up", len(text))


def _end_frame(
    scenario: Scenario, state: State, frame: FrameState, end: End, length: int = 0
) -> None:
    """End a frame; a root ends the episode, any other frame returns its report to its caller."""
    if frame.instead is not None:
        frame.report, length, end = frame.instead, 0, "answered" if frame.instead else "gave_up"
    frame.end = end
    frame.slots = []
    if frame.parent is None:
        state.end = end
        state.answer = frame.report if end == "answered" else None
        return
    caller = state.frames[frame.parent]
    delegates = scenario.kits[caller.role].role.delegates
    content = frame.report or prompts.no_report_text(end)
    result = Result(
        call=frame.call or "",
        tool=next(tool for tool, role in delegates.items() if role == frame.role),
        status="ok" if frame.report else "empty",
        content=content,
        cost=len(content),
        truncated=length > len(content),
    )
    result = mail.posted(scenario, state, frame, caller, result)
    clock.joined(caller, frame)
    hints.count(state.env_errors, caller.player, result)
    caller.slots[_slot(result.call)] = result
    for call in frame.echoes:
        caller.slots[_slot(call)] = _repeat(call, result)
    if not caller.waiting:
        _answer(scenario, state, caller)


def _answer(scenario: Scenario, state: State, frame: FrameState) -> None:
    """Tell a player what its message brought, and ask for the closing message at a limit."""
    if frame.closing is not None:
        _end_frame(scenario, state, frame, frame.closing)
        return
    kit = kit_of(scenario, frame)
    room = scenario.observation_characters
    if frame.mail:
        frame.late = mail.arrived(state, frame)
        for late in frame.late:
            hints.count(state.env_errors, frame.player, late)
    new = _result_messages(scenario, state, frame, kit)
    if frame.trouble:
        new.append(chat_message("user", frame.trouble))
    length = sum([len(entry["content"]) + 2 for entry in new])
    frame.closing = _limit_reached(frame, kit, length)
    closing: list[ChatMessage] = []
    if frame.closing is not None:
        notice = prompts.closing_text(frame.closing, kit.role, kit.closing_example)
        closing = [chat_message("user", notice)]
        room -= len(notice) + 2
    if length > room:
        text = "\n\n".join([entry["content"] for entry in new])
        new = [chat_message(new[0]["role"], clip(text, room))]
    new += closing
    frame.messages += new
    frame.observation = "\n\n".join([entry["content"] for entry in new])
    frame.characters += len(frame.observation)


def _limit_reached(frame: FrameState, kit: RoleKit, length: int) -> End | None:
    budget = kit.role.budget
    if frame.invalid >= budget.invalid:
        return "invalid_limit"
    if frame.turns >= budget.turns:
        return "turn_limit"
    if budget.characters is not None and frame.characters + length >= budget.characters:
        return "context_limit"
    if budget.seconds is not None and clock.spent(frame, budget):
        return "time_limit"
    return None


def _result_messages(
    scenario: Scenario, state: State, frame: FrameState, kit: RoleKit
) -> list[ChatMessage]:
    """Web results as one chat message, then the reports of workers as another, late ones last."""
    delegates = kit.role.delegates
    found: list[str] = []
    reports: list[str] = []
    report_role = "user"
    for slot in (*frame.slots, *frame.late) if delegates else ():
        if slot is not None and slot.tool in delegates:
            report_role = scenario.kits[delegates[slot.tool]].role.report_role
    for slot in frame.slots:
        if slot is None:
            continue
        if slot.tool in delegates:
            reports.append(prompts.result_text(slot, slot.tool))
        else:
            found.append(shown_result(frame, kit, slot))
    if frame.late:
        reports += mail.late_texts(state, frame.late)
    new = [chat_message(scenario.result_role, "\n\n".join(found))] if found else []
    if reports:
        new.append(chat_message(report_role, "\n\n".join(reports)))
    return new


def _seat_queued(scenario: Scenario, state: State) -> None:
    """Give queued frames to free players: oldest frame and first seat first."""
    if not state.queue or state.end is not None:
        return
    busy = {frame.player for frame in state.frames if frame.end is None}
    left: list[int] = []
    for index in state.queue:
        frame = state.frames[index]
        free = [seat for seat in scenario.players_of(frame.role) if seat not in busy]
        if free:
            clock.seated(state, frame, free[0])
            _seat(scenario, state, frame, free[0])
            busy.add(free[0])
        else:
            left.append(index)
    state.queue = left


def _start_round(scenario: Scenario, state: State) -> None:
    if state.end is not None:
        return
    live = {frame.player for frame in state.frames if frame.end is None and not frame.waiting}
    state.round = [player for player in scenario.players if player in live]


def _refusal(call: Call, status: Status, content: str) -> Result:
    return Result(
        call=call.id,
        tool=call.tool,
        status=status,
        content=content,
        executed=False,
        cost=len(content),
    )


def _repeat(call: str, earlier: Result) -> Result:
    return Result(
        call=call,
        tool=earlier.tool,
        status="duplicate",
        content=earlier.content,
        urls=earlier.urls,
        opened=earlier.opened,
        executed=False,
        cost=earlier.cost,
        truncated=earlier.truncated,
    )


def _slot(call: str) -> int:
    """The place of a call in its message, from 0, by its id "turn.number"."""
    return int(call.rpartition(".")[2]) - 1


def _unknown_tool_text(name: str, tools: Sequence[str]) -> str:
    shown = clip(name, 60)
    near = nearest(shown, tools)
    meant = f" Did you mean {near!r}?" if near else ""
    return f"There is no tool {shown!r}.{meant} Your tools: {', '.join(tools)}."
