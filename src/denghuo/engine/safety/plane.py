"""A small piece of the earth as a plane: metres east and north of a point.

The equirectangular projection about the point at hand. Within 20 km of it and below 60° of latitude the error of a
length stays under 0.4 % (the change of the cosine of the latitude over that way), less than a receiver's own accuracy.
"""

from __future__ import annotations

import math

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1 of the IUGG for WGS-84
DEGREE_M = EARTH_RADIUS_M * math.pi / 180.0


def offset(lon0: float, lat0: float, lon: float, lat: float) -> tuple[float, float]:
    """Metres (east, north) of a point seen from (``lon0``, ``lat0``); the shorter way round the earth."""
    east = (lon - lon0 + 180.0) % 360.0 - 180.0
    return east * DEGREE_M * math.cos(math.radians(lat0)), (lat - lat0) * DEGREE_M


def metres(lon0: float, lat0: float, lon: float, lat: float) -> float:
    """Metres between two points that lie close together."""
    middle = (lat0 + lat) / 2
    east = (lon - lon0 + 180.0) % 360.0 - 180.0
    return math.hypot(east * DEGREE_M * math.cos(math.radians(middle)), (lat - lat0) * DEGREE_M)
