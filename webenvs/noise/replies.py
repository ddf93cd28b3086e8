"""Noise on what a call was about to return: it arrives broken or not to its end."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.model import Detail, Reply
from webenvs.records import Record

_LEAST, _MOST = 0.2, 0.8


class Malformed(Record, frozen=True, kw_only=True):
    """The answer is JSON that breaks off after at most `characters`, so that none can read it."""

    characters: Annotated[int, msgspec.Meta(ge=1)] = 60

    def reply(self, draw: Draw, reply: Reply, call: Mapping[str, Any]) -> tuple[Reply, Detail]:
        """The first characters of the JSON text; what they show of the content is little."""
        whole = json.dumps({"status": reply.status, "content": reply.content}, ensure_ascii=False)
        most = min(self.characters, len(whole) - 1)
        kept = 1 + draw.integer(most, "malformed", "characters")
        detail = {"characters": kept, "of": len(whole)}
        return replace(reply, status="malformed", content=whole[:kept], truncated=True), detail


class Partial(Record, frozen=True, kw_only=True):
    """The body ends in its middle, with a note of how much of it arrived."""

    def reply(self, draw: Draw, reply: Reply, call: Mapping[str, Any]) -> tuple[Reply, Detail]:
        """From a fifth to four fifths of the characters; bytes are those of UTF-8."""
        content = reply.content
        if len(content) < 2:
            return reply, {}
        share = _LEAST + (_MOST - _LEAST) * draw.uniform("partial", "share")
        body = content[: max(1, int(len(content) * share))]
        arrived, due = len(body.encode()), len(content.encode())
        note = f"(The connection was closed: {arrived} of {due} bytes arrived.)"
        partial = replace(reply, status="partial", content=f"{body}\n{note}", truncated=True)
        return partial, {"bytes": arrived, "of": due}
