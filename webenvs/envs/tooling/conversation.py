"""Players' chats with models behind an API: what is sent, what is said, and the same ids after."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from webenvs.actions import mapping
from webenvs.chat import native_messages
from webenvs.envs.tooling.tool_env import Outcome, ToolEnv

UNREAD = "This call could not be read."
"""The answer to a call without a name, or whose arguments are no JSON object."""


class Conversation:
    """What one player has read and said in one frame, as an endpoint is sent it.

    It only ever grows: a message stays as the model gave it, the ids of its calls included, so that
    whoever keeps tokens finds every request to begin with the one before and its answer.
    """

    def __init__(
        self,
        env: ToolEnv,
        player: str | None = None,
        *,
        native: bool = True,
        system: str | None = None,
    ) -> None:
        """`player` is by default the one due; `native` has calls as tool calls, else in the codec.

        `system` stands for the environment's system prompt.
        """
        self.env, self.native, self.system = env, native, system
        self.player = env.player if player is None else player
        self.messages: list[dict[str, Any]] = []
        self._said: dict[str, Any] | None = None
        self._unsent: dict[str, Any] = {}
        self._seen = 0

    def request(self) -> dict[str, Any]:
        """{"messages", and "tools" where they are native}: the body that asks for a message."""
        fresh = self._fresh()
        if self._said is not None:
            fresh = [self._said, *answered(self._said.get("tool_calls") or (), fresh[1:])]
        elif self.system is not None and fresh:
            fresh[0]["content"] = self.system
        self.messages, self._said = [*self.messages, *fresh], None
        offered = {"tools": list(self.env.tools(self.player))} if self.native else {}
        return {"messages": self.messages, **offered}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take an assistant message, as the endpoint gave it, for what the player says now."""
        kept = {name: value for name, value in message.items() if value is not None}
        self._said = self._unsent = {"role": "assistant", "content": "", **kept}

    def play(self) -> Outcome:
        """Send what was heard since the last message; an empty one if nothing was."""
        said, self._unsent = self._unsent, {}
        return self.env.send(spoken(said), self.player)

    def score(self) -> dict[str, float]:
        """`ToolEnv.score` of the player; raises RuntimeError where a real fault ended the episode.

        Such an episode is not worth 0: it is to be left out of training.
        """
        info = self.env.info(self.player)
        if not info["valid"]:
            raise RuntimeError(f"The episode broke: {info['fault']}.")
        return self.env.score(self.player)

    def _fresh(self) -> list[dict[str, Any]]:
        """What the transcript holds since the last request, the player's own message first."""
        if self.native:
            written = native_messages(self.env.session, self.player)
        else:
            written = self.env.messages(self.player)
        fresh = [{**entry} for entry in written[self._seen :]]
        self._seen = len(written)
        return fresh


class Conversations:
    """The conversations of all frames of an episode whose every seat is the caller's."""

    def __init__(
        self, env: ToolEnv, *, native: bool = True, system: Mapping[str, str] | None = None
    ) -> None:
        """`env` is an episode that has begun; `system` holds system prompts by role."""
        self.env, self.native, self.system = env, native, system or {}
        self.of_frame: dict[int, Conversation] = {}

    def due(self) -> list[Conversation]:
        """Those whose messages are due in this round, in the order in which they are played.

        All may be asked at once: what a player says in a round, no other sees before the next.
        """
        seated = {f.player: f.index for f in self.env.session.state.frames if f.end is None}
        for player in self.env.to_act:
            if seated[player] not in self.of_frame:
                system = self.system.get(self.env.scenario.role_of(player))
                talk = Conversation(self.env, player, native=self.native, system=system)
                self.of_frame[seated[player]] = talk
        return [self.of_frame[seated[player]] for player in self.env.to_act]


def spoken(message: Mapping[str, Any]) -> str | dict[str, Any]:
    """An assistant message of an API as `ToolEnv.send` takes it: text alone, or with its calls."""
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    text = str(message.get("content") or "")
    return {"thought": text, "calls": calls} if calls else text


def answered(calls: Sequence[Any], fresh: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`fresh` messages with results under the ids that the model gave its calls, one for each."""
    if not calls:
        return list(fresh)
    results = iter([entry for entry in fresh if entry["role"] == "tool"])
    told = []
    for call in calls:
        read = not mapping.read({"calls": [_call(call)]}).errors
        text = next(results, {}).get("content", UNREAD) if read else UNREAD
        told.append({"role": "tool", "tool_call_id": call.get("id"), "content": text})
    return [*told, *(entry for entry in fresh if entry["role"] != "tool")]


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A tool call of an API as one of a message; arguments that are not JSON stay text."""
    function = call.get("function") or {}
    written = function.get("arguments") or "{}"
    try:
        arguments = json.loads(written)
    except (TypeError, ValueError, RecursionError):
        arguments = written
    return {"name": function.get("name"), "arguments": arguments}
