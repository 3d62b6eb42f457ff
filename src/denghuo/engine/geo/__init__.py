"""Distances and areas on the WGS-84 sphere: small, exact enough for towns, free of any map library."""

from denghuo.engine.geo.distance import destination, distance_km, distances_km
from denghuo.engine.geo.gcj import gcj_to_wgs, in_china, wgs_to_gcj
from denghuo.engine.geo.polygons import (
    Ring,
    bounding_box,
    centroid,
    clip_half_plane,
    contains,
    contains_many,
    ring_area,
)

__all__ = [
    "Ring",
    "bounding_box",
    "centroid",
    "clip_half_plane",
    "contains",
    "contains_many",
    "destination",
    "distance_km",
    "distances_km",
    "gcj_to_wgs",
    "in_china",
    "ring_area",
    "wgs_to_gcj",
]
