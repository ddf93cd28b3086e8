"""Pages from ZIM files, in which Kiwix hands out Wikipedia and other sites whole."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from msgspec.structs import replace

from webenvs.corpora.corpus import Broken, Redirect, Source
from webenvs.corpora.html.page import SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.capture import MEDIA
from webenvs.corpora.sources.raw import Desk, Raw, pages_of
from webenvs.corpora.sources.tree import checked_base
from webenvs.errors import CorpusError, bad_setting
from webenvs.records import Page

if TYPE_CHECKING:
    from libzim.reader import Archive, Entry

_SAFE = "/!$&'()*+,;=:@~"
_MEDIA_NAME = re.compile(r"\.(?!html?\b)\w{2,5}(?:\?[^/]*)?\Z", re.ASCII)
_ARTICLES = "A/"  # the namespace of articles in files of the old form
_HOPS = 9  # redirects that may stand between the main page and its name
_DAMAGE = (RuntimeError, OSError, ValueError, LookupError, MemoryError)


class _Site(NamedTuple):
    """What every entry of a file needs to become a page."""

    place: str
    base: str
    limit: int
    old: bool


def read_zim(
    path: Path,
    base_url: str,
    tally: Tally,
    limit: int = SIZE_LIMIT,
    workers: int | None = None,
    verify: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Source:
    """The articles of a ZIM file by their paths; a page's url is `base_url` plus its path.

    Redirects of the file become Redirects, and the base url leads to its main page. What is no
    HTML or text is counted in `tally.passed_over`. With `verify`, the file's checksum is compared
    first, which takes as long as reading it once; if it is wrong, the file is Broken once, and each
    entry that cannot be read is too. `limit` is the number of bytes read of a page, `workers` that
    of processes (by default one for a small file and one a core for others); `progress` is called
    with the number of pages and redirects. Raises CorpusError if the file is no ZIM file, or is not
    all there.
    """
    if limit < 1:
        raise bad_setting("limit", limit, "a number of bytes, at least 1")
    base = checked_base(base_url)
    archive = _opened(path)
    site = _Site(str(path), base, limit, _is_old(archive))
    found = _items(archive, site, tally, verify)
    pages = pages_of(found, tally, Desk(limit), workers, progress)
    return _without_media(pages, archive, site, tally)


def _opened(path: Path) -> "Archive":
    try:
        from libzim.reader import Archive
    except ImportError as error:
        raise CorpusError(
            f"{path} is ZIM, which libzim reads: pip install 'webenvs[zim]' (its licence is "
            "GPL-3.0-or-later)."
        ) from error
    try:
        return Archive(path)
    except _DAMAGE as error:
        size = path.stat().st_size
        raise CorpusError(
            f"{path} cannot be read as ZIM: {_said(error)} (it has {size} bytes)."
        ) from error


def _is_old(archive: "Archive") -> bool:
    """Whether paths begin with a namespace, as they did before 2021."""
    return not archive.has_new_namespace_scheme


def _items(
    archive: "Archive", site: _Site, tally: Tally, verify: bool
) -> Iterator[Raw | Redirect | Broken]:
    if verify and not _sound(archive):
        yield Broken(where=site.place, reason="wrong checksum: the file is damaged somewhere")
    main = _main(archive, site)
    if main:
        yield Redirect(url=site.base, target=main)
    for number in range(archive.entry_count):
        where = f"{site.place}, entry {number}"
        try:
            item = _item(archive._get_entry_by_id(number), site, where, tally)
        except _DAMAGE as error:
            yield Broken(where=where, reason=f"damaged entry: {_said(error)}")
            continue
        if item is not None:
            yield item


def _sound(archive: "Archive") -> bool:
    try:
        return archive.check() if archive.has_checksum else True
    except _DAMAGE:
        return False


def _main(archive: "Archive", site: _Site) -> str:
    """The url of the main page, or "" if there is none."""
    try:
        entry = archive.main_entry if archive.has_main_entry else None
        for _ in range(_HOPS):
            if entry is not None and entry.is_redirect:
                entry = entry.get_redirect_entry()
        return _url(entry.path, site) if entry is not None else ""
    except _DAMAGE:
        return ""


def _item(entry: "Entry", site: _Site, where: str, tally: Tally) -> Raw | Redirect | None:
    if site.old and not entry.path.startswith(_ARTICLES):
        tally.passed_over["no article"] += 1
        return None
    url = _url(entry.path, site)
    if entry.is_redirect:
        return Redirect(url=url, target=_url(entry.get_redirect_entry().path, site))
    item = entry.get_item()
    kind = item.mimetype.partition(";")[0].strip().lower()
    if kind not in MEDIA:
        tally.passed_over[f"media type {kind[:60]}"] += 1
        return None
    title = item.title if item.title != item.path else ""
    content = bytes(item.content[: site.limit + 1])
    return Raw(where=where, url=url, content=content, media=MEDIA[kind], title=title)


def _without_media(pages: Source, archive: "Archive", site: _Site, tally: Tally) -> Source:
    """`pages` without their links to pictures and other files of the archive; these are counted."""
    for page in pages:
        if not isinstance(page, Page):
            yield page
            continue
        kept = tuple(link for link in page.links if not _leads_to_media(link.url, archive, site))
        tally.links_outside += len(page.links) - len(kept)
        yield replace(page, links=kept) if len(kept) < len(page.links) else page


def _leads_to_media(url: str, archive: "Archive", site: _Site) -> bool:
    if not url.startswith(site.base) or not _MEDIA_NAME.search(url):
        return False
    path = unquote(urlsplit(url).path.removeprefix(urlsplit(site.base).path))
    try:
        entry = archive.get_entry_by_path(path)
        kind = "" if entry.is_redirect else entry.get_item().mimetype
    except _DAMAGE:  # also if there is no such entry
        return False
    return bool(kind) and kind.partition(";")[0].strip().lower() not in MEDIA


def _url(path: str, site: _Site) -> str:
    """The url of a path; a question mark in it is encoded, since it begins no query."""
    return site.base + quote(path.removeprefix(_ARTICLES) if site.old else path, safe=_SAFE)


def _said(error: BaseException) -> str:
    return str(error).partition("\n")[0].strip().rstrip(".") or type(error).__name__
