"""Exact k-means: its labels are those of a plain search, its centres whole numbers."""

import numpy as np
import pytest

from webenvs.search.dense import clusters


@pytest.fixture
def points():
    """300 points of 12 dimensions around ten directions."""
    draw = np.random.Generator(np.random.PCG64(0))
    middles = draw.normal(size=(10, 12))
    near = middles[draw.integers(10, size=300)] + 0.1 * draw.normal(size=(300, 12))
    return np.clip(np.rint(near * 40), -127, 127).astype(np.int8)


def test_a_point_belongs_to_the_centre_with_the_greatest_inner_product(points):
    centres = clusters.directions(points, 16)
    exact = points.astype(np.int64) @ centres.astype(np.int64).T
    assert (clusters.nearest(points, centres) == exact.argmax(axis=1)).all()


def test_a_point_belongs_to_the_centroid_at_the_least_distance(points):
    centres = clusters.centroids(points, 16)
    apart = ((points[:, None].astype(np.int64) - centres[None].astype(np.int64)) ** 2).sum(axis=2)
    assert (clusters.nearest_by_distance(points, centres) == apart.argmin(axis=1)).all()


def test_ties_fall_to_the_lower_number(points):
    centres = np.repeat(clusters.directions(points, 8), 2, axis=0)
    assert (clusters.nearest(points, centres) % 2 == 0).all()


def test_centres_by_inner_product_are_of_one_length(points):
    lengths = np.linalg.norm(clusters.directions(points, 10).astype(float), axis=1)
    assert lengths.max() < 1.05 * lengths.min()


def test_the_greatest_inner_product_with_a_centre_stays_exact_in_float32():
    points = np.full((2, 1_040), 127, dtype=np.int8)
    points[1] = -127
    centres = clusters.directions(points, 2).astype(np.int64)
    assert np.abs(points.astype(np.int64) @ centres.T).max() < 2**24


def test_clusters_are_found(points):
    centres = clusters.centroids(points, 10)
    labels = clusters.nearest_by_distance(points, centres)
    spread = np.linalg.norm(points.astype(float) - centres[labels], axis=1).mean()
    assert spread < 0.5 * np.linalg.norm(points.astype(float) - points.mean(axis=0), axis=1).mean()


def test_equal_points_and_more_centres_than_points_do_no_harm():
    points = np.full((3, 4), 7, dtype=np.int8)
    assert clusters.directions(points, 5).shape == (5, 4)
    assert (clusters.centroids(points, 5) == 7).all()


def test_points_of_zeros_do_no_harm():
    assert (clusters.directions(np.zeros((4, 3), dtype=np.int8), 2) == 0).all()
