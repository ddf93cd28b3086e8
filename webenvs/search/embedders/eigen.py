"""Eigenvectors and factors of small symmetric matrices, to the last bit the same anywhere.

Libraries for linear algebra add up in an order that depends on the processor, and their results
differ in the last places. Here every number comes from single additions, products, divisions and
square roots, which IEEE arithmetic defines to the last bit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SWEEPS = 40
_SMALL = 2.0**-50
_DEPENDENT = 2.0**-32

Matrix = NDArray[np.float64]
Numbers = NDArray[np.intp]


class Eigen(NamedTuple):
    """Eigenvalues, the greatest first, and their eigenvectors as the columns of a matrix."""

    values: Matrix
    vectors: Matrix


def eigen(matrix: Matrix) -> Eigen:
    """The eigenvalues and eigenvectors of a symmetric matrix, [n, n], by Jacobi's rotations.

    The rotations of a round touch separate pairs of rows and are made at once (Brent and Luk, The
    solution of singular-value and symmetric eigenvalue problems on multiprocessor arrays, 1985).
    """
    size = len(matrix)
    turned, vectors = matrix.astype(np.float64), np.eye(size)
    rounds = _rounds(size)
    for _ in range(_SWEEPS):
        apart = np.abs(turned - np.diag(turned.diagonal())).max(initial=0.0)
        if apart <= _SMALL * np.abs(turned.diagonal()).max(initial=0.0):
            break
        for first, second in rounds:
            _rotate(turned, vectors, first, second)
    values = turned.diagonal()
    order = np.argsort(-values, kind="stable")
    return Eigen(values[order], vectors[:, order])


def whitening(gram: Matrix) -> Matrix:
    """The upper triangular T with T' G T = 1 for the Gram matrix G of some columns, by Cholesky.

    The columns times T are orthonormal. A column that depends on those before it becomes zero.
    """
    size = len(gram)
    left, factor, alive = gram.astype(np.float64), np.zeros((size, size)), np.ones(size)
    least = _DEPENDENT * gram.diagonal()
    for row in range(size):
        if left[row, row] <= least[row]:
            alive[row] = 0.0
            continue
        factor[row, row:] = left[row, row:] / np.sqrt(left[row, row])
        tail = factor[row, row + 1 :]
        left[row + 1 :, row + 1 :] -= np.multiply.outer(tail, tail)
    result, right = np.zeros((size, size)), np.diag(alive)
    for row in range(size - 1, -1, -1):
        if alive[row]:
            result[row] = right[row] / factor[row, row]
            right[:row] -= np.multiply.outer(factor[:row, row], result[row])
    return result


def _rotate(turned: Matrix, vectors: Matrix, first: Numbers, second: Numbers) -> None:
    """Turn each pair of rows and columns so that what they share becomes zero, in place."""
    shared = turned[first, second]
    apart = turned[second, second] - turned[first, first]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = apart / (2 * shared)
        tangent = np.copysign(1.0, ratio) / (np.abs(ratio) + np.sqrt(1 + ratio * ratio))
    tangent[shared == 0] = 0.0
    cosine = 1 / np.sqrt(1 + tangent * tangent)
    sine = tangent * cosine
    for rows in (turned, turned.T, vectors.T):
        one, other = rows[first], rows[second]
        rows[first] = cosine[:, None] * one - sine[:, None] * other
        rows[second] = sine[:, None] * one + cosine[:, None] * other


def _rounds(size: int) -> list[tuple[Numbers, Numbers]]:
    """Every pair of numbers below `size` once, in rounds of pairs that have no number in common."""
    even = size + size % 2
    circle = list(range(1, even))
    rounds = []
    for _ in range(even - 1):
        seats = [0, *circle]
        pairs = [(seats[place], seats[even - 1 - place]) for place in range(even // 2)]
        kept = [sorted(pair) for pair in pairs if max(pair) < size]
        if kept:
            array = np.array(kept, dtype=np.intp)
            rounds.append((array[:, 0], array[:, 1]))
        circle = circle[-1:] + circle[:-1]
    return rounds
