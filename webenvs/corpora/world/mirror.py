"""A generated web as a folder of HTML files, boilerplate and all, to try extraction on.

It lies there as a crawler with converted links would leave it: a folder a host, a file a page,
links between pages relative.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.world.raw import html_of
from webenvs.errors import CorpusError
from webenvs.records import Page


def write_mirror(
    corpus: Corpus, directory: Path, progress: Callable[[int], None] | None = None
) -> None:
    """Write every page of `corpus` as a file below `directory`; see `file_of` for its place.

    All files appear at once. `progress` is called with 1 for each page. Raises CorpusError if there
    is something at `directory`.
    """
    check_mirror(directory)
    target = directory.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as aside:
        fresh = Path(aside) / "fresh"
        for index in range(len(corpus)):
            page = corpus.page(index)
            path = fresh / file_of(page.url)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:  # no two pages may share a file
                file.write(html_of(_converted(page, corpus)))
            if progress:
                progress(1)
        fresh.rename(target)


def check_mirror(directory: Path) -> None:
    """Raise CorpusError unless nothing, or an empty folder, is there."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CorpusError(f"{directory} exists and is not an empty folder; it is left as it is.")


def file_of(url: str) -> PurePosixPath:
    """Where a page lies below the mirror: HOST/PATH.html, or HOST/PATH/index.html for a slash."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    name = f"{path}/index.html" if parts.path.endswith("/") or not path else f"{path}.html"
    return PurePosixPath(parts.netloc, name.lstrip("/"))


def _converted(page: Page, corpus: Corpus) -> Page:
    """The page with links to other pages of the corpus leading to their files."""
    folder = file_of(page.url).parent
    links = tuple(
        link
        if corpus.index(link.url) is None
        else msgspec.structs.replace(link, url=quote(os.path.relpath(file_of(link.url), folder)))
        for link in page.links
    )
    return msgspec.structs.replace(page, links=links)
