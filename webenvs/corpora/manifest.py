"""The manifest of a stored corpus: what its directory holds, and the checks made on opening it."""

import re
from pathlib import Path

import msgspec

from webenvs.corpora.report import BuildReport
from webenvs.errors import CorpusError
from webenvs.records import Record

FORMAT = "webenvs-corpus"
VERSION = 2
MANIFEST = "corpus.json"
PAGES = "pages.zst"
PAGE_OFFSETS = "pages.offsets"
URLS = "urls.utf8"
URL_OFFSETS = "urls.offsets"
HASHES = "urls.hashes"
PLACES = "urls.places"
FILES = (PAGES, PAGE_OFFSETS, URLS, URL_OFFSETS, HASHES, PLACES)
"""The files of every corpus, by the names under which its manifest lists them."""
ALIASES = "aliases.utf8"
ALIAS_OFFSETS = "aliases.offsets"
ALIAS_PAGES = "aliases.pages"
ALIAS_FILES = (ALIASES, ALIAS_OFFSETS, ALIAS_PAGES)
"""The files of a corpus that has aliases, beside the others."""
INDEXES = "index"
"""The directory inside a corpus where search keeps its indexes; it is no part of the corpus."""
KNOWLEDGE = "knowledge.zst"
"""The file beside the pages that holds the knowledge behind them."""
KNOWLEDGE_FRESH = f"{KNOWLEDGE}.fresh"
"""What that file is called until it is complete."""

_HASH = re.compile(r"[0-9a-f]{64}")
_KEPT = re.compile(
    r"(pages|urls|aliases|knowledge)\.[0-9a-f]{16}\.(zst|offsets|utf8|hashes|places|pages)"
)


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
    aliases: int = 0

    @property
    def knowledge_file(self) -> str:
        """The name of the file that holds the knowledge; empty if there is none."""
        return knowledge_name(self.knowledge) if self.knowledge else ""

    @property
    def on_disk(self) -> frozenset[str]:
        """The names of all files that the manifest speaks of, itself included."""
        data = {name_of(name, file) for name, file in self.files.items()}
        return frozenset({MANIFEST, *data, *([self.knowledge_file] if self.knowledge else [])})


class _Kind(msgspec.Struct):
    format: str = ""
    version: int = 0


def name_of(name: str, file: StoredFile) -> str:
    """The name on disk of the file that a manifest lists as `name`.

    It holds the beginning of the file's hash, so that a new file never replaces an old one: what is
    valid is said by the manifest alone, and that is replaced in one step.
    """
    stem, _, kind = name.partition(".")
    return f"{stem}.{file.sha256[:16]}.{kind}"


def knowledge_name(file: StoredFile) -> str:
    """The name on disk of a knowledge file."""
    return name_of(KNOWLEDGE, file)


def is_left_over(name: str) -> bool:
    """Whether a file that no manifest speaks of is one that a stopped build has left."""
    return name in (f".{MANIFEST}", KNOWLEDGE_FRESH) or _KEPT.fullmatch(name) is not None


def encode(manifest: Manifest) -> bytes:
    """The manifest as indented JSON with sorted keys and a line feed at the end."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2) + b"\n"


def load(directory: Path) -> Manifest:
    """The manifest of the corpus in `directory`, its files checked by name and size.

    Raises CorpusError if this is no corpus, or one of another version, half-written or damaged.
    """
    manifest = _parse(directory, _raw(directory))
    for name, file in manifest.files.items():
        _check_size(directory, name_of(name, file), file.size)
    if manifest.knowledge:
        _check_size(directory, manifest.knowledge_file, manifest.knowledge.size)
    addresses = manifest.pages + manifest.aliases
    _check_table(directory, manifest, PAGE_OFFSETS, 8 * (manifest.pages + 1))
    _check_table(directory, manifest, URL_OFFSETS, 8 * (manifest.pages + 1))
    _check_table(directory, manifest, HASHES, 8 * addresses)
    _check_table(directory, manifest, PLACES, 4 * addresses)
    if manifest.aliases:
        _check_table(directory, manifest, ALIAS_OFFSETS, 8 * (manifest.aliases + 1))
        _check_table(directory, manifest, ALIAS_PAGES, 8 * manifest.aliases)
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
    wanted = sorted((*FILES, *(ALIAS_FILES if manifest.aliases else ())))
    if sorted(manifest.files) != wanted:
        raise CorpusError(
            f"{directory / MANIFEST} lists the files {sorted(manifest.files)}; "
            f"this corpus has {wanted}."
        )
    for name, file in (*manifest.files.items(), (KNOWLEDGE, manifest.knowledge)):
        if file is not None and not _HASH.fullmatch(file.sha256):
            raise CorpusError(f"{directory / MANIFEST} gives {name} no SHA-256: {file.sha256!r}.")
    if manifest.pages < 1:
        raise CorpusError(f"{directory / MANIFEST} says pages = {manifest.pages}; at least 1.")
    return manifest


def _check_table(directory: Path, manifest: Manifest, name: str, wanted: int) -> None:
    size = manifest.files[name].size
    if size != wanted:
        raise CorpusError(
            f"{directory} is damaged: {name} has {size} bytes, "
            f"{manifest.pages} pages and {manifest.aliases} aliases need {wanted}."
        )


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
