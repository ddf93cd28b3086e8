"""What a server allows: sizes, numbers and times, each named in the error that refuses more."""

from typing import Annotated

import msgspec

from webenvs.errors import bad_setting
from webenvs.records import Record

Count = Annotated[int, msgspec.Meta(ge=1)]


class Limits(Record, frozen=True, kw_only=True):
    """The limits of a server.

    `body` bytes a request or a message of a socket, `queries` or urls a request, `topk` hits a
    query and `hits` a request, `tasks` listed at once, `sessions` episodes kept at a time, `idle`
    seconds after which an episode that nobody asked for is forgotten, `threads` that do the work.
    """

    body: Count = 1_048_576
    queries: Count = 256
    topk: Count = 100
    hits: Count = 2_560
    tasks: Count = 1_000
    sessions: Count = 256
    idle: float = 900.0
    threads: Count = 8

    def __post_init__(self) -> None:
        """Raise SettingError for a limit that allows nothing, or more than a web can show."""
        for name in ("body", "queries", "topk", "hits", "tasks", "sessions", "threads"):
            if getattr(self, name) < 1:
                raise bad_setting(name, getattr(self, name), "a whole number of at least 1")
        if self.topk > 100:
            raise bad_setting("topk", self.topk, "at most 100")
        if not 0 < self.idle < float("inf"):
            raise bad_setting("idle", self.idle, "a number of seconds above 0")
