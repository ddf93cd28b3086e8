"""Native chat: a player's transcript with calls and results as OpenAI's chat messages hold them.

It is cut from the transcript in the codec, so that both say the same, clipped texts included; only
what teaches the codec (the rules, the examples of right calls) is said in native words.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from webenvs.actions import mapping
from webenvs.actions.arguments import sample_arguments
from webenvs.actions.json_text import JsonTextError, decode
from webenvs.actions.writing import json_text
from webenvs.chat import ChatMessage
from webenvs.envs import mail, prompts
from webenvs.envs.kits import RoleKit
from webenvs.envs.scenario import Scenario
from webenvs.envs.state import FrameState, State
from webenvs.envs.toolsets import kit_of, shown_result
from webenvs.records import Call, Result, Tool, Turn

_GAP = "\n\n"


class _Piece(NamedTuple):
    """A part of what a message brought: the call it answers, none if empty, and its text.

    `native` is the text in native words.
    """

    call: str
    text: str
    native: str


def transcript(scenario: Scenario, state: State, frame: FrameState) -> list[dict[str, Any]]:
    """The chat messages of a frame; each is a prefix of the next. See `chat.native_messages`."""
    kit = kit_of(scenario, frame)
    turns = [turn for turn in state.turns if turn.frame == frame.index]
    opening, answers = _split(frame.messages)
    messages: list[dict[str, Any]] = [{"role": "system", "content": kit.native_system}]
    messages += [{**entry} for entry in opening[1:]]
    for number, (turn, answer) in enumerate(zip(turns, answers, strict=True), start=1):
        ids = {call.id: f"{number:06d}{place:03d}" for place, call in enumerate(turn.calls, 1)}
        messages.append(_said(turn, ids))
        if not answer:
            continue  # the frame is over, or waits for reports
        closes = turns[number].closing if number < len(turns) else frame.closing is not None
        text = _GAP.join([entry["content"] for entry in (answer[:-1] if closes else answer)])
        pieces = _pieces(scenario, state, frame, turn, number)
        messages += _told(_cut(text, pieces), turn, ids)
        if closes:
            messages.append({"role": "user", "content": _closing_text(kit, frame)})
    return messages


def _split(messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], list[list[ChatMessage]]]:
    """What was said before the player's first message, and after each of them."""
    parts: list[list[ChatMessage]] = [[]]
    for entry in messages:
        if entry["role"] == "assistant":
            parts.append([])
        else:
            parts[-1].append(entry)
    return parts[0], parts[1:]


def _said(turn: Turn, ids: dict[str, str]) -> dict[str, Any]:
    """The player's own message: thought as content, and the calls that could be read."""
    said: dict[str, Any] = {"role": "assistant", "content": _content(turn)}
    if turn.calls:
        said["tool_calls"] = [
            {
                "id": ids[call.id],
                "type": "function",
                "function": {"name": call.tool, "arguments": json_text(call.arguments)},
            }
            for call in turn.calls
        ]
    return said


def _content(turn: Turn) -> str:
    """The thought, and what else a message with errors said, which no call can show."""
    if not turn.errors:
        return turn.thought
    if not turn.mapping:
        return turn.message
    try:
        calls = decode(turn.message)["calls"]
    except (JsonTextError, LookupError, TypeError):
        return turn.message
    listed = calls if isinstance(calls, list) else [calls]
    bad = [json_text(call) for call in listed if mapping.read({"calls": [call]}).errors]
    return "\n".join([*([turn.thought] if turn.thought else []), *bad])


def _pieces(
    scenario: Scenario, state: State, frame: FrameState, turn: Turn, number: int
) -> list[_Piece]:
    """What the frame's message `number` brought, in the order of the transcript in the codec."""
    kit = kit_of(scenario, frame)
    own = {result.call: result for result in turn.results}
    found: list[_Piece] = []
    reports: list[_Piece] = []
    for call in turn.calls:
        result = own.get(call.id) or _report(state, frame, call.id)
        piece = _piece(scenario, kit, call, result, shown_result(frame, kit, result))
        (reports if result.tool in kit.role.delegates else found).append(piece)
    late = mail.late_texts(state, _late(state, frame, number))
    said = [_Piece("", text, text) for text in late]
    if turn.errors:
        stage = kit.stage(number)
        text = prompts.trouble_text(turn.errors, stage.example)
        said.append(_Piece("", text, prompts.trouble_text(turn.errors, example(stage.tools[0]))))
    return [*found, *reports, *said]


def _piece(scenario: Scenario, kit: RoleKit, call: Call, result: Result, text: str) -> _Piece:
    """A result; the example of a right call that a refusal ends with is said in native words."""
    native, tool = text, kit.by_name.get(call.tool)
    if result.status == "invalid_arguments" and tool is not None:
        shown = scenario.codec.example(tool)
        if text.endswith(shown):
            native = text.removesuffix(shown) + example(tool)
    return _Piece(call.id, text, native)


def _report(state: State, frame: FrameState, call: str) -> Result:
    """The report of a delegation as its caller first had it."""
    asked = next(
        other
        for other in state.frames
        if other.parent == frame.index and (other.call == call or call in other.echoes)
    )
    sent = asked.sent
    assert sent is not None  # the caller has been answered
    if asked.call in frame.came:
        sent = replace(sent, status="delayed", content=prompts.UNDER_WAY)
    return sent if asked.call == call else replace(sent, call=call, status="duplicate")


def _late(state: State, frame: FrameState, number: int) -> list[Result]:
    """The late reports that came with the answer to message `number`, in order."""
    sent = {other.call: other.sent for other in state.frames if other.parent == frame.index}
    found = [sent[call] for call, turn in frame.came.items() if turn == number]
    return [result for result in found if result is not None]


def _cut(text: str, pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """The pieces as they stand in `text`, which may be clipped."""
    place = 0
    for piece in pieces:
        shown = text[place : place + len(piece.text)]
        place += len(piece.text) + len(_GAP)
        yield piece if shown == piece.text else piece._replace(native=shown)


def _told(pieces: Iterator[_Piece], turn: Turn, ids: dict[str, str]) -> list[dict[str, Any]]:
    """One message a call, in their order, and the rest as the user's."""
    results: dict[str, str] = {}
    rest: list[str] = []
    for piece in pieces:
        if piece.call:
            results[piece.call] = piece.native or prompts.CLIPPED
        elif piece.native:
            rest.append(piece.native)
    told: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": ids[call.id], "content": results[call.id]}
        for call in turn.calls
    ]
    return told + ([{"role": "user", "content": _GAP.join(rest)}] if rest else [])


def _closing_text(kit: RoleKit, frame: FrameState) -> str:
    assert frame.closing is not None
    return prompts.closing_text(frame.closing, kit.role, example(kit.role.closing))


def example(tool: Tool) -> str:
    """A right call of a tool, in native words."""
    return json_text({"name": tool.name, "arguments": sample_arguments(tool)})
