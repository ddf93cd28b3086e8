"""Pages from a directory tree of HTML files or of marked-up texts, streamed as they are read."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from webenvs.corpora.corpus import Broken, Redirect, Source
from webenvs.corpora.html.page import SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.markup import PEPS, Peps
from webenvs.corpora.sources.raw import Desk, Media, Raw, pages_of
from webenvs.corpora.sources.tree import Kind, Tree, checked_base
from webenvs.errors import bad_setting
from webenvs.records import Page

HTML = Kind(suffixes=(".html", ".htm", ".xhtml"), packed=True)
"""How the names of HTML pages end, in any case; `.gz` may follow, and the url does without it."""
MARKUP = Kind(suffixes=(".md", ".markdown", ".rst"), indexes=("index", "readme"), bare=True)
"""How the names of marked-up texts end; their urls keep the suffix, and are aliases without it."""
MARKUP_LIMIT = 400_000
"""Bytes of a marked-up text that are read (half of reStructuredText); the rest is cut."""

_MEDIA: dict[str, Media] = {".md": "markdown", ".markdown": "markdown", ".rst": "rst"}
_PEP = re.compile(r"(?:\A|/)pep-\d{4}\.rst\Z")


def read_tree(
    root: Path,
    base_url: str,
    tally: Tally,
    limit: int = SIZE_LIMIT,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """The HTML pages below `root` by their paths; a page's url is `base_url` plus its path.

    A page is followed by the Redirects that lead to it: from the directory that it is the index of,
    with and without a slash, and from its file's name if that ends in `.gz`. A page that sends its
    reader on at once is a Redirect itself. Links to files of the tree that are no pages are left
    out and counted in `tally`, all others are kept as they are. Of a page that is there plain and
    gzipped the plain file is read, the other is broken. Files are not followed out of the tree,
    directories not through symbolic links. `limit` is the number of bytes read of a page, `workers`
    that of processes (by default one for a small tree and one a core for others); `progress` is
    called with the number of files read. Raises CorpusError if there is no page file, SettingError
    for a base that is no url.
    """
    tree = Tree(root, checked_base(base_url), HTML)
    raw = (Raw(str(tree.root / name), url, tree.root / name) for name, url in tree.files)
    return _pages(tree, tally, pages_of(raw, tally, _desk(limit), workers, progress))


def read_markup(
    root: Path,
    base_url: str,
    tally: Tally,
    limit: int = MARKUP_LIMIT,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """The pages of Markdown and reStructuredText below `root`, as `read_tree` gives those of HTML.

    A url keeps its suffix, so that links between the files stay what they are; the url without it
    is a Redirect, as are those of directories with an index or a readme. Python Enhancement
    Proposals (`pep-0008.rst`) are linked to each other by their numbers.
    """
    tree = Tree(root, checked_base(base_url), MARKUP)
    raw = (
        Raw(str(tree.root / name), url, tree.root / name, _MEDIA[Path(name).suffix.lower()])
        for name, url in tree.files
    )
    desk = _desk(limit, _peps(tree))
    return _pages(tree, tally, pages_of(raw, tally, desk, workers, progress))


def _desk(limit: int, peps: Peps = PEPS) -> Desk:
    if limit < 1:
        raise bad_setting("limit", limit, "a number of bytes, at least 1")
    return Desk(limit, peps)


def _peps(tree: Tree) -> Peps:
    """Where proposals lie: in the folder of the tree that holds the first, or on their site."""
    for name, url in tree.files:
        if _PEP.search(name):
            return Peps(url.rpartition("/")[0] + "/", "pep-%04d.rst")
    return PEPS


def _pages(tree: Tree, tally: Tally, items: Iterator[Page | Broken | Redirect]) -> Source:
    for item in items:
        if isinstance(item, Page):
            page, dropped = tree.without_other_files(item)
            tally.links_outside += dropped
            yield page
            yield from tree.redirects(page.url)
        else:
            yield item
            if isinstance(item, Redirect):
                yield from tree.redirects(item.url)
    yield from tree.broken
