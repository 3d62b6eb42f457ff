"""Great-circle distance and destination on a sphere of the earth's mean radius.

Against the WGS-84 ellipsoid the error stays under 0.6 %, that is 60 m in 10 km: far less than what a road adds.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088  # mean radius R1 of the IUGG for WGS-84


def distance_km(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance in kilometres between two points given in degrees (haversine formula).

    Raises ValueError when a latitude lies outside [-90, 90] or a number is not finite.
    """
    for name, value, limit in (
        ("lon1", lon1, 540.0),
        ("lat1", lat1, 90.0),
        ("lon2", lon2, 540.0),
        ("lat2", lat2, 90.0),
    ):
        if not math.isfinite(value) or abs(value) > limit:
            raise ValueError(f"{name}={value} is not a place on earth")
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi = (phi2 - phi1) / 2
    half_lambda = math.radians(lon2 - lon1) / 2
    a = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(a)))


def distances_km(lon: float, lat: float, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.float64]:
    """Distances in kilometres from one point to many; ``lons`` and ``lats`` are arrays of equal length in degrees."""
    phi = np.radians(np.asarray(lats, dtype=np.float64))
    half_phi = (phi - math.radians(lat)) / 2
    half_lambda = np.radians(np.asarray(lons, dtype=np.float64) - lon) / 2
    a = np.sin(half_phi) ** 2 + math.cos(math.radians(lat)) * np.cos(phi) * np.sin(half_lambda) ** 2
    result: NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1.0, np.sqrt(a)))
    return result


def destination(lon: float, lat: float, bearing: float, km: float) -> tuple[float, float]:
    """The point (lon, lat in degrees) ``km`` kilometres from a point along ``bearing`` (degrees, 0 north, 90 east)."""
    delta, theta = km / EARTH_RADIUS_KM, math.radians(bearing)
    phi1, lambda1 = math.radians(lat), math.radians(lon)
    sin_phi2 = math.sin(phi1) * math.cos(delta) + math.cos(phi1) * math.sin(delta) * math.cos(theta)
    phi2 = math.asin(max(-1.0, min(1.0, sin_phi2)))
    lambda2 = lambda1 + math.atan2(
        math.sin(theta) * math.sin(delta) * math.cos(phi1), math.cos(delta) - math.sin(phi1) * sin_phi2
    )
    return (math.degrees(lambda2) + 540) % 360 - 180, math.degrees(phi2)
