"""The FAISS kinds over whole-number vectors: exact scores, filters, ties, damage."""

import numpy as np
import pytest

from webenvs.errors import CorpusError, SettingError
from webenvs.search.dense.neighbours import FULL, INDEX, Knobs, Neighbours, write
from webenvs.search.dense.settings import DenseSettings

KINDS = ("flat", "ivf", "hnsw", "pq")
KNOBS = Knobs(nprobe=8, ef_search=64, candidates=128)
COUNT, DIMS = 1_500, 16


@pytest.fixture(scope="module")
def vectors():
    """Vectors with many ties and many equals."""
    draw = np.random.Generator(np.random.PCG64(0))
    rows = draw.integers(-6, 7, size=(COUNT, DIMS)).astype(np.int8)
    rows[200:240] = rows[7]
    rows[900] = 0
    return rows


@pytest.fixture(scope="module")
def built(vectors, tmp_path_factory):
    """The index of each kind."""
    found = {}
    for kind in KINDS:
        place = tmp_path_factory.mktemp(kind)
        write(place, vectors, DenseSettings(index=kind))
        found[kind] = Neighbours(place, kind, COUNT, DIMS)
    return found


def exact(vectors, query):
    return vectors.astype(np.int64) @ query.astype(np.int64)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_exact_inner_products(vectors, built, kind):
    for query in vectors[::97]:
        found = built[kind].nearest(query, 20, KNOBS)
        assert (found.scores == exact(vectors, query)[found.numbers]).all()


@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_what_scores_above_the_floor_is_all_there(vectors, built, kind):
    everywhere = KNOBS._replace(nprobe=COUNT)
    for query in vectors[::97]:
        found = built[kind].nearest(query, 30, everywhere)
        assert found.floor is not None
        above = np.flatnonzero(exact(vectors, query) > found.floor)
        assert set(above) <= set(found.numbers.tolist())


@pytest.mark.parametrize("kind", ["hnsw", "pq"])
def test_what_is_found_does_not_depend_on_what_is_wanted(vectors, built, kind):
    few, many = (built[kind].nearest(vectors[3], wanted, KNOBS) for wanted in (1, 500))
    assert few.numbers.tolist() == many.numbers.tolist()
    assert few.floor is many.floor is None


@pytest.mark.parametrize("kind", KINDS)
def test_most_of_the_nearest_are_found(vectors, built, kind):
    wide, share = Knobs(nprobe=32, ef_search=256, candidates=512), []
    for query in vectors[::97]:
        best = np.sort(exact(vectors, query))[::-1][:10]
        found = np.sort(built[kind].nearest(query, 10, wide).scores)[::-1][:10]
        share.append(np.mean(best == found))
    assert np.mean(share) >= 0.85


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_few_pass_is_searched_exactly(vectors, built, kind):
    passing = np.zeros(COUNT, dtype=np.bool_)
    passing[5::31] = True
    for query in vectors[::97]:
        found = built[kind].nearest(query, COUNT, KNOBS, passing)
        order = np.lexsort((found.numbers, -found.scores))
        wanted = np.flatnonzero(passing)
        scores = exact(vectors, query)[wanted]
        best = wanted[np.lexsort((wanted, -scores))]
        assert found.numbers[order].tolist() == best.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_many_pass_lets_no_other_through(vectors, built, kind, monkeypatch):
    monkeypatch.setattr("webenvs.search.dense.neighbours.EXACT_UP_TO", 10)
    passing = np.arange(COUNT) % 3 != 0
    found = built[kind].nearest(vectors[8], 50, KNOBS, passing)
    assert len(found.numbers)
    assert passing[found.numbers].all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_nothing_passes_finds_nothing(vectors, built, kind):
    found = built[kind].nearest(vectors[8], 50, KNOBS, np.zeros(COUNT, dtype=np.bool_))
    assert not len(found.numbers)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 40])
def test_few_vectors_make_an_index_too(vectors, tmp_path, kind, count):
    write(tmp_path, vectors[:count], DenseSettings(index=kind))
    found = Neighbours(tmp_path, kind, count, DIMS).nearest(vectors[0], 64, KNOBS)
    assert 0 in found.numbers.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_is_refused(vectors, tmp_path, kind):
    write(tmp_path, vectors[:300], DenseSettings(index=kind))
    path = tmp_path / INDEX
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CorpusError, match=r"vectors\.faiss is broken"):
        Neighbours(tmp_path, kind, 300, DIMS)


@pytest.mark.parametrize("damage", [b"", b"no index at all", b"\0" * 1000])
def test_a_file_that_is_no_index_is_refused(tmp_path, damage):
    (tmp_path / INDEX).write_bytes(damage)
    with pytest.raises(CorpusError, match=r"vectors\.faiss is broken"):
        Neighbours(tmp_path, "flat", 3, DIMS)


@pytest.mark.parametrize(
    ("kind", "count", "dims"), [("ivf", 9, 16), ("flat", 8, 16), ("flat", 9, 8)]
)
def test_an_index_of_another_kind_or_size_is_refused(vectors, tmp_path, kind, count, dims):
    write(tmp_path, vectors[:9], DenseSettings(index="flat"))
    with pytest.raises(CorpusError, match="it is IndexScalarQuantizer of 9 vectors of 16 dim"):
        Neighbours(tmp_path, kind, count, dims)


def test_full_vectors_of_another_size_are_refused(vectors, tmp_path):
    write(tmp_path, vectors[:300], DenseSettings(index="pq"))
    np.save(tmp_path / FULL, vectors[:200])
    with pytest.raises(CorpusError, match=r"vectors\.npy is broken"):
        Neighbours(tmp_path, "pq", 300, DIMS)


def test_full_vectors_of_another_type_are_refused(vectors, tmp_path):
    write(tmp_path, vectors[:300], DenseSettings(index="pq"))
    np.save(tmp_path / FULL, vectors[:300].astype(np.float64))
    with pytest.raises(CorpusError, match=r"vectors\.npy is broken: it is float64 of shape"):
        Neighbours(tmp_path, "pq", 300, DIMS)


@pytest.mark.parametrize("place", range(0, 60, 3))
def test_a_changed_byte_in_the_head_of_the_full_vectors_is_refused_or_harmless(
    vectors, tmp_path, place
):
    write(tmp_path, vectors[:300], DenseSettings(index="pq"))
    content = bytearray((tmp_path / FULL).read_bytes())
    content[place] ^= 1
    (tmp_path / FULL).write_bytes(content)
    try:
        found = Neighbours(tmp_path, "pq", 300, DIMS).nearest(vectors[0], 64, KNOBS)
    except CorpusError as error:
        assert "vectors.npy is broken" in str(error)
    else:
        assert found.numbers[0] == 0 or found.scores[0] >= exact(vectors, vectors[0])[0]


def test_a_file_that_cannot_be_written_is_an_error_of_the_system(vectors, tmp_path):
    with pytest.raises(OSError, match=r"vectors\.faiss cannot be written"):
        write(tmp_path / "missing", vectors[:9], DenseSettings(index="flat"))


def test_parts_that_do_not_divide_the_dimensions_are_refused():
    with pytest.raises(SettingError, match=r"pq_parts = 5 .* a divisor of dims = 16"):
        DenseSettings(index="pq", pq_parts=5).parts(16)
