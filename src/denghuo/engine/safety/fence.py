"""Fences: on which side of a border a person stands, and when to believe that the side has changed.

A receiver errs by its stated accuracy, so that somebody who stands beside a border would go in and out with every
reading. A change of side therefore counts when one reading lies beyond the border by more than its accuracy, or when
``needed`` readings in a row lie on the other side, however near.

Inside a polygon is decided by the winding number with the crossing test of D. Sunday, "Inclusion of a point in a
polygon" (2001; Practical Geometry Algorithms, 2021): unlike the even-odd rule it takes the overlap of a ring that runs
over itself, as hands on a map draw it, as inside.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from denghuo.engine.safety.plane import DEGREE_M, metres, offset


@dataclass(frozen=True, slots=True)
class Circle:
    """All places within ``radius`` metres of a point."""

    lon: float
    lat: float
    radius: float

    def depth(self, lon: float, lat: float) -> float:
        """Metres from the border: positive inside, negative outside."""
        return self.radius - metres(self.lon, self.lat, lon, lat)

    def box(self) -> tuple[float, float, float, float]:
        """(west, south, east, north) in degrees."""
        up = 1.001 * self.radius / DEGREE_M  # a little more, for the plane is not the sphere
        wide = up / max(0.01, math.cos(math.radians(self.lat)))
        return self.lon - wide, self.lat - up, self.lon + wide, self.lat + up


@dataclass(frozen=True, slots=True)
class Polygon:
    """The ground inside a ring of corners (lon, lat); the first corner is not repeated. Raises ValueError under three."""

    ring: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(set(self.ring)) < 3:
            raise ValueError("a polygon needs three different corners")

    def depth(self, lon: float, lat: float) -> float:
        """Metres from the nearest border: positive inside, negative outside. One pass over the corners."""
        winding, nearest = 0, math.inf
        x1, y1 = offset(lon, lat, *self.ring[-1])
        for corner in self.ring:
            x2, y2 = offset(lon, lat, *corner)
            nearest = min(nearest, _to_segment(x1, y1, x2, y2))
            left = x1 * y2 - x2 * y1  # twice the area of (edge, point): positive when the point is left of the edge
            if y1 <= 0.0 < y2 and left > 0.0:
                winding += 1
            elif y2 <= 0.0 < y1 and left < 0.0:
                winding -= 1
            x1, y1 = x2, y2
        return nearest if winding else -nearest

    def box(self) -> tuple[float, float, float, float]:
        """(west, south, east, north) in degrees."""
        lons, lats = [c[0] for c in self.ring], [c[1] for c in self.ring]
        return min(lons), min(lats), max(lons), max(lats)


Shape = Circle | Polygon


def _to_segment(x1: float, y1: float, x2: float, y2: float) -> float:
    """Metres from the origin to the segment between two points."""
    dx, dy = x2 - x1, y2 - y1
    length = dx * dx + dy * dy
    along = 0.0 if length == 0.0 else max(0.0, min(1.0, -(x1 * dx + y1 * dy) / length))
    return math.hypot(x1 + along * dx, y1 + along * dy)


@dataclass(frozen=True, slots=True)
class Zone:
    """A shape with the number by which its owner knows it."""

    id: int
    shape: Shape


@dataclass(frozen=True, slots=True)
class FenceState:
    """Where somebody stands: the zones they are in, and how many readings in a row spoke for the other side of a zone."""

    inside: frozenset[int] = frozenset()
    doubts: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border was crossed: into the zone, or out of it."""

    zone_id: int
    entered: bool


def follow(
    state: FenceState, zones: Iterable[Zone], lon: float, lat: float, *, accuracy: float, needed: int
) -> tuple[FenceState, list[Crossing]]:
    """The state after one more reading, and what was crossed by it.

    ``zones`` must hold every zone that may hold the place and every one of ``state.inside`` that is still in force: a zone
    that is not among them is left without a crossing. ``accuracy`` in metres (68 % radius, as receivers give it), ``needed`` ≥ 1.
    """
    inside: set[int] = set()
    doubts: dict[int, int] = {}
    crossings: list[Crossing] = []
    for zone in zones:
        depth = zone.shape.depth(lon, lat)
        was, now = zone.id in state.inside, depth > 0.0
        if was != now:
            doubt = state.doubts.get(zone.id, 0) + 1
            if abs(depth) > accuracy or doubt >= needed:
                crossings.append(Crossing(zone.id, now))
                was = now
            else:
                doubts[zone.id] = doubt
        if was:
            inside.add(zone.id)
    return FenceState(frozenset(inside), doubts), crossings


class ZoneIndex:
    """Finds the zones that may hold a place by a grid of cells and their boxes, so that thousands of zones cost a reading
    no more than the few that lie around it. ``cell`` in degrees; a zone over more than ``most_cells`` is always tried.
    """

    def __init__(self, zones: Sequence[Zone], *, cell: float = 0.01, most_cells: int = 4096) -> None:
        self._cell = cell
        self._zones = {zone.id: zone for zone in zones}
        self._boxes = {zone.id: zone.shape.box() for zone in zones}
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._wide: list[int] = []
        for number, (west, south, east, north) in self._boxes.items():
            columns = range(math.floor(west / cell), math.floor(east / cell) + 1)
            rows = range(math.floor(south / cell), math.floor(north / cell) + 1)
            if len(columns) * len(rows) > most_cells:
                self._wide.append(number)
                continue
            for column in columns:
                for row in rows:
                    self._cells.setdefault((column, row), []).append(number)

    def near(self, lon: float, lat: float, also: Iterable[int] = ()) -> list[Zone]:
        """Zones whose box holds the place, and those of ``also`` that exist; each once, by id. For :func:`follow` with
        ``also`` the zones it stands in: all others can neither be entered nor left by this reading."""
        cell = math.floor(lon / self._cell), math.floor(lat / self._cell)
        found = {number for number in also if number in self._zones}
        for number in (*self._cells.get(cell, ()), *self._wide):
            west, south, east, north = self._boxes[number]
            if west <= lon <= east and south <= lat <= north:
                found.add(number)
        return [self._zones[number] for number in sorted(found)]
