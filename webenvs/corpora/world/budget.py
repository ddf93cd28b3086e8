"""How many pages of each sort a web of a given size has, so that they add up exactly."""

from collections.abc import Callable

from webenvs.corpora.world.plan import CHUNK

_ARTICLES = 0.58
"""The share of articles among the pages that are no distractors."""
_NOTICES = 4
_LEAST_ARTICLES = 66
_MOST_DISTRACTORS = 0.4
"""The share of distractors among all pages when the setting is 1."""
MOST_ODD = 0.7
"""The most distractors, as a share of the pages that are neither articles nor their indexes."""
SITES, ROLLS, NAMESAKES = 0.54, 0.2, 0.06
"""Shares of the pages that are neither articles nor indexes nor distractors; the rest are news."""


def distractor_share(distractors: float) -> float:
    """The share of pages that state no fact on purpose: 0.1 at 0.5, 0.4 at 1."""
    return _MOST_DISTRACTORS * distractors * distractors


def article_count(pages: int, distractors: float) -> int:
    """How many entities, and so articles, a web of `pages` pages is made for."""
    share = _ARTICLES * (1 - distractor_share(distractors))
    return max(round(pages * share), min(_LEAST_ARTICLES, pages))


def notices(room: int) -> int:
    """How many pages about the encyclopedia itself go before the news."""
    return min(room // 8, _NOTICES)


def index_pages(entries: int) -> int:
    """How many pages an index of so many entries has, at most CHUNK links on each."""
    pages, level = 0, entries
    while level > 0:
        level = -(-level // CHUNK)
        pages += level
        if level == 1:
            break
    return pages


def with_index(entries: int) -> int:
    """Pages for so many entries and their index."""
    return entries + index_pages(entries)


def most_within(room: int, cost: Callable[[int], int] = with_index) -> int:
    """The largest number of entries whose `cost` is at most `room`; `cost` rises with them."""
    low, high = 0, max(0, room)
    while low < high:
        middle = (low + high + 1) // 2
        if cost(middle) <= room:
            low = middle
        else:
            high = middle - 1
    return low
