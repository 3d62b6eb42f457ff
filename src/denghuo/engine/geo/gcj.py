"""GCJ-02, the offset coordinates of Chinese consumer maps (WeChat, Gaode, Tencent), to and from WGS-84.

The offset is a published-by-measurement series of sines laid over the Krasovsky 1940 ellipsoid; it has no closed
inverse, so the way back is found by a fixed-point iteration that ends within a centimetre. Outside mainland China the
two systems are the same.
"""

from __future__ import annotations

import math

SEMI_MAJOR = 6378245.0  # metres, Krasovsky 1940
ECCENTRICITY_SQUARED = 0.00669342162296594323
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271  # where the offset is applied
CLOSE_ENOUGH = 1e-7  # degrees, about a centimetre
ROUNDS = 30


def in_china(lon: float, lat: float) -> bool:
    """Whether the offset applies at this place (a rectangle around the mainland, as map services draw it)."""
    return WEST <= lon <= EAST and SOUTH <= lat <= NORTH


def wgs_to_gcj(lon: float, lat: float) -> tuple[float, float]:
    """Degrees of WGS-84 as degrees of GCJ-02. Raises ValueError for what is not a place on earth."""
    _check(lon, lat)
    if not in_china(lon, lat):
        return lon, lat
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def gcj_to_wgs(lon: float, lat: float) -> tuple[float, float]:
    """Degrees of GCJ-02 as degrees of WGS-84, to within a centimetre. Raises ValueError for what is not a place."""
    _check(lon, lat)
    if not in_china(lon, lat):
        return lon, lat
    x, y = lon, lat
    for _round in range(ROUNDS):
        east, north = _offset(x, y)
        wrong_x, wrong_y = x + east - lon, y + north - lat
        x, y = x - wrong_x, y - wrong_y
        if abs(wrong_x) < CLOSE_ENOUGH and abs(wrong_y) < CLOSE_ENOUGH:
            break
    return x, y


def _check(lon: float, lat: float) -> None:
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise ValueError(f"lon={lon}, lat={lat} is not a place on earth")


def _offset(lon: float, lat: float) -> tuple[float, float]:
    """How far GCJ-02 lies east and north of WGS-84 there, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    common = _waves(20.0, x, (6.0, 2.0))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * _sin(y) + 40.0 * _sin(y / 3.0) + 160.0 * _sin(y / 12.0) + 320.0 * _sin(y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * _sin(x) + 40.0 * _sin(x / 3.0) + 150.0 * _sin(x / 12.0) + 300.0 * _sin(x / 30.0)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1.0 - ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    meridian = SEMI_MAJOR * (1.0 - ECCENTRICITY_SQUARED) / (magic * math.sqrt(magic))
    parallel = SEMI_MAJOR / math.sqrt(magic) * math.cos(phi)
    return math.degrees(east / parallel), math.degrees(north / meridian)


def _sin(turns: float) -> float:
    return math.sin(turns * math.pi)


def _waves(size: float, x: float, turns: tuple[float, ...]) -> float:
    return sum(size * _sin(turn * x) for turn in turns) * 2.0 / 3.0
