"""Checking a stored corpus byte by byte: its files, its pages, and the knowledge beside them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from webenvs.corpora import manifest as layout
from webenvs.corpora.corpus import line_of
from webenvs.corpora.knowledge import Knowledge
from webenvs.corpora.report import kept_links
from webenvs.corpora.store import StoredCorpus, open_knowledge
from webenvs.errors import CorpusError
from webenvs.seeding import canonical_json

Progress = Callable[[int], None]

_TABLES = (
    (layout.PAGE_OFFSETS, layout.PAGES),
    (layout.URL_OFFSETS, layout.URLS),
    (layout.ALIAS_OFFSETS, layout.ALIASES),
)


def verify(path: str | Path, progress: Progress | None = None) -> StoredCorpus:
    """The corpus stored at `path`, every byte of it checked.

    Raises CorpusError naming the first thing that is wrong. `progress` is called with the number of
    pages checked. Indexes that search keeps inside the directory are not looked at.
    """
    corpus = StoredCorpus(path)
    directory, manifest = corpus.path, corpus.manifest
    known = {*manifest.on_disk, layout.INDEXES}
    for entry in sorted(directory.iterdir()):
        if entry.name not in known and not layout.is_left_over(entry.name):
            raise CorpusError(f"{directory} holds {entry.name!r}, which is no part of a corpus.")
    paths = {name: directory / layout.name_of(name, file) for name, file in manifest.files.items()}
    for name, path in paths.items():
        _check_hash(path, manifest.files[name].sha256)
    for table, data in _TABLES:
        if table in paths:
            _check_offsets(paths[table], manifest.files[data].size)
    ends = _ends(open_knowledge(corpus)) if manifest.knowledge else {}
    _check_pages(corpus, ends, progress)
    return corpus


def _check_hash(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise CorpusError(f"{path} is damaged: its SHA-256 is {found}, not {expected}.")


def _check_offsets(path: Path, size: int) -> None:
    offsets = np.fromfile(path, dtype="<u8")
    if offsets[0] != 0 or offsets[-1] != size or not bool((offsets[1:] > offsets[:-1]).all()):
        raise CorpusError(f"{path} is damaged: its offsets do not ascend from 0 to {size}.")


def _ends(knowledge: Knowledge) -> dict[str, int]:
    """How far into each page the passages that state facts reach."""
    ends: dict[str, int] = {}
    for fact in knowledge.facts:
        for place in fact.places:
            if not 0 <= place.start <= place.end:
                raise CorpusError(
                    f"The knowledge of {knowledge.corpus.name!r} is damaged: the passage of the "
                    f"fact {fact.key} on {place.url!r} runs from {place.start} to {place.end}."
                )
            ends[place.url] = max(place.end, ends.get(place.url, 0))
    return ends


def _check_pages(corpus: StoredCorpus, ends: dict[str, int], progress: Progress | None) -> None:
    state = hashlib.sha256()
    before, characters, links = "", 0, 0
    for index in range(len(corpus)):
        page, content = corpus.page(index), corpus.content(index)
        if corpus.url(index) != page.url:
            raise CorpusError(
                f"{corpus.path} is damaged: page {index} is {page.url!r}, "
                f"its url table says {corpus.url(index)!r}."
            )
        if page.url <= before:
            raise CorpusError(
                f"{corpus.path} is damaged: the url of page {index}, {page.url!r}, "
                f"does not come after {before!r}."
            )
        if content != canonical_json(page):
            raise CorpusError(f"{corpus.path} is damaged: page {index} is not canonical JSON.")
        if ends.get(page.url, 0) > len(page.text):
            raise CorpusError(
                f"{corpus.path} is damaged: a fact is said to stand up to character "
                f"{ends[page.url]} of {page.url!r}, which has {len(page.text)}."
            )
        if corpus.index(page.url) != index:
            raise CorpusError(f"{corpus.path} is damaged: {page.url!r} is not found by its hash.")
        state.update(content)
        state.update(b"\n")
        before = page.url
        characters += len(page.text)
        links += kept_links(page)
        if progress:
            progress(index + 1)
    last = ""
    for alias, url in corpus.aliases():
        if alias <= last or corpus.index(alias) != corpus.index(url):
            raise CorpusError(f"{corpus.path} is damaged: {alias!r} is no alias, or out of order.")
        state.update(line_of(alias, url))
        last = alias
    if state.hexdigest() != corpus.digest:
        raise CorpusError(
            f"{corpus.path} is damaged: its pages have the digest {state.hexdigest()}, "
            f"its manifest says {corpus.digest}."
        )
    report = corpus.report
    told = report.pages, report.characters, report.links_kept
    if told != (len(corpus), characters, links):
        raise CorpusError(
            f"{corpus.path} is damaged: its report tells of {told[0]} pages, {told[1]} characters "
            f"and {told[2]} links; it holds {len(corpus)}, {characters} and {links}."
        )
