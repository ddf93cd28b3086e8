"""A directory tree as a site: which of its files are pages, and the url of each."""

import functools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from msgspec.structs import replace

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.errors import CorpusError, bad_setting
from webenvs.records import Page, Record

PACKED = ".gz"
"""How the name of a gzipped page ends, in any case; its url does without."""

_NO_HOST = re.compile(r"[\s\\\x00-\x1f\x7f]")
_PATH_SAFE = "/!$&'()*+,;=:@~"
_REMEMBERED = 100_000


class Kind(Record, frozen=True, kw_only=True):
    """What counts as a page of a tree.

    `suffixes` end the names of pages, `indexes` are the stems of those that stand for their
    directory. With `packed`, pages may be gzipped; with `bare`, a page also answers at its url
    without the suffix, as the generators of static sites have it.
    """

    suffixes: tuple[str, ...]
    indexes: tuple[str, ...] = ("index",)
    packed: bool = False
    bare: bool = False


def checked_base(base_url: str) -> str:
    """`base_url` in normal form, with a slash at its end; raises SettingError if it is no url."""
    try:
        parts = urlsplit(base_url)
    except ValueError as error:
        raise bad_setting("base_url", base_url, f"a url ({error})") from error
    odd = _NO_HOST.search(parts.netloc)
    if not parts.scheme or not parts.netloc or odd or parts.query or parts.fragment:
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


def packed(name: str) -> bool:
    """Whether the name of a file says that it is gzipped."""
    return name.lower().endswith(PACKED)


def _holds(question: Callable[[], bool]) -> bool:
    """The answer of a directory entry; no for a symbolic link that leads round in a circle."""
    try:
        return question()
    except OSError:
        return False


def _stem(name: str) -> str:
    """The last part of a path without its suffix."""
    return name.rpartition("/")[2].rpartition(".")[0]


class Tree:
    """The files below a directory: pages with their urls, and what else is there."""

    def __init__(self, root: Path, base: str, kind: Kind) -> None:
        """Walk the tree below `root`; `base` is what `checked_base` returns.

        Files are not followed out of the tree, directories not through symbolic links. Raises
        CorpusError if there is no page file.
        """
        self.root, self.base = root.resolve(), base
        self._kind = kind
        self.files: list[tuple[str, str]] = []
        self.broken: list[Broken] = []
        self._pages: set[str] = set()
        self._others: set[str] = set()
        self._aliases: dict[str, list[str]] = {}
        for relative, reason in sorted(self._walk()):
            self._place(relative, reason)
        self.broken.sort(key=lambda item: item.where)
        self._name_aliases()
        self.leads_to_other = functools.lru_cache(_REMEMBERED)(self._leads_to_other)
        if not self.files:
            endings = ", ".join(kind.suffixes)
            also = f" (or in one of them and {PACKED})" if kind.packed else ""
            raise CorpusError(f"{root} holds no page: no file ends in {endings}{also}.")

    def redirects(self, url: str) -> Iterator[Redirect]:
        """The other addresses of the page `url`: its directory, and its name in other forms."""
        for address in self._aliases.get(url, ()):
            yield Redirect(url=address, target=url)

    def without_other_files(self, page: Page) -> tuple[Page, int]:
        """`page` without its links to files of the tree that are no pages, and their number."""
        kept = tuple(link for link in page.links if not self.leads_to_other(link.url))
        dropped = len(page.links) - len(kept)
        return (replace(page, links=kept) if dropped else page), dropped

    def _leads_to_other(self, url: str) -> bool:
        if not url.lower().startswith(self.base.lower()):
            return False
        return _canonical(url) in self._others

    def _walk(self) -> Iterator[tuple[str, str]]:
        """The files of the tree by their paths below the root, and why one is not to be read."""
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(self.root / folder) as entries:
                    found = list(entries)
            except OSError as error:
                reason = f"cannot be read: {error.strerror}"
                self.broken.append(Broken(where=str(self.root / folder), reason=reason))
                continue
            for entry in found:
                relative = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{relative}/")
                elif entry.is_symlink() and _holds(entry.is_dir):
                    where = str(self.root / relative)
                    self.broken.append(Broken(where=where, reason="symbolic link to a directory"))
                else:
                    yield relative, self._refused(entry)

    def _refused(self, entry: "os.DirEntry[str]") -> str:
        if not _holds(entry.is_file):
            return "not a regular file"
        inside = not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(self.root)
        return "" if inside else "symbolic link out of the tree"

    def _place(self, relative: str, reason: str) -> None:
        address = self.base + quote(os.fsencode(relative), safe=_PATH_SAFE)
        name, url = relative, address
        if self._kind.packed and packed(relative):
            name, url = relative[: -len(PACKED)], address[: -len(PACKED)]
        if not name.lower().endswith(self._kind.suffixes) or _stem(name) == "":
            self._others.add(address)
            return
        if not reason and url in self._pages:
            self._alias(address, url)
            reason = f"another file has its url: {url}"
        if reason:
            self.broken.append(Broken(where=str(self.root / relative), reason=reason))
            return
        self.files.append((relative, url))
        self._pages.add(url)
        if address != url:
            self._alias(address, url)

    def _alias(self, address: str, url: str) -> None:
        self._aliases.setdefault(url, []).append(address)

    def _name_aliases(self) -> None:
        taken = set(self._pages)
        for aliases in (self._of_directories(), self._of_bare_names()):
            for address, url in aliases:
                if address not in taken:
                    taken.add(address)
                    self._alias(address, url)

    def _of_directories(self) -> Iterator[tuple[str, str]]:
        """The addresses of directories, by the order of the index names."""
        for stem in self._kind.indexes:
            for _, url in self.files:
                folder, _, name = url.rpartition("/")
                if name.rpartition(".")[0].lower() == stem:
                    yield f"{folder}/", url
                    if len(folder) >= len(self.base):
                        yield folder, url

    def _of_bare_names(self) -> Iterator[tuple[str, str]]:
        """The addresses of pages without their suffix, with and without a slash at the end."""
        for _, url in self.files if self._kind.bare else ():
            bare = url.rpartition(".")[0]
            yield bare, url
            yield f"{bare}/", url
