"""The check of a corpus."""

import pickle
from collections.abc import Sequence
from itertools import pairwise

from webenvs.corpora.corpus import Corpus, digest_of
from webenvs.records import Page
from webenvs.testing.promises import in_threads, promise, promise_equal, quietly

_READ_TWICE = 200
_ABSENT = "webenvs-testing://no-such-page"


def check_corpus(corpus: Corpus) -> None:
    """Check every promise of `Corpus` by reading all its pages.

    Pages: at least one, in ascending order of url, each url once; `index` and `url` are each
    other's inverse, an alias has the index of its page, an unknown url has none, an index out of
    range raises IndexError. Records:
    each is a Page that UTF-8 can carry, with links inside its text. Digest: that of `digest_of`.
    The same page is returned again, by four threads at once, and after pickling.
    """
    promise(len(corpus) > 0, "A corpus must hold at least one page")
    promise(
        isinstance(corpus.name, str) and bool(corpus.name), "A corpus must have a name for people"
    )
    pages = [quietly(lambda at=at: corpus.page(at), f"page({at})") for at in range(len(corpus))]  # type: ignore[misc]  # the default binds the number
    for place, page in enumerate(pages):
        _check_page(corpus, place, page)
    for one, other in pairwise(pages):
        promise(
            one.url < other.url,
            f"Pages must be in ascending order of url, each once: {one.url!r}, {other.url!r}",
        )
    _check_edges(corpus)
    aliases = list(corpus.aliases())
    digest = digest_of(pages, aliases)
    promise_equal(corpus.digest, digest, "The digest must be digest_of(pages, aliases)")
    _check_aliases(corpus, aliases)
    _check_rereading(corpus, pages)


def _check_page(corpus: Corpus, place: int, page: Page) -> None:
    promise(type(page) is Page, f"page({place}) must be a webenvs.records.Page")
    promise_equal(corpus.url(place), page.url, f"url({place}) must be the url of page({place})")
    promise_equal(corpus.index(page.url), place, f"index({page.url!r}) must be {place}")
    for field, text in (("url", page.url), ("title", page.title), ("text", page.text)):
        promise(isinstance(text, str), f"The {field} of {page.url!r} must be text")
        quietly(text.encode, f"The {field} of {page.url!r} must be text that UTF-8 can carry")
    for link in page.links:
        inside = 0 <= link.position <= len(page.text)
        promise(inside, f"{page.url!r}: the link to {link.url!r} must lie within the text")


def _check_aliases(corpus: Corpus, aliases: Sequence[tuple[str, str]]) -> None:
    for one, other in pairwise(aliases):
        promise(one[0] < other[0], f"Aliases must ascend, each once: {one[0]!r}, {other[0]!r}")
    for alias, url in aliases:
        promise_equal(corpus.index(alias), corpus.index(url), f"The alias {alias!r} of {url!r}")
        promise(alias != url, f"{alias!r} is the url of a page and no alias")


def _check_edges(corpus: Corpus) -> None:
    promise(corpus.index(_ABSENT) is None, "index of an unknown url must be None")
    for outside in (-1, len(corpus)):
        try:
            corpus.page(outside)
        except IndexError:
            continue
        raise AssertionError(f"page({outside}) must raise IndexError: {len(corpus)} pages")


def _check_rereading(corpus: Corpus, pages: Sequence[Page]) -> None:
    step = max(1, len(pages) // _READ_TWICE)
    places = list(range(0, len(pages), step))
    wanted = [pages[place] for place in places]
    promise([corpus.page(at) for at in places] == wanted, "A page must stay the same when reread")
    threaded = in_threads(corpus.page, places)
    promise(threaded == wanted, "Pages must read the same in several threads")
    copy = quietly(lambda: pickle.loads(pickle.dumps(corpus)), "A corpus must pickle")
    promise_equal(copy.digest, corpus.digest, "A pickled corpus must keep its digest")
    promise([copy.page(at) for at in places] == wanted, "A pickled corpus must keep its pages")
