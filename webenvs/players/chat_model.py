"""A chat model as a player: asked over HTTP, with native tool calls or in the codec."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webenvs.actions.reading import Draft
from webenvs.errors import PlayerError, bad_setting, unknown_name
from webenvs.players.completion import Completion, read
from webenvs.players.endpoint import Endpoint, EndpointError
from webenvs.players.ledger import Entry, Key, Ledger
from webenvs.players.usage import Usage
from webenvs.records import Info, Observation, Seat

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "vllm": {"return_token_ids": True, "logprobs": True},
    "sglang": {"logprobs": True, "separate_reasoning": True},
}
"""Fields beyond the standard that servers know: they answer with exact tokens too."""

_OWN = ("model", "messages", "tools")
_HINT = (
    " If the server knows no tools (or was started without a parser of tool calls), have the model "
    "write its calls as text (`--text`, ChatModel(text=True))."
)
_TOOLS = re.compile(r"\btools?\b|tool[_-]c", re.IGNORECASE)


class ChatModel:
    """A player whose messages a model writes. One instance can sit at all seats of one environment.

    Whatever the model writes is a message: calls with garbage for arguments and text without a call
    are answered by the environment. Where its server does not answer, EndpointError ends the
    episode as a real fault; `fault` keeps it. Messages too long for the model are its own limit:
    it says nothing then. `usage` counts what each seat took since its reset.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        text: bool = False,
        sampling: Mapping[str, Any] | None = None,
        ledger: Ledger | None = None,
        name: str = "",
    ) -> None:
        """`text` has it write in the codec, without tools in the request.

        `sampling` goes into every request (temperature, max_tokens, seed, stream, ...; None leaves
        a field out); `name` tells its entries in the `ledger` from those of others. Raises
        SettingError for sampling that sets what is not its own.
        """
        self.reads_native = not text
        self.usage: dict[str, Usage] = {}
        self.fault: EndpointError | None = None
        self.called = False
        self._endpoint = endpoint
        self._ledger = ledger
        self._name = name or endpoint.model
        self._seeds: dict[str, int] = {}
        self._sampling = checked_sampling(sampling or {})

    def reset(self, seat: Seat) -> None:
        """Begin an episode at a seat."""
        self._seeds[seat.player] = seat.seed
        self.usage[seat.player] = Usage()
        self.fault = None

    def snapshot(self) -> dict[str, Any]:
        """What each seat has taken, which its next request is numbered by."""
        return {seat: msgspec.to_builtins(usage) for seat, usage in self.usage.items()}

    def restore(self, data: Any) -> None:
        """Count on from there; raises ValueError for what is no snapshot."""
        self.usage = msgspec.convert(data, dict[str, Usage])

    def __call__(self, observation: Observation, info: Info) -> str | Mapping[str, Any]:
        """The model's next message; raises EndpointError where its server gives none."""
        said = self._said(info, observation["turn"], self._request(info))
        if said is None:
            return ""
        if not said.calls:
            return said.text
        self.called = True
        return {"thought": _thought(said.text), "calls": list(said.calls)}

    def _request(self, info: Info) -> dict[str, Any]:
        """The body of a request, as it is sent."""
        body: dict[str, Any] = {"model": self._endpoint.model}
        if not self.reads_native:
            return {**body, "messages": plain_messages(info["messages"]), **self._sampling}
        if "native" not in info:
            raise PlayerError("info has no native chat: `shown` of webenvs.envs.seated adds it.")
        return {
            **body,
            "messages": info["native"],
            "tools": list(info["tools"]),
            **self._sampling,
        }

    def _said(self, info: Info, turn: int, body: dict[str, Any]) -> Completion | None:
        """What the model says to a request, from the ledger if it was asked before.

        None where the request does not fit the model.
        """
        seat = info["player"]
        so_far = self.usage.get(seat, Usage())
        key = Key(
            player=self._name,
            task=info["task_id"],
            seed=self._seeds.get(seat, 0),
            seat=seat,
            number=so_far.requests,
        )
        entry = None if self._ledger is None else self._ledger.find(key, body)
        if entry is None:
            entry = self._asked(key, turn, body)
            if self._ledger is not None:
                self._ledger.add(entry)
        said = None if entry.refused else read(entry.answer)
        took = Usage(requests=1, too_long=1) if said is None else said.usage
        self.usage[seat] = so_far + took
        return said

    def _asked(self, key: Key, turn: int, body: dict[str, Any]) -> Entry:
        try:
            _, raw = self._endpoint.complete(body)
        except EndpointError as error:
            if error.fault == "context":
                return Entry(key=key, turn=turn, request=body, refused=str(error))
            self.fault = self._hinted(error)
            raise self.fault from None
        return Entry(key=key, turn=turn, request=body, answer=raw)

    def _hinted(self, error: EndpointError) -> EndpointError:
        """The error, with the way out where the server seems not to know tools."""
        told = str(error)
        if self.reads_native and error.fault == "status" and _TOOLS.search(told):
            return EndpointError(error.fault, told + _HINT, error.status)
        return error


def plain_messages(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """A transcript in a codec as any server takes it: results are the user's.

    Neighbours of one role are one message, since strict templates want roles to take turns.
    """
    merged: list[dict[str, str]] = []
    for entry in messages:
        role = "user" if entry["role"] == "tool" else entry["role"]
        if merged and merged[-1]["role"] == role:
            merged[-1]["content"] += "\n\n" + entry["content"]
        else:
            merged.append({"role": role, "content": entry["content"]})
    return merged


def checked_sampling(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Fields for every request, those that are None left out; a stream tells its tokens too.

    Raises SettingError for a field that the player fills in itself, and for a number that JSON
    cannot say.
    """
    for name in _OWN:
        if name in sampling:
            raise bad_setting("sampling", name, f"fields other than {', '.join(_OWN)}")
    for name, value in sampling.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise bad_setting(name, value, "a finite number")
    told = {"stream_options": {"include_usage": True}} if sampling.get("stream") else {}
    return {name: value for name, value in {**told, **sampling}.items() if value is not None}


def preset(name: str) -> Mapping[str, Any]:
    """The fields of a preset; raises UnknownNameError."""
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name]


def _thought(text: str) -> str:
    """The text beside calls, without the tags of thoughts."""
    draft = Draft()
    draft.think(draft.think_tags(text))
    return "\n".join(draft.thoughts)
