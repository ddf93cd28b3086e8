"""Verifying dense indexes: sound ones pass, disorder is named even where the hashes are right."""

import msgspec
import numpy as np
import pytest

from webenvs.errors import CorpusError
from webenvs.search.dense.dense import retriever_for
from webenvs.search.dense.index import build, identity_of
from webenvs.search.dense.neighbours import INDEX, faiss
from webenvs.search.dense.settings import DenseSettings
from webenvs.search.frozen import Manifest, file_of, obtained
from webenvs.search.verifying import verify, verify_all
from webenvs.seeding import canonical_json

SMALL = {"dims": 16, "training_pages": 300}


def built(zipf, place, **settings):
    return retriever_for(zipf, DenseSettings(**SMALL, **settings), place).index.directory


def resealed(directory, **counts):
    """Give the manifest the hashes of the files as they are now, and other counts."""
    path = directory / "manifest.json"
    told = msgspec.json.decode(path.read_bytes(), type=Manifest)
    files = {name: file_of(directory / name) for name in told.files}
    told = msgspec.structs.replace(told, files=files, counts=told.counts | counts)
    path.write_bytes(canonical_json(told) + b"\n")


@pytest.mark.parametrize("chunk_words", [0, 15])
@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw", "pq"])
def test_what_was_built_is_sound(zipf, tmp_path, kind, chunk_words):
    built(zipf, tmp_path, index=kind, chunk_words=chunk_words)
    assert verify_all(tmp_path, zipf) == 1


class Lengths:
    """An embedder by the length of texts."""

    fingerprint = "lengths"
    dims = 2

    def encode(self, texts, use):
        return np.array([[1.0, len(text)] for text in texts], dtype=np.float32)


@pytest.mark.parametrize(
    "embedder", ["endpoint:https://a.test/v1#org/model", "sentence-transformers:org/model"]
)
def test_the_index_of_a_model_that_is_not_here_is_looked_at(zipf, tmp_path, embedder):
    settings = DenseSettings(embedder=embedder, recording="somewhere")
    identity = identity_of(zipf.digest, settings, Lengths())
    directory = obtained(tmp_path, identity, lambda aside: build(zipf, settings, Lengths(), aside))
    verify(directory, zipf)
    resealed(directory, dims=3)
    with pytest.raises(CorpusError, match="of 2 dimensions, not"):
        verify(directory, zipf)


def test_an_index_of_unknown_settings_is_named(zipf, tmp_path):
    directory = built(zipf, tmp_path)
    path = directory / "manifest.json"
    told = msgspec.json.decode(path.read_bytes(), type=Manifest)
    identity = msgspec.structs.replace(
        told.identity, settings={**told.identity.settings, "colour": "red"}
    )
    path.write_bytes(canonical_json(msgspec.structs.replace(told, identity=identity)) + b"\n")
    moved = directory.with_name(identity.address)
    directory.rename(moved)
    with pytest.raises(CorpusError, match=r"is unknown: .*colour"):
        verify(moved, zipf)


@pytest.mark.parametrize(
    "disorder",
    [
        lambda places: places[[1, 0, *range(2, len(places))]],
        lambda places: np.where(places == places[-1, 0], 9_999, places),
        lambda places: places[:, [0, 2, 1]],
        lambda places: places + np.array([1, 0, 0], dtype=np.uint32),
    ],
)
def test_places_out_of_order_are_named(zipf, tmp_path, disorder):
    directory = built(zipf, tmp_path, chunk_words=15)
    path = directory / "passages.npy"
    np.save(path, disorder(np.load(path)).astype(np.uint32))
    resealed(directory)
    with pytest.raises(CorpusError, match=r"damaged: passages\.npy is out of order"):
        verify(directory, zipf)


def test_words_out_of_order_are_named(zipf, tmp_path):
    directory = built(zipf, tmp_path)
    path = directory / "lsa-hashes.npy"
    np.save(path, np.load(path)[::-1])
    resealed(directory)
    with pytest.raises(CorpusError, match="damaged: its words are out of order"):
        verify(directory, zipf)


@pytest.mark.parametrize("kind", ["ivf", "pq"])
def test_a_vector_that_is_in_two_clusters_is_found(zipf, tmp_path, kind):
    directory = built(zipf, tmp_path, index=kind)
    index = faiss.read_index(str(directory / INDEX))
    number = next(n for n in range(index.nlist) if index.invlists.list_size(n))
    ids = faiss.rev_swig_ptr(index.invlists.get_ids(number), 1)
    ids[0] = (ids[0] + 1) % len(zipf)
    faiss.write_index(index, str(directory / INDEX))
    resealed(directory)
    with pytest.raises(CorpusError, match="clusters do not hold every passage once"):
        verify(directory, zipf)


def test_places_that_lead_nowhere_are_damage_to_a_search_too(zipf, tmp_path):
    directory = built(zipf, tmp_path, chunk_words=15)
    path = directory / "passages.npy"
    np.save(path, np.load(path) + np.array([9_999, 0, 0], dtype=np.uint32))
    retriever = retriever_for(zipf, DenseSettings(**SMALL, chunk_words=15), tmp_path)
    for query in ("w1x w2x", "w1x site:zipf.test"):
        with pytest.raises(CorpusError, match=f"{directory} is damaged"):
            retriever.search(query, 3)
