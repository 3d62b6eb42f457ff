"""Distances and polygons on the sphere and in the plane."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.geo import (
    bounding_box,
    centroid,
    clip_half_plane,
    contains,
    contains_many,
    destination,
    distance_km,
    distances_km,
    ring_area,
)

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
ARROW = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0)]

lons = st.floats(-180, 180)
lats = st.floats(-85, 85)


def test_one_degree_of_latitude_is_111_kilometres() -> None:
    assert distance_km(0, 0, 0, 1) == pytest.approx(111.195, abs=0.001)


def test_paris_to_london_agrees_with_the_almanac() -> None:
    assert distance_km(2.3522, 48.8566, -0.1276, 51.5074) == pytest.approx(343.6, abs=0.5)


def test_the_far_side_of_the_earth_is_half_its_girth_away() -> None:
    assert distance_km(0, 0, 180, 0) == pytest.approx(math.pi * 6371.0088)


@pytest.mark.parametrize("place", [(0, 91), (0, math.nan), (math.inf, 0), (541, 0)])
def test_a_place_that_is_not_on_earth_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not a place on earth"):
        distance_km(*place, 0, 0)


@given(lons, lats, lons, lats)
def test_distance_is_the_same_both_ways_and_never_negative(a: float, b: float, c: float, d: float) -> None:
    assert distance_km(a, b, c, d) == pytest.approx(distance_km(c, d, a, b), abs=1e-6)
    assert distance_km(a, b, c, d) >= 0


@given(lons, lats, st.floats(0, 360), st.floats(0.01, 2000))
def test_going_somewhere_takes_one_that_far(lon: float, lat: float, bearing: float, km: float) -> None:
    there = destination(lon, lat, bearing, km)
    assert distance_km(lon, lat, *there) == pytest.approx(km, rel=1e-6, abs=1e-6)


@given(lons, lats, st.lists(st.tuples(lons, lats), min_size=1, max_size=20))
def test_many_distances_at_once_equal_one_by_one(lon: float, lat: float, places: list[tuple[float, float]]) -> None:
    many = distances_km(lon, lat, [p[0] for p in places], [p[1] for p in places])
    assert many.tolist() == pytest.approx([distance_km(lon, lat, *p) for p in places], abs=1e-6)


def test_a_point_in_the_notch_of_an_arrow_is_outside() -> None:
    assert contains(ARROW, 1, 1)
    assert not contains(ARROW, 2, 2)
    assert not contains(ARROW, 5, 1)


@given(st.lists(st.tuples(st.floats(-1, 5), st.floats(-1, 5)), min_size=1, max_size=50))
@settings(max_examples=50)
def test_many_points_at_once_equal_one_by_one(points: list[tuple[float, float]]) -> None:
    xs, ys = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    assert contains_many(ARROW, xs, ys).tolist() == [contains(ARROW, x, y) for x, y in points]


@given(st.floats(0.01, 3.99), st.floats(0.1, 3.9))
def test_neighbours_that_share_a_border_never_both_claim_a_point(x: float, cut: float) -> None:
    left = [(0.0, 0.0), (cut, 0.0), (cut, 4.0), (0.0, 4.0)]
    right = [(cut, 0.0), (4.0, 0.0), (4.0, 4.0), (cut, 4.0)]
    assert contains(left, x, 2.0) != contains(right, x, 2.0)
    assert contains(left, cut, 2.0) != contains(right, cut, 2.0)


def test_area_is_positive_counter_clockwise_and_negative_clockwise() -> None:
    assert ring_area(SQUARE) == 16
    assert ring_area(SQUARE[::-1]) == -16


def test_the_centre_of_gravity_of_a_square_is_its_middle() -> None:
    assert centroid(SQUARE) == (2, 2)
    with pytest.raises(ValueError, match="no area"):
        centroid([(0, 0), (1, 1), (2, 2)])


def test_the_box_holds_the_ring() -> None:
    assert bounding_box(ARROW) == (0, 0, 4, 4)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-8, 16))
def test_cutting_by_a_line_and_its_reverse_keeps_the_whole_area(a: float, b: float, c: float) -> None:
    if abs(a) + abs(b) < 0.01:
        return
    one, other = clip_half_plane(SQUARE, a, b, c), clip_half_plane(SQUARE, -a, -b, -c)
    total = sum(ring_area(ring) for ring in (one, other) if len(ring) > 2)
    assert total == pytest.approx(16, abs=1e-6)


def test_nothing_is_left_of_a_ring_beyond_the_line() -> None:
    assert clip_half_plane(SQUARE, 1, 0, -1) == []
    assert clip_half_plane([], 1, 0, 0) == []
