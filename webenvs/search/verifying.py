"""Verifying indexes on disk: every byte of them, and that each lies where it belongs."""

from pathlib import Path

from webenvs.errors import CorpusError, WebenvsError
from webenvs.search.bm25 import index_place
from webenvs.search.index import (
    MANIFEST,
    Arrays,
    Index,
    Manifest,
    file_of,
    read_manifest,
    require,
    written,
)
from webenvs.search.pages import Pages
from webenvs.search.settings import Bm25Settings, bm25_settings
from webenvs.search.weighting import idf_of, scale_for


def verify_all(corpus: Path, pages: Pages) -> int:
    """The number of indexes of the corpus in this directory, each read whole and found sound.

    `pages` are the corpus's own. Raises CorpusError naming the first bad file, or the first entry
    that is no index of these pages.
    """
    place = index_place(corpus, Bm25Settings()).parent
    if not place.exists():
        return 0
    if not place.is_dir():
        raise CorpusError(f"{place} is damaged: it is no directory of search indexes.")
    directories = sorted(place.iterdir())
    for directory in directories:
        index = verify(directory, pages)
        require(directory, "name", directory.name, index.settings.digest)
    return len(directories)


def verify(directory: Path, pages: Pages) -> Index:
    """The index of `pages` in `directory`, read whole and found sound.

    Raises CorpusError naming the first file that is not as it was written, or the first statement
    of the manifest that the arrays contradict.
    """
    manifest = read_manifest(directory)
    names = sorted([MANIFEST, *(f"{name}.npy" for name in Arrays._fields)])
    require(directory, "list of files", sorted(path.name for path in directory.iterdir()), names)
    for name, file in sorted(manifest.files.items()):
        path = directory / f"{name}.npy"
        found = file_of(path).sha256 if path.is_file() else None
        require(directory, f"SHA-256 of {path.name}", found, file.sha256)
    settings = _settings(directory, manifest)
    index = Index.open(directory, pages.digest, settings)
    frequencies = index.arrays.frequencies
    scale = scale_for(idf_of(frequencies, len(pages), settings), settings)
    require(directory, "number of pages", manifest.pages, len(pages))
    require(directory, "number of postings", manifest.postings, int(frequencies.sum()))
    require(directory, "scale", manifest.scale, scale)
    require(directory, MANIFEST, (directory / MANIFEST).read_bytes(), written(manifest))
    return index


def _settings(directory: Path, manifest: Manifest) -> Bm25Settings:
    names = Bm25Settings.__struct_fields__
    values = {name: value for name, value in manifest.settings.items() if name in names}
    try:
        return bm25_settings(values)
    except WebenvsError as error:
        raise CorpusError(f"The search index in {directory} is unknown: {error}") from error
