"""The grid: so coarse that inner products in float32 are exact, in FAISS too."""

import faiss
import numpy as np
import pytest

from webenvs.errors import SettingError
from webenvs.search.dense.grid import LARGEST_DIMS, levels, on_grid, scale_for


@pytest.mark.parametrize("dims", [1, 2, 100, 1_039, 1_040, 1_041, 1_536, 3_072, LARGEST_DIMS])
def test_the_greatest_inner_product_stays_exact_in_float32(dims):
    edge = levels(dims)
    assert dims * edge * edge < 2**24
    assert edge == 127 or dims * (edge + 1) * (edge + 1) >= 2**24


def test_int8_is_full_up_to_1040_dimensions_and_coarser_beyond():
    assert (levels(1_040), levels(1_041)) == (127, 126)


@pytest.mark.parametrize("dims", [0, LARGEST_DIMS + 1])
def test_dimensions_out_of_reach_are_refused(dims):
    with pytest.raises(SettingError, match=rf"dims = {dims} .* from 1 to {LARGEST_DIMS}"):
        levels(dims)


@pytest.mark.parametrize("dims", [1_040, 1_041, 3_072])
def test_faiss_computes_the_extremes_of_the_grid_exactly(dims):
    edge = levels(dims)
    rows = np.full((3, dims), edge, dtype=np.float32)
    rows[1] = -edge
    rows[2, ::2] = edge - 1
    index = faiss.IndexScalarQuantizer(
        dims, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )
    index.add(rows)
    scores, numbers = index.search(rows, 3)
    exact = rows.astype(np.int64) @ rows.astype(np.int64).T
    assert (scores.astype(np.int64) == np.take_along_axis(exact, numbers, axis=1)).all()


def test_vectors_fill_the_grid_but_for_few_components():
    vectors = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    whole = on_grid(vectors, scale_for(vectors))
    assert 110 <= np.abs(whole.astype(int)).max() <= 127
    assert (np.abs(whole.astype(int)) == 127).sum() < 10


def test_a_scale_has_few_binary_digits_so_that_last_digits_do_not_show():
    vectors = np.random.default_rng(0).normal(size=(50, 32)).astype(np.float32)
    nudged = np.nextafter(vectors, np.float32(np.inf))
    assert scale_for(vectors) == scale_for(nudged)
    mantissa = np.frexp(scale_for(vectors))[0]
    assert float(mantissa * 16).is_integer()


@pytest.mark.parametrize("shape", [(0, 8), (3, 8)])
def test_vectors_of_zeros_have_scale_one(shape):
    assert scale_for(np.zeros(shape, dtype=np.float32)) == 1.0


def test_what_lies_outside_is_drawn_to_the_edge():
    assert on_grid(np.array([[5.0, -5.0, 0.26]]), 100.0).tolist() == [[127, -127, 26]]
