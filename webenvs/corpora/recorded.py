"""A recording as a source of pages: what was fetched once, frozen into an ordinary corpus.

The pages depend on the recording alone, not on the order in which they were fetched. They are those
that the web archive gives which is exported from the recording, but for two things. Where a link or
a redirect in the body of a page has a secret, it is scrubbed here, so that it leads to the page as
it was recorded; the archive keeps the body, and the link leads nowhere. And a body that holds the
beginning of a WARC record, which is a page here, is a damaged record to who reads the archive.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from webenvs.corpora.corpus import Broken, Item, Redirect, Source
from webenvs.corpora.html.page import SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.capture import Capture, item_of
from webenvs.corpora.sources.raw import Desk, Raw, made, pages_of
from webenvs.errors import CorpusError
from webenvs.recording.recording import Recording
from webenvs.recording.response import PAGE, Response, response_of
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.records import Link

Progress = Callable[[int], None]


def freeze(
    recording: Recording | str | Path,
    tally: Tally | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Source:
    """The pages of a recording, for `store.freeze`; `tally` is the one to hand to it too.

    Answers with status 200 that are HTML or text are pages, or Broken where they cannot be read;
    redirects are Redirects; the others are counted in `tally.passed_over` by their reason.
    `workers` is the number of processes, by default one for a few pages and one a core for many;
    `progress` is called with the number of items. Raises CorpusError for a recording that is
    damaged or holds no page.
    """
    counts = tally or Tally()
    with contextlib.ExitStack() as stack:
        opened = recording
        if not isinstance(opened, Recording):
            opened = stack.enter_context(Recording(opened))
        for item in pages_of(_found(opened, counts), counts, Desk(SIZE_LIMIT), workers, progress):
            yield _without_secrets(item)


def page_of(response: Response) -> Item:
    """What one response is to a corpus: a page, where it sends its reader on to, or why neither."""
    tally = Tally()
    item = item_of(_capture(response), tally, SIZE_LIMIT)
    if item is None:
        return Broken(where=response.url, reason=next(iter(tally.passed_over)))
    return made(item, Desk(SIZE_LIMIT)).item if isinstance(item, Raw) else item


def _found(recording: Recording, tally: Tally) -> Iterator[Raw | Broken | Redirect]:
    """The pages of a recording as they came, in the order of the keys."""
    count = 0
    for exchange in recording.exchanges():
        if exchange.request.get("kind") == PAGE:
            count += 1
            response = response_of(exchange.request, exchange.answer)
            item = item_of(_capture(response), tally, SIZE_LIMIT)
            if item is not None:
                yield item
    if not count:
        raise CorpusError(f"{recording.directory} holds no page: fetch some first.")


def _capture(response: Response) -> Capture:
    """The response as an archive would keep it; its body is unpacked already."""
    return Capture(
        where=response.url,
        url=response.url,
        status=response.status,
        header=response.header,
        content=lambda size: response.body[:size],
        plain=True,
    )


def _without_secrets(item: Item) -> Item:
    """`item` with urls as the recording writes them, so that links and pages agree."""
    if isinstance(item, Redirect):
        return Redirect(url=item.url, target=scrubbed_url(item.target))
    if isinstance(item, Broken) or all(link.url == scrubbed_url(link.url) for link in item.links):
        return item
    links = tuple(
        Link(anchor=link.anchor, url=scrubbed_url(link.url), position=link.position)
        for link in item.links
    )
    return replace(item, links=links)
