"""Eigenvectors and factors, against NumPy's."""

import numpy as np
import pytest

from webenvs.search.embedders.eigen import eigen, whitening


def gram(columns, rows=400, seed=0):
    draw = np.random.Generator(np.random.PCG64(seed))
    matrix = np.rint(100 * draw.normal(size=(rows, columns)) * np.arange(1, columns + 1))
    return matrix, matrix.T @ matrix


@pytest.mark.parametrize("size", [1, 2, 3, 17, 40])
def test_eigenvalues_are_those_of_numpy(size):
    _, matrix = gram(size)
    np.testing.assert_allclose(eigen(matrix).values, np.linalg.eigvalsh(matrix)[::-1], rtol=1e-9)


def test_eigenvectors_are_orthonormal_and_solve_the_equation():
    _, matrix = gram(25)
    values, vectors = eigen(matrix)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(25), atol=1e-12)
    np.testing.assert_allclose(matrix @ vectors, vectors * values, atol=1e-9 * values[0])


def test_a_matrix_of_zeros_has_eigenvalues_of_zero():
    assert (eigen(np.zeros((4, 4))).values == 0).all()


def test_whitened_columns_are_orthonormal():
    columns, matrix = gram(30)
    white = columns @ whitening(matrix)
    np.testing.assert_allclose(white.T @ white, np.eye(30), atol=1e-9)


def test_a_dependent_column_becomes_zero():
    columns, _ = gram(4)
    columns[:, 2] = columns[:, 0] - 2 * columns[:, 1]
    white = columns @ whitening(columns.T @ columns)
    np.testing.assert_allclose(white.T @ white, np.diag([1.0, 1.0, 0.0, 1.0]), atol=1e-6)
