"""Pages from a directory tree of HTML files; links between its files become links of the corpus."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.html import SIZE_LIMIT, Extraction, extract
from webenvs.corpora.report import Tally
from webenvs.errors import CorpusError, bad_setting
from webenvs.records import Link, Page

SUFFIXES = (".html", ".htm", ".xhtml")
"""How the names of pages end, in any case; `PACKED` may follow."""
PACKED = ".gz"
"""How the name of a gzipped page ends, in any case; its url does without."""

_PATH_SAFE = "/!$&'()*+,;=:@~"


def read_tree(
    root: Path,
    base_url: str,
    tally: Tally,
    limit: int = SIZE_LIMIT,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """The pages below `root` in the order of their paths; a page's url is `base_url` plus its path.

    A link is kept if it leads to another page of the tree, with that page's url: directly, through
    the directory of an index.html, or with a query added. The others are counted in `tally`. Of a
    page that is there plain and gzipped the plain file is read, the other is broken. Files are not
    followed out of the tree, directories not through symbolic links. All pages are read
    before the first is handed out, because a link to a page that turns out broken is broken too.
    `limit` is the number of bytes read of a page; `progress` is called with the number of files
    read. Raises CorpusError if there is no page file, SettingError for a base that is no url.
    """
    if limit < 1:
        raise bad_setting("limit", limit, "a number of bytes, at least 1")
    tree = _Tree(root.resolve(), _checked_base(base_url))
    if not tree.files:
        endings = f"{', '.join(SUFFIXES)} (or in one of them and {PACKED})"
        raise CorpusError(f"{root} holds no page: no file ends in {endings}.")
    return _pages(tree, tally, limit, progress)


def _checked_base(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
    except ValueError as error:
        raise bad_setting("base_url", base_url, f"a url ({error})") from error
    if not parts.scheme or not parts.netloc or parts.query or parts.fragment:
        allowed = "a url with a scheme and a host, without query and fragment"
        raise bad_setting("base_url", base_url, allowed)
    return _canonical(base_url.rstrip("/") + "/")


def _canonical(url: str) -> str:
    """`url` without query and fragment, its path percent-encoded in the one way used here."""
    parts = urlsplit(url)
    path = quote(
        unquote(parts.path, errors="surrogateescape"), safe=_PATH_SAFE, errors="surrogateescape"
    )
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path or "/", "", ""))


class _Tree:
    """The files below a directory, and the url of each."""

    def __init__(self, root: Path, base: str) -> None:
        self.root, self.base = root, base
        self.files: list[tuple[Path, str]] = []
        self.broken: list[Broken] = []
        self._targets: dict[str, str] = {}
        self._others: set[str] = set()
        self._resolved: dict[str, str | None] = {}
        for path in sorted(self._walk(), key=lambda path: path.relative_to(root).as_posix()):
            self._place(path)

    def _walk(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root):
            for name in folders:
                if (Path(folder) / name).is_symlink():
                    where = str(Path(folder) / name)
                    self.broken.append(Broken(where=where, reason="symbolic link to a directory"))
            yield from (Path(folder) / name for name in names)

    def _place(self, path: Path) -> None:
        relative = os.fsencode(path.relative_to(self.root).as_posix())
        address = self.base + quote(relative, safe=_PATH_SAFE)
        name, url = path, address
        if _packed(path):
            name, url = path.with_suffix(""), address[: -len(PACKED)]
        if name.suffix.lower() not in SUFFIXES:
            self._others.add(address)
            return
        reason = self._refused(path)
        if not reason and self._targets.get(url) == url:
            self._targets[address] = url
            reason = f"another file has its url: {url}"
        if reason:
            self.broken.append(Broken(where=str(path), reason=reason))
            return
        self.files.append((path, url))
        self._targets[url] = self._targets[address] = url
        if name.stem.lower() == "index":
            folder = url.rpartition("/")[0]
            self._targets.setdefault(folder + "/", url)
            self._targets.setdefault(folder, url)

    def _refused(self, path: Path) -> str | None:
        if not path.is_file():
            return "not a regular file"
        inside = path.resolve().is_relative_to(self.root)
        return None if inside else "symbolic link out of the tree"

    def target(self, url: str) -> str | None:
        """The url of the page that `url` leads to; "" if that is elsewhere, None if nowhere."""
        if url not in self._resolved:
            self._resolved[url] = self._resolve(url)
        return self._resolved[url]

    def _resolve(self, url: str) -> str | None:
        canonical = _canonical(url)
        if canonical in self._targets:
            return self._targets[canonical]
        inside = canonical.startswith(self.base) and canonical not in self._others
        return None if inside else ""


def _pages(tree: _Tree, tally: Tally, limit: int, progress: Callable[[int], None] | None) -> Source:
    broken = list(tree.broken)
    found: list[Extraction] = []
    for count, (path, url) in enumerate(tree.files, start=1):
        try:
            found.append(_linked(_extracted(path, url, limit), tree, tally))
        except (OSError, ValueError) as error:
            broken.append(Broken(where=str(path), reason=_reason(error)))
        if progress:
            progress(count)
    readable = {extraction.page.url for extraction in found}
    for extraction in found:
        tally.cut += extraction.cut
        yield _without_dead_links(extraction.page, readable, tally)
    yield from broken


def _extracted(path: Path, url: str, limit: int) -> Extraction:
    return extract(_content(path, limit + 1), url, limit)


def _content(path: Path, size: int) -> bytes:
    """The first `size` bytes of a page; no more of a gzipped one are unpacked."""
    with path.open("rb") as file:
        if not _packed(path):
            return file.read(size)
        try:
            with gzip.open(file) as unpacked:
                return unpacked.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"damaged gzip: {error}") from error


def _packed(path: Path) -> bool:
    return path.suffix.lower() == PACKED


def _reason(error: OSError | ValueError) -> str:
    return f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)


def _linked(extraction: Extraction, tree: _Tree, tally: Tally) -> Extraction:
    """`extraction` with the links that lead to other pages of the tree; the others are counted."""
    page = extraction.page
    tally.links_broken += extraction.bad_links
    kept = []
    for link in page.links:
        target = tree.target(link.url)
        if target is None:
            tally.links_broken += 1
        elif not target:
            tally.links_outside += 1
        elif target == page.url:
            tally.links_own += 1
        else:
            kept.append(Link(anchor=link.anchor, url=target, position=link.position))
    linked = Page(url=page.url, title=page.title, text=page.text, links=tuple(kept))
    return Extraction(page=linked, cut=extraction.cut)


def _without_dead_links(page: Page, readable: set[str], tally: Tally) -> Page:
    kept = tuple(link for link in page.links if link.url in readable)
    if len(kept) == len(page.links):
        return page
    tally.links_broken += len(page.links) - len(kept)
    return Page(url=page.url, title=page.title, text=page.text, links=kept)
