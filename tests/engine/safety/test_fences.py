"""Fences, stillness and silence: what a position says about a person's safety."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.geo import contains, destination, distance_km
from denghuo.engine.safety import (
    Circle,
    Crossing,
    FenceState,
    Fix,
    Movement,
    PathState,
    Polygon,
    Zone,
    ZoneIndex,
    accept,
    follow,
    lost_contact,
    stillness,
)

LON, LAT = 120.1, 30.1
SQUARE = Polygon(((120.0, 30.0), (120.2, 30.0), (120.2, 30.2), (120.0, 30.2)))
near = st.integers(-300_000, 300_000).map(lambda n: n / 1e6)  # as finely as devices and maps write places
quick = settings(max_examples=60, deadline=None)


@quick
@given(st.lists(st.tuples(near, near), min_size=3, max_size=8, unique=True), near, near)
def test_a_simple_ring_holds_what_the_even_odd_rule_says_it_holds(
    corners: list[tuple[float, float]], dx: float, dy: float
) -> None:
    # Sorted by angle about their middle the corners make a ring that does not run over itself.
    cx, cy = sum(c[0] for c in corners) / len(corners), sum(c[1] for c in corners) / len(corners)
    ring = sorted(corners, key=lambda c: math.atan2(c[1] - cy, c[0] - cx))
    polygon = Polygon(tuple((LON + x, LAT + y) for x, y in ring))
    depth = polygon.depth(LON + dx, LAT + dy)
    if abs(depth) > 1:  # on the border itself either answer is right
        assert (depth > 0) == contains(polygon.ring, LON + dx, LAT + dy)


@quick
@given(st.floats(0, 360), st.floats(0.001, 3), st.floats(10, 2000))
def test_a_circle_is_measured_in_metres_on_the_ground(bearing: float, km: float, radius: float) -> None:
    lon, lat = destination(LON, LAT, bearing, km)
    assert Circle(LON, LAT, radius).depth(lon, lat) == pytest.approx(radius - 1000 * km, abs=0.5 + 2 * km)


def test_a_ring_drawn_over_itself_holds_its_overlap() -> None:
    twice = Polygon((*SQUARE.ring, *SQUARE.ring))
    assert twice.depth(LON, LAT) > 0 > twice.depth(120.3, LAT)
    assert SQUARE.depth(120.0 + 0.001, LAT) == pytest.approx(1000 * distance_km(120.0, LAT, 120.001, LAT), rel=0.01)
    with pytest.raises(ValueError, match="corners"):
        Polygon(((1.0, 1.0), (2.0, 2.0), (1.0, 1.0)))


@quick
@given(st.lists(st.floats(-14.9, 14.9), max_size=40))
def test_wavering_within_the_accuracy_never_rings_more_often_than_every_third_reading(offsets: list[float]) -> None:
    zone, state, rung = Zone(1, Circle(LON, LAT, 100)), FenceState(), 0
    for metres in offsets:
        lon, lat = destination(LON, LAT, 90, (100 + metres) / 1000)
        state, crossings = follow(state, [zone], lon, lat, accuracy=15, needed=3)
        rung += len(crossings)
    assert rung <= len(offsets) / 3


def test_one_clear_reading_crosses_a_border_and_unclear_ones_when_they_agree() -> None:
    zone = Zone(7, SQUARE)
    state, crossed = follow(FenceState(), [zone], LON, LAT, accuracy=20, needed=3)
    assert crossed == [Crossing(7, True)]
    just_out = 120.2 + 0.0001  # ten metres
    for expected in ([], [], [Crossing(7, False)]):
        state, crossed = follow(state, [zone], just_out, LAT, accuracy=20, needed=3)
        assert crossed == expected
    assert state == FenceState()
    assert follow(FenceState(frozenset({7})), [], LON, LAT, accuracy=5, needed=1) == (FenceState(), [])  # zone ended


@quick
@given(st.lists(st.tuples(near, near, st.floats(20, 900)), max_size=20), near, near)
def test_the_index_never_hides_a_zone_that_holds_the_place(
    circles: list[tuple[float, float, float]], dx: float, dy: float
) -> None:
    zones = [Zone(n, Circle(LON + x, LAT + y, r)) for n, (x, y, r) in enumerate(circles)]
    found = ZoneIndex(zones).near(LON + dx, LAT + dy)
    holding = {zone.id for zone in zones if zone.shape.depth(LON + dx, LAT + dy) > 0}
    assert holding <= {zone.id for zone in found}
    assert [z.id for z in ZoneIndex(zones).near(0, 0, also=[0, 99])] == ([0] if zones else [])


def test_an_impossible_jump_is_dropped_until_the_readings_insist() -> None:
    state, believed = accept(PathState(), Fix(LON, LAT, 5, 0), fastest=40, needed=3)
    assert believed
    far = [Fix(LON + 1, LAT, 5, 10.0 + n) for n in range(3)]
    for fix, expected in zip(far, (False, False, True), strict=True):
        state, believed = accept(state, fix, fastest=40, needed=3)
        assert believed is expected
    assert not accept(state, Fix(LON + 1, LAT, 5, 1.0), fastest=40, needed=3)[1]  # older than what is known


def at(metres: float, seconds: float, accuracy: float = 5) -> Fix:
    return Fix(*destination(LON, LAT, 90, metres / 1000), accuracy, seconds)


def test_standing_still_is_known_only_from_enough_readings() -> None:
    rules = {"window": 600.0, "radius": 15.0, "least": 5, "vaguest": 50.0}
    still = [at(n % 3, 60 * n) for n in range(11)]
    assert stillness(still, 600, **rules).movement is Movement.STILL
    assert stillness(still[6:], 600, **rules).movement is Movement.UNKNOWN  # only the last minutes
    assert stillness(still[:6], 660, **rules).movement is Movement.UNKNOWN  # silent since
    assert stillness([at(0, 60 * n, 80) for n in range(11)], 600, **rules).movement is Movement.UNKNOWN  # too vague
    assert stillness([*still[:-1], at(40, 600)], 600, **rules).movement is Movement.MOVING


@quick
@given(st.lists(st.tuples(st.floats(-80, 80), st.floats(-80, 80)), min_size=2, max_size=30))
def test_the_largest_displacement_is_that_of_all_pairs(places: list[tuple[float, float]]) -> None:
    fixes = [Fix(LON + x / 96_000, LAT + y / 111_000, 1, n) for n, (x, y) in enumerate(places)]
    found = stillness(fixes, len(fixes), window=1000, radius=1e9, least=2, vaguest=10).displacement
    pairs = max(distance_km(a.lon, a.lat, b.lon, b.lat) for a in fixes for b in fixes) * 1000
    assert found == pytest.approx(pairs, rel=0.001, abs=0.01)


def test_silence_counts_from_the_last_word_or_from_when_one_was_due() -> None:
    assert lost_contact(None, 0, 301, patience=300)
    assert not lost_contact(100, 0, 400, patience=300)
    assert not lost_contact(0, 200, 400, patience=300)  # came on site a moment ago
