"""The shape of the province."""

from __future__ import annotations

import math
from random import Random

import pytest

from denghuo.core.inputs import ACCOUNT_NUMBER, MOBILE
from denghuo.demo import basemap, names
from denghuo.demo.geography import ORIGIN_LAT, ORIGIN_LON, build_land, lonlat
from denghuo.demo.sizes import SIZES
from denghuo.engine.geo import contains, distance_km, ring_area

SEEDS = [1, 7, 20260]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", list(SIZES))
def test_counties_fill_the_province_without_gap_or_overlap(seed: int, size: str) -> None:
    land = build_land(seed, SIZES[size])
    whole = abs(ring_area(land.outline))
    assert sum(abs(ring_area(county.ring)) for county in land.counties) == pytest.approx(whole, rel=1e-9)
    assert sum(abs(ring_area(ring)) for city in land.cities for ring in city.rings) == pytest.approx(whole, rel=1e-9)
    rng = Random(seed)
    for _try in range(400):
        spot = (rng.uniform(-100, 100), rng.uniform(-80, 80))
        owners = sum(contains(county.ring, *spot) for county in land.counties)
        assert owners == (1 if contains(land.outline, *spot) else 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_towns_lie_inside_their_county_and_apart(seed: int) -> None:
    for county in build_land(seed, SIZES["full"]).counties:
        assert all(contains(county.ring, *town.at) for town in county.towns)
        assert len({town.name for town in county.towns}) == len(county.towns)
        spots = [town.at for town in county.towns]
        assert min(math.dist(a, b) for i, a in enumerate(spots) for b in spots[:i]) > 0.3


def test_there_are_urban_rural_and_remote_places_in_both_sizes() -> None:
    for size in SIZES.values():
        land = build_land(1, size)
        assert {town.area_type for county in land.counties for town in county.towns} == {"urban", "rural", "remote"}


def test_the_same_seed_gives_the_same_map_and_another_seed_another() -> None:
    one, same, other = (basemap.collection(build_land(seed, SIZES["full"]), seed) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_the_map_is_valid_geojson_with_closed_counter_clockwise_rings() -> None:
    collection = basemap.collection(build_land(3, SIZES["full"]), 3)
    west, south, east, north = collection["bbox"]
    layers = {feature["properties"]["layer"] for feature in collection["features"]}
    assert {"province", "county", "county_line", "city_line", "coast", "river", "lake", "road", "label"} <= layers
    for feature in collection["features"]:
        geometry = feature["geometry"]
        if geometry["type"] == "Polygon":
            ring = geometry["coordinates"][0]
            assert ring[0] == ring[-1]
            assert ring_area([tuple(pair) for pair in ring[:-1]]) > 0
        elif geometry["type"] == "LineString":
            assert len(geometry["coordinates"]) >= 2
        if feature["properties"]["layer"] == "county":
            for lon, lat in geometry["coordinates"][0]:
                assert west <= lon <= east
                assert south <= lat <= north


def test_the_plane_and_the_globe_agree_on_distances() -> None:
    for point in [(50.0, 0.0), (0.0, 60.0), (-40.0, -30.0)]:
        assert distance_km(ORIGIN_LON, ORIGIN_LAT, *lonlat(point)) == pytest.approx(math.hypot(*point), rel=0.01)


def test_invented_numbers_are_distinct_and_well_formed() -> None:
    phones, accounts = names.customer_phones(120_000, 1), names.account_numbers(120_000, 1)
    assert len(set(phones)) == len(set(accounts)) == 120_000
    assert all(MOBILE.fullmatch(phone) for phone in phones)
    assert all(ACCOUNT_NUMBER.fullmatch(number) for number in accounts)
    assert not {names.staff_phone(n) for n in range(300)} & set(phones)


def test_invented_numbers_lie_in_blocks_given_to_nobody() -> None:
    assert all(phone.startswith("154") for phone in names.customer_phones(2_000, 9))
    assert all(number.startswith("96") for number in names.account_numbers(2_000, 9))
    assert names.plate(7) == "溪O·I0007"


def test_rare_characters_occur_in_names() -> None:
    people = names.people(20_000, Random(1))
    assert any("𠮷" in name or "㛃" in name for name in people)
    assert all(2 <= len(name) <= 4 for name in people)


def test_counts_of_the_full_province_are_as_promised() -> None:
    full, small = SIZES["full"], SIZES["small"]
    assert (full.accounts, full.staff_total, full.crews, len(full.county_kinds)) == (120_000, 300, 40, 12)
    assert sum(full.feeders[kind] for kind in full.county_kinds) == 120
    assert (small.accounts, small.staff_total, small.crews) == (2_000, 60, 8)
