"""Which slot holds which kind of call: the numbered actions of the features view."""

from collections.abc import Mapping

from webenvs.records import Record


class Kind(Record, frozen=True, kw_only=True):
    """One kind of slots: its name, how many there are, and what its calls do."""

    name: str
    count: int
    meaning: str


KINDS: tuple[Kind, ...] = (
    Kind(
        name="search_request",
        count=1,
        meaning="search by the whole request",
    ),
    Kind(
        name="search_part",
        count=4,
        meaning="search by a part of the request: a name, a quotation, a value, a clause",
    ),
    Kind(
        name="search_entity",
        count=4,
        meaning="search by a name that was read, the likeliest to lead on first",
    ),
    Kind(
        name="search_joined",
        count=3,
        meaning="search by such a name together with the words of the part that is open at it",
    ),
    Kind(
        name="fetch",
        count=10,
        meaning="open an address that was seen in a hit or behind a link, the likeliest first",
    ),
    Kind(
        name="click",
        count=8,
        meaning="follow a link of the page that is open, the likeliest first",
    ),
    Kind(
        name="read_on",
        count=1,
        meaning="read the next part of the page that is open",
    ),
    Kind(
        name="find",
        count=1,
        meaning="find words of the open part on the page that is open, if it has several parts",
    ),
    Kind(
        name="back",
        count=1,
        meaning="return to the page that was open before",
    ),
    Kind(
        name="delegate_request",
        count=1,
        meaning="delegate the whole request",
    ),
    Kind(
        name="delegate_part",
        count=3,
        meaning="delegate a part of the request, the innermost first",
    ),
    Kind(
        name="delegate_joined",
        count=3,
        meaning="delegate the open part of the request with a name that was read filled in",
    ),
    Kind(
        name="close",
        count=12,
        meaning="answer with a candidate that was read, or report it, the likeliest first",
    ),
    Kind(
        name="give_up",
        count=1,
        meaning="close with nothing",
    ),
    Kind(
        name="wait",
        count=1,
        meaning="do nothing: the only one of a player that has nothing to do, and only its",
    ),
)
"""Every kind, in the order of its slots."""

K = sum(kind.count for kind in KINDS)
"""The number of slots."""


def _spans() -> dict[str, range]:
    spans: dict[str, range] = {}
    first = 0
    for kind in KINDS:
        spans[kind.name] = range(first, first + kind.count)
        first += kind.count
    return spans


SPANS: Mapping[str, range] = _spans()
"""The slots of every kind."""

WAIT = SPANS["wait"][0]
"""The slot of a player that has nothing to do."""

COUNTS: Mapping[str, int] = {kind.name: kind.count for kind in KINDS}
"""How many slots every kind has."""
