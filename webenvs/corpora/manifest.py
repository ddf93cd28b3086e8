"""The manifest of a stored corpus: what its directory holds, and the checks made on opening it."""

from pathlib import Path

import msgspec

from webenvs.corpora.report import BuildReport
from webenvs.errors import CorpusError
from webenvs.records import Record

FORMAT = "webenvs-corpus"
VERSION = 1
MANIFEST = "corpus.json"
PAGES = "pages.zst"
PAGE_OFFSETS = "pages.offsets"
URLS = "urls.utf8"
URL_OFFSETS = "urls.offsets"
FILES = (PAGES, PAGE_OFFSETS, URLS, URL_OFFSETS)
INDEXES = "index"
"""The directory inside a corpus where search keeps its indexes; it is no part of the corpus."""
KNOWLEDGE = "knowledge.{}.zst"
"""The file beside the pages that holds the knowledge behind them; {} is how its hash begins."""


class StoredFile(Record, frozen=True, kw_only=True):
    """The size in bytes and the SHA-256 of one file of a corpus."""

    size: int
    sha256: str


class Manifest(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What a corpus directory says about itself; `version` is the version of the layout.

    `knowledge` is the file that holds the knowledge behind the pages; most corpora have none, and
    those written by a webenvs that knew of none do not mention it.
    """

    format: str
    version: int
    name: str
    digest: str
    pages: int
    zstd_level: int
    files: dict[str, StoredFile]
    report: BuildReport
    knowledge: StoredFile | None = None

    @property
    def knowledge_file(self) -> str:
        """The name of the file that holds the knowledge; empty if there is none."""
        return knowledge_name(self.knowledge) if self.knowledge else ""


class _Kind(msgspec.Struct):
    format: str = ""
    version: int = 0


def knowledge_name(file: StoredFile) -> str:
    """The name of a knowledge file; it depends on the content, so a new one replaces no old one."""
    return KNOWLEDGE.format(file.sha256[:16])


def encode(manifest: Manifest) -> bytes:
    """The manifest as indented JSON with sorted keys and a line feed at the end."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2) + b"\n"


def load(directory: Path) -> Manifest:
    """The manifest of the corpus in `directory`, its files checked by name and size.

    Raises CorpusError if this is no corpus, or one of another version, half-written or damaged.
    """
    manifest = _parse(directory, _raw(directory))
    for name in FILES:
        _check_size(directory, name, manifest.files[name].size)
    if manifest.knowledge:
        _check_size(directory, manifest.knowledge_file, manifest.knowledge.size)
    for name in (PAGE_OFFSETS, URL_OFFSETS):
        expected = 8 * (manifest.pages + 1)
        if manifest.files[name].size != expected:
            raise CorpusError(
                f"{directory} is damaged: {name} has {manifest.files[name].size} bytes, "
                f"{manifest.pages} pages need {expected}."
            )
    return manifest


def _raw(directory: Path) -> bytes:
    if not directory.exists():
        raise CorpusError(f"There is no corpus at {directory}: no such directory.")
    if not directory.is_dir():
        raise CorpusError(f"{directory} is not a corpus: a corpus is a directory, this is a file.")
    try:
        return (directory / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"{directory} is not a corpus: it holds no {MANIFEST}.") from None
    except OSError as error:
        raise CorpusError(f"{directory / MANIFEST} cannot be read: {error}.") from error


def _parse(directory: Path, raw: bytes) -> Manifest:
    try:
        kind = msgspec.json.decode(raw, type=_Kind)
        if kind.format != FORMAT:
            raise CorpusError(
                f"{directory} is not a corpus: {MANIFEST} has format {kind.format!r}, "
                f"not {FORMAT!r}."
            )
        if kind.version != VERSION:
            raise CorpusError(
                f"{directory} has layout version {kind.version}; this webenvs reads version "
                f"{VERSION}. Build the corpus again, or use a webenvs that knows that version."
            )
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorpusError(f"{directory / MANIFEST} is unreadable: {error}.") from error
    if tuple(sorted(manifest.files)) != tuple(sorted(FILES)):
        raise CorpusError(
            f"{directory / MANIFEST} lists the files {sorted(manifest.files)}; "
            f"a corpus has {sorted(FILES)}."
        )
    if manifest.pages < 1:
        raise CorpusError(f"{directory / MANIFEST} says pages = {manifest.pages}; at least 1.")
    return manifest


def _check_size(directory: Path, name: str, size: int) -> None:
    try:
        found = (directory / name).stat().st_size
    except FileNotFoundError:
        raise CorpusError(f"{directory} is half-written or damaged: {name} is missing.") from None
    if found != size:
        raise CorpusError(
            f"{directory} is half-written or damaged: {name} has {found} bytes, "
            f"its manifest says {size}."
        )
