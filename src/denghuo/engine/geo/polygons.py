"""Simple polygons in a plane. A ring is a sequence of (x, y) corners, the first not repeated at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Point = tuple[float, float]
Ring = Sequence[Point]


def contains(ring: Ring, x: float, y: float) -> bool:
    """Whether the point lies inside the ring (even-odd rule; a point on the border counts for one side of it only).

    Neighbouring polygons that share a border never both claim a point, nor both refuse it (Sunday 2001).
    """
    inside = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def contains_many(ring: Ring, xs: ArrayLike, ys: ArrayLike) -> NDArray[np.bool_]:
    """:func:`contains` for arrays of points; one pass over the corners, so n corners and m points cost n·m."""
    px, py = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    inside = np.zeros(px.shape, dtype=np.bool_)
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if y1 != y2:
            crosses = ((y1 > py) != (y2 > py)) & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
            inside ^= crosses
        x1, y1 = x2, y2
    return inside


def ring_area(ring: Ring) -> float:
    """Signed area in squared units of the coordinates; positive when the corners run counter-clockwise."""
    total = 0.0
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        total += x1 * y2 - x2 * y1
        x1, y1 = x2, y2
    return total / 2


def centroid(ring: Ring) -> Point:
    """Centre of gravity; raises ValueError for a ring without area."""
    area = ring_area(ring)
    if area == 0:
        raise ValueError("the ring has no area")
    cx = cy = 0.0
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        cross = x1 * y2 - x2 * y1
        cx += (x1 + x2) * cross
        cy += (y1 + y2) * cross
        x1, y1 = x2, y2
    return cx / (6 * area), cy / (6 * area)


def bounding_box(ring: Ring) -> tuple[float, float, float, float]:
    """(least x, least y, greatest x, greatest y)."""
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return min(xs), min(ys), max(xs), max(ys)


def clip_half_plane(ring: Ring, a: float, b: float, c: float) -> list[Point]:
    """The part of a convex ring where ``a·x + b·y <= c`` (Sutherland and Hodgman 1974); empty when nothing is left."""
    kept: list[Point] = []
    if not ring:
        return kept
    x1, y1 = ring[-1]
    side1 = a * x1 + b * y1 - c
    for x2, y2 in ring:
        side2 = a * x2 + b * y2 - c
        if (side1 < 0 < side2) or (side2 < 0 < side1):
            t = side1 / (side1 - side2)
            kept.append((x1 + t * (x2 - x1), y1 + t * (y2 - y1)))
        if side2 <= 0:
            kept.append((x2, y2))
        x1, y1, side1 = x2, y2, side2
    return kept
