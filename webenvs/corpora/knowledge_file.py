"""Knowledge on disk: one compressed file beside the pages of a corpus, which players never see.

A zstd stream of JSON lines: a header, the relations, the types, then entities and facts by some
thousand a line. Facts name entities and pages by their numbers, so that the file is small and is
read fast; it is of use with the very corpus that it was written for.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import zstandard

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import Corpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.corpora.manifest import StoredFile
from webenvs.corpora.spool import HashedFile
from webenvs.errors import CorpusError
from webenvs.records import Record

FORMAT = "webenvs-knowledge"
VERSION = 1
Stated = tuple[Fact, Sequence[int]]
"""A fact, and where it stands as numbers: page, start and end, page, start and end, ..."""

_BLOCK = 4096
_LEVEL = 6
_Item = TypeVar("_Item")


class Terms(Record, frozen=True, kw_only=True):
    """What facts are made of: entities in the order of their ids, relations and types."""

    name: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    types: tuple[EntityWords, ...]


class _Header(Record, frozen=True, kw_only=True):
    """The first line; `corpus` is the digest of the pages that the facts' places lie on."""

    format: str
    version: int
    name: str
    corpus: str
    entities: int
    facts: int


class _Row(Record, frozen=True, array_like=True):
    """A fact as numbers; `object` is an entity's where the relation leads to entities."""

    subject: int
    relation: int
    object: int | str
    places: list[int]


def write_knowledge(
    directory: Path, terms: Terms, corpus: str, facts: int, stated: Iterable[Stated]
) -> StoredFile:
    """Write the knowledge file into `directory` under the name of its content; returns the file.

    `corpus` is the digest of the pages, `facts` the number of facts that `stated` gives, in the
    order of their keys.
    """
    header = _Header(
        format=FORMAT,
        version=VERSION,
        name=terms.name,
        corpus=corpus,
        entities=len(terms.entities),
        facts=facts,
    )
    fresh = directory / layout.KNOWLEDGE_FRESH
    try:
        written = _write(fresh, header, terms, stated)
        fresh.rename(directory / layout.knowledge_name(written))
    finally:
        fresh.unlink(missing_ok=True)
    return written


def read_knowledge(path: Path, file: StoredFile, corpus: Corpus) -> Knowledge:
    """The knowledge in the file at `path`, over the corpus that it was written for.

    Raises CorpusError if the file is damaged or belongs to other pages.
    """
    with path.open("rb") as raw:
        found = hashlib.file_digest(raw, "sha256").hexdigest()
        if found != file.sha256:
            raise CorpusError(f"{path} is damaged: its SHA-256 is {found}, not {file.sha256}.")
        raw.seek(0)
        unpacked = zstandard.ZstdDecompressor().stream_reader(raw, closefd=False)
        try:
            return _read(io.BufferedReader(unpacked), corpus)
        except (msgspec.DecodeError, zstandard.ZstdError, UnicodeDecodeError) as error:
            raise CorpusError(f"{path} is damaged: {error}.") from error
        except (IndexError, ValueError) as error:
            raise CorpusError(f"{path} is damaged: a fact leads nowhere: {error}.") from error
        except CorpusError as error:
            raise CorpusError(f"{path} cannot be used: {error}") from error


def terms_of(knowledge: Knowledge) -> Terms:
    """What the facts of `knowledge` are made of."""
    return Terms(
        name=knowledge.name,
        entities=tuple(knowledge.entities.values()),
        relations=tuple(knowledge.relations.values()),
        types=tuple(knowledge.types.values()),
    )


def stated_by(knowledge: Knowledge, corpus: Corpus) -> Iterator[Stated]:
    """The facts of `knowledge` with their places as numbers of the pages of `corpus`.

    Raises CorpusError for a place on a page that the corpus does not have.
    """
    numbers: dict[str, int] = {}
    for fact in knowledge.facts:
        flat: list[int] = []
        for place in fact.places:
            number = numbers.get(place.url)
            if number is None:
                number = numbers[place.url] = _number(corpus, place.url, fact)
            flat += (number, place.start, place.end)
        yield fact, flat


def _write(path: Path, header: _Header, terms: Terms, stated: Iterable[Stated]) -> StoredFile:
    squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
    blocks = chain(_blocks(terms.entities), _blocks(_rows(terms, stated)))
    with HashedFile(path) as file:
        for line in chain((header, terms.relations, terms.types), blocks):
            file.write(squeeze.compress(msgspec.json.encode(line) + b"\n"))
        file.write(squeeze.flush())
        return file.close()


def _number(corpus: Corpus, url: str, fact: Fact) -> int:
    number = corpus.index(url)
    if number is None:
        raise CorpusError(
            f"The fact {fact.key} is said to stand on {url!r}, which is no page of the corpus "
            f"{corpus.name!r}; name a page of it, or build the corpus with that page."
        )
    return number


def _rows(terms: Terms, stated: Iterable[Stated]) -> Iterator[_Row]:
    entities = {entity.id: number for number, entity in enumerate(terms.entities)}
    relations = {relation.name: number for number, relation in enumerate(terms.relations)}
    linked = [relation.kind == "entity" for relation in terms.relations]
    for fact, places in stated:
        relation = relations[fact.relation]
        value = entities[str(fact.object)] if linked[relation] else fact.object
        yield _Row(entities[fact.subject], relation, value, list(places))


def _read(lines: io.BufferedReader, corpus: Corpus) -> Knowledge:
    header = _checked(msgspec.json.decode(lines.readline(), type=_Header), corpus)
    relations = msgspec.json.decode(lines.readline(), type=tuple[Relation, ...])
    types = msgspec.json.decode(lines.readline(), type=tuple[EntityWords, ...])
    entities = list(_gathered(lines, Entity, header.entities))
    ids = [entity.id for entity in entities]
    urls = [corpus.url(index) for index in range(len(corpus))]
    linked = [(relation.name, relation.kind == "entity") for relation in relations]
    facts = []
    for row in _gathered(lines, _Row, header.facts):
        name, leads = linked[row.relation]
        numbers = iter(row.places)
        places = [
            Place(urls[page], start, end)
            for page, start, end in zip(numbers, numbers, numbers, strict=True)
        ]
        value = ids[int(row.object)] if leads else row.object
        facts.append(
            Fact(subject=ids[row.subject], relation=name, object=value, places=tuple(places))
        )
    if lines.read(1):
        raise ValueError("more lines than the header says")
    return Knowledge(entities, relations, types, facts, corpus, header.name)


def _checked(header: _Header, corpus: Corpus) -> _Header:
    """The header; raises CorpusError if it is of another version, or of other pages."""
    if (header.format, header.version) != (FORMAT, VERSION):
        raise CorpusError(
            f"it has the format {header.format!r}, version {header.version}; this webenvs reads "
            f"{FORMAT!r}, version {VERSION}."
        )
    if header.corpus != corpus.digest:
        raise CorpusError(
            f"it belongs to the corpus {header.corpus[:16]}, but these pages are "
            f"{corpus.digest[:16]}."
        )
    return header


def _gathered(lines: io.BufferedReader, kind: type[_Item], count: int) -> Iterator[_Item]:
    """The `count` items of the lines that follow."""
    decode: Any = msgspec.json.Decoder(tuple[kind, ...]).decode  # type: ignore[valid-type]
    done = 0
    while done < count:
        block: tuple[_Item, ...] = decode(lines.readline())
        yield from block
        done += len(block)


def _blocks(items: Iterable[_Item]) -> Iterator[tuple[_Item, ...]]:
    source = iter(items)
    while block := tuple(islice(source, _BLOCK)):
        yield block
