"""What an HTTP response or a row of a search API is to a player: a page, a hit, or a failure."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.recorded import page_of
from webenvs.corpora.urls import WEB, forms, normal
from webenvs.noise.model import Failure
from webenvs.recording.response import Response, page_request
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.recording.searching import Found
from webenvs.records import Hit, Link, Page, Status
from webenvs.text import clip, one_line
from webenvs.web.backend import unavailable

HOPS = 10
"""Redirects that are followed."""
DEPTH = 10
"""Results that a search API is asked for, unless more are shown."""

Answered = Response | Failure
Ask = Callable[[str], Answered]

_REFUSALS = frozenset({401, 403, 407, 451})
_GONE = frozenset({404, 410})
_SHOWN = 200


def web_url(address: str) -> str | None:
    """The normal form of an address of the web, or None for what is none."""
    try:
        bare = normal(list(forms(address))[1])
        page_request(bare)
    except ValueError:
        return None
    scheme, mark, host = bare.partition("://")
    return scrubbed_url(bare) if mark and host and scheme in WEB else None


def spelled(address: str) -> str:
    """One spelling of an address: its normal form on the web, else what is written."""
    return web_url(address) or address.strip()


def arrival(url: str, ask: Ask) -> tuple[str, Page | Failure]:
    """Where a url leads, and what is there; `ask` answers one hop."""
    for _ in range(HOPS + 1):
        answer = ask(url)
        if isinstance(answer, Failure):
            return url, answer
        onward = answer.target
        if onward is None:
            shown = page_at(url, answer)
            if not isinstance(shown, Redirect):
                return url, shown
            onward = shown.target
        following = web_url(onward)
        if following is None:
            return url, unavailable(f"The page at {_told(url)} leads on to no page of the web.")
        url = following
    return url, unavailable(f"The page at {_told(url)} leads on and on.")


def page_at(url: str, response: Response) -> Page | Redirect | Failure:
    """What a response that sends its reader nowhere is: a page, or why there is none.

    Links are in their normal form, without secrets, all of them: no corpus says which lead nowhere.
    """
    refused = _refused(url, response.status)
    if refused is not None:
        return refused
    item = page_of(response)
    if isinstance(item, Broken):
        return unavailable(f"The page at {_told(url)} cannot be read: {item.reason}.")
    if isinstance(item, Redirect):
        return item
    links = tuple(
        Link(
            anchor=link.anchor,
            url=normal(scrubbed_url(link.url)),
            position=min(link.position, len(item.text)),
        )
        for link in item.links
    )
    return replace(item, url=url, links=links)


def hits_of(found: Sequence[Found], k: int) -> tuple[Hit, ...]:
    """The first `k` results as hits; of several with one url the first stands.

    Such an API gives ranks and no scores: the score of a hit is 1 / rank among its results.
    """
    first: dict[str, tuple[float, Found]] = {}
    for rank, row in enumerate(found, start=1):
        first.setdefault(normal(row.url), (1 / rank, row))
    return tuple(
        Hit(
            url=url,
            title=one_line(row.title) or url,
            snippet=one_line(row.snippet),
            score=score,
            rank=place,
        )
        for place, (url, (score, row)) in enumerate(list(first.items())[:k], start=1)
    )


def _refused(url: str, status: int) -> Failure | None:
    """The failure that a status other than 200 means."""
    if status == 200:
        return None
    if status in _GONE:
        return Failure(status="not_found", content=f"There is no page at {_told(url)!r}.")
    kind: Status = "refused"
    if status == 429:
        kind = "rate_limited"
    elif status not in _REFUSALS:
        kind = "server_error" if status >= 500 else "unavailable"
    return Failure(status=kind, content=f"The server of {_told(url)} answered {status}.")


def _told(url: str) -> str:
    return clip(one_line(url), _SHOWN)
