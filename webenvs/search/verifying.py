"""Verifying indexes on disk: every byte of them, and that each lies where it belongs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from webenvs.errors import CorpusError, WebenvsError
from webenvs.search.dense.settings import DenseSettings
from webenvs.search.frozen import ASIDE, Manifest, require, stale_addresses, verified
from webenvs.search.lexical.index import Index, check_order, identity_of
from webenvs.search.lexical.settings import Bm25Settings, bm25_settings
from webenvs.search.lexical.weighting import idf_of, scale_for
from webenvs.search.pages import Pages


def verify_all(place: Path, pages: Pages) -> int:
    """The number of indexes of `pages` in this folder, each read whole and found sound.

    Indexes of other pages and unfinished ones are not looked at: see `frozen.prune_stale`. Raises
    CorpusError naming the first bad file, or the first entry that is no index.
    """
    if place.exists() and not place.is_dir():
        raise CorpusError(f"{place} is damaged: it is no directory of search indexes.")
    others = stale_addresses(place, pages.digest)
    entries = sorted(place.iterdir()) if place.exists() else []
    directories = [
        path for path in entries if path.name not in others and not path.name.startswith(ASIDE)
    ]
    for directory in directories:
        verify(directory, pages)
    return len(directories)


def verify(directory: Path, pages: Pages) -> None:
    """Read the index of `pages` in `directory` whole; raises CorpusError unless it is sound.

    The error names the first file that is not as it was written, or the first statement of the
    manifest that is not so.
    """
    manifest = verified(directory)
    require(directory, "corpus", manifest.identity.corpus, pages.digest)
    require(directory, "address", directory.name, manifest.identity.address)
    check = _CHECKS.get(manifest.identity.engine)
    if check:
        check(directory, manifest, pages)


def _check_bm25(directory: Path, manifest: Manifest, pages: Pages) -> None:
    settings = _settings(directory, manifest)
    index = Index.open(directory, identity_of(pages.digest, settings))
    check_order(index)
    frequencies = index.arrays.frequencies
    scale = scale_for(idf_of(frequencies, len(pages), settings), settings)
    require(directory, "number of pages", index.counts.pages, len(pages))
    require(directory, "number of postings", index.counts.postings, int(frequencies.sum()))
    require(directory, "scale", index.counts.scale, scale)


def _settings(directory: Path, manifest: Manifest) -> Bm25Settings:
    names = Bm25Settings.__struct_fields__
    values = {name: value for name, value in manifest.identity.settings.items() if name in names}
    try:
        return bm25_settings(values)
    except WebenvsError as error:
        raise CorpusError(f"The search index in {directory} is unknown: {error}") from error


def _check_dense(directory: Path, manifest: Manifest, pages: Pages) -> None:
    from webenvs.search.dense.index import DenseIndex, identity_of  # FAISS is slow to load

    try:
        settings = DenseSettings.thawed(manifest.identity.settings)
    except WebenvsError as error:
        raise CorpusError(f"The search index in {directory} is unknown: {error}") from error
    require(directory, "settings", manifest.identity.settings, settings.frozen())
    own = settings.family == "lsa"  # other models are not loaded to be asked who they are
    identity = identity_of(pages.digest, settings, None) if own else manifest.identity
    DenseIndex(directory, identity, settings).check(len(pages))


_CHECKS: Mapping[str, Callable[[Path, Manifest, Pages], None]] = {
    "bm25": _check_bm25,
    "dense": _check_dense,
}
"""What is checked of an engine's index beyond its bytes."""
