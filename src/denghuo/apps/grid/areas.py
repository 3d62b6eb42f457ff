"""The ground an outage covers, as polygons for a map: about its transformers, not about anybody's house."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.queries import LIVE

REACH_KM = 0.7  # drawn beyond each transformer: about as far as its low-voltage lines go
KM_A_DEGREE = 111.32
CORNERS = 12
Point = tuple[float, float]


def hull(points: Iterable[Point]) -> list[Point]:
    """The convex hull, counter-clockwise, without the first point repeated (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(row: Sequence[Point]) -> list[Point]:
        chain: list[Point] = []
        for point in row:
            while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return half(ordered) + half(ordered[::-1])


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def around(places: Iterable[Point], reach_km: float = REACH_KM) -> list[Point]:
    """The hull of circles about places (degrees, lon first), closed as GeoJSON wants it; empty for no place."""
    corners = []
    for lon, lat in places:
        north = reach_km / KM_A_DEGREE
        east = north / max(0.1, math.cos(math.radians(lat)))
        for step in range(CORNERS):
            angle = 2 * math.pi * step / CORNERS
            corners.append((round(lon + east * math.cos(angle), 5), round(lat + north * math.sin(angle), 5)))
    ring = hull(corners)
    return [*ring, ring[0]] if ring else []


def areas(outages: Iterable[Outage], address: str = "#outage-{}") -> dict[str, Any]:
    """GeoJSON of outages that last or are announced; each must carry ``hit``, its transformers. ``address``: where a click
    leads, with the outage's id in place of the braces."""
    features = []
    for outage in outages:
        if outage.state not in LIVE:
            continue
        ring = around((one.lon, one.lat) for one in outage.hit)  # type: ignore[attr-defined]
        if ring:
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                    "properties": {"id": outage.pk, "state": outage.state, "url": address.format(outage.pk)},
                }
            )
    return {"type": "FeatureCollection", "features": features}
