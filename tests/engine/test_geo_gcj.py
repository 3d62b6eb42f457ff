"""Places sent by Chinese map apps land where they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engine.geo import distance_km, gcj_to_wgs, wgs_to_gcj

# Published pairs of the two systems (lat, lon of WGS-84; lat, lon of GCJ-02).
PAIRS = {
    "Shanghai": (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
    "Shenzhen": (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
    "Beijing": (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
}


@pytest.mark.parametrize("city", PAIRS)
def test_a_published_place_is_offset_as_map_services_offset_it(city: str) -> None:
    lat, lon, gcj_lat, gcj_lon = PAIRS[city]
    assert wgs_to_gcj(lon, lat) == pytest.approx((gcj_lon, gcj_lat), abs=1e-6)  # a decimetre


@pytest.mark.parametrize("city", PAIRS)
def test_a_place_sent_by_a_map_app_is_found_within_a_metre(city: str) -> None:
    lat, lon, gcj_lat, gcj_lon = PAIRS[city]
    found_lon, found_lat = gcj_to_wgs(gcj_lon, gcj_lat)
    assert distance_km(lon, lat, found_lon, found_lat) * 1000 < 1
    # Left as it came, it would be half a kilometre off.
    assert distance_km(lon, lat, gcj_lon, gcj_lat) * 1000 > 300


@given(st.floats(73.2, 135), st.floats(3.5, 53.5))
def test_there_and_back_is_the_same_place_all_over_the_country(lon: float, lat: float) -> None:
    back = gcj_to_wgs(*wgs_to_gcj(lon, lat))
    assert back == pytest.approx((lon, lat), abs=1e-6)


def test_abroad_nothing_is_offset() -> None:
    assert gcj_to_wgs(-0.1276, 51.5072) == (-0.1276, 51.5072)


@pytest.mark.parametrize("place", [(181.0, 10.0), (100.0, 91.0), (float("nan"), 3.0)])
def test_what_is_no_place_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not a place"):
        gcj_to_wgs(*place)
