"""The shape of the province: borders of cities and counties, towns inside them. Computed from the seed alone.

Counties are the cells of a power diagram of their seats inside a convex outline. Every edge of the diagram is then
made rough by fractal midpoint displacement; an edge is roughened once and used by both of its sides, so neighbours
share their border corner for corner, and a city's or the province's outline is the chain of edges with it on one
side only.

The province lies over open ocean at 130.9° E, 19.7° N (Philippine Sea), where no land is: nothing on its map can be
mistaken for a real place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from denghuo.demo import names
from denghuo.demo.sizes import Size
from denghuo.engine.geo import Ring, centroid, clip_half_plane, contains, ring_area

ORIGIN_LON, ORIGIN_LAT = 130.9, 19.7
KM_PER_DEGREE_LAT = 110.66
KM_PER_DEGREE_LON = 104.86  # at 19.7° N

Point = tuple[float, float]
Edge = tuple[Point, Point]

COAST, INLAND, BORDER = 0.36, 0.28, 0.24  # roughness: displacement as a share of the length displaced
TOWNS = {"urban": 5, "rural": 6, "remote": 5}


@dataclass(frozen=True, slots=True)
class Town:
    """A place people live in: its centre (km plane), how far it spreads (km, one sigma), how many it weighs."""

    name: str
    at: Point
    spread: float
    weight: float
    area_type: str


@dataclass(slots=True)
class County:
    code: str
    name: str
    name_en: str
    kind: str
    seat: Point
    ring: list[Point]
    towns: list[Town] = field(default_factory=list)


@dataclass(slots=True)
class City:
    code: str
    name: str
    name_en: str
    centre: Point
    counties: list[County]
    rings: list[list[Point]] = field(default_factory=list)


@dataclass(slots=True)
class Land:
    """All of it, in kilometres east and north of the origin."""

    cities: list[City]
    outline: list[Point]
    sea_edges: list[list[Point]]
    county_lines: list[list[Point]]
    city_lines: list[list[Point]]

    @property
    def counties(self) -> list[County]:
        return [county for city in self.cities for county in city.counties]


def lonlat(point: Point) -> tuple[float, float]:
    """Degrees of a point of the km plane, to about 1 m."""
    return (
        round(ORIGIN_LON + point[0] / KM_PER_DEGREE_LON, 5),
        round(ORIGIN_LAT + point[1] / KM_PER_DEGREE_LAT, 5),
    )


def build_land(seed: int, size: Size) -> Land:
    """The province for ``seed`` and ``size``; the same every time."""
    rng = Random(f"land:{seed}")
    outline = _convex_outline(rng)
    cities = _place_seats(rng, size)
    counties = [county for city in cities for county in city.counties]
    cells = _power_cells(outline, [county.seat for county in counties])
    edges = _edges(cells)
    rough = {edge: _roughen(edge, _roughness(edge, sides, counties), seed) for edge, sides in edges.items()}
    for county, cell in zip(counties, cells, strict=True):
        county.ring = _chain(_directed(cell), rough)
        county.towns = _towns(county, seed)
    owner = {index: city.code for city in cities for index, county in enumerate(counties) if county in city.counties}
    for city in cities:
        border = [e for e, sides in edges.items() if sum(owner[side] == city.code for side in sides) == 1]
        city.rings = _rings(border, rough)
    coast = [edge for edge, sides in edges.items() if len(sides) == 1]
    return Land(
        cities=cities,
        outline=max(_rings(coast, rough), key=lambda ring: abs(ring_area(ring))),
        sea_edges=[rough[edge] for edge in coast if _faces_sea(edge)],
        county_lines=[rough[e] for e, s in edges.items() if len(s) == 2 and len({owner[i] for i in s}) == 1],
        city_lines=[rough[e] for e, s in edges.items() if len(s) == 2 and len({owner[i] for i in s}) == 2],
    )


def _convex_outline(rng: Random) -> list[Point]:
    """Corners on an ellipse about 190 by 150 km: any such polygon is convex."""
    count = 11
    corners = []
    for index in range(count):
        angle = 2 * math.pi * (index + rng.uniform(-0.22, 0.22)) / count
        corners.append(_rounded((94 * math.cos(angle), 74 * math.sin(angle))))
    return corners


def _place_seats(rng: Random, size: Size) -> list[City]:
    """Cities on a ring about the middle; districts close to the centre, counties outwards."""
    cities: list[City] = []
    count = len(size.counties)
    for number, kinds in enumerate(size.counties):
        angle = 2 * math.pi * number / count + 0.35 + rng.uniform(-0.12, 0.12)
        centre = (46 * math.cos(angle), 37 * math.sin(angle))
        words = names.CITIES[number]
        code = f"{names.PROVINCE_CODE}{number + 1:02d}"
        counties = []
        for index, kind in enumerate(kinds):
            seat = _seat(centre, angle, index, kind, rng)
            name, name_en = words.counties[_word_for(kinds, index)]
            counties.append(County(f"{code}{index + 1:02d}", name, name_en, kind, seat, []))
        cities.append(City(code, words.name, words.name_en, centre, counties))
    return cities


def _word_for(kinds: tuple[str, ...], index: int) -> int:
    """Which of a city's four names a county takes: the first two are districts, the last two counties."""
    if kinds[index] == "urban":
        return sum(kind == "urban" for kind in kinds[:index])
    others = sum(kind != "urban" for kind in kinds[:index])
    return 2 + (1 if kinds[index] == "remote" else others)


def _seat(centre: Point, outward: float, index: int, kind: str, rng: Random) -> Point:
    if kind == "urban":
        side = outward + math.pi / 2 + math.pi * index
        km = rng.uniform(4.5, 6.0)
        return centre[0] + km * math.cos(side), centre[1] + km * math.sin(side)
    turn = 0.95 if kind == "rural" and index % 2 == 0 else -0.95
    km = rng.uniform(26, 30) if kind == "rural" else rng.uniform(27, 32)
    return centre[0] + km * math.cos(outward + turn), centre[1] + km * math.sin(outward + turn)


def _power_cells(outline: Ring, seats: list[Point]) -> list[list[Point]]:
    """The part of the outline nearer to each seat than to any other."""
    cells = []
    for seat in seats:
        cell: list[Point] = list(outline)
        for other in seats:
            if other == seat:
                continue
            a, b = 2 * (other[0] - seat[0]), 2 * (other[1] - seat[1])
            c = other[0] ** 2 + other[1] ** 2 - seat[0] ** 2 - seat[1] ** 2
            cell = clip_half_plane(cell, a, b, c)
        cells.append(_without_repeats([_rounded(corner) for corner in cell]))
    return cells


def _rounded(point: Point) -> Point:
    return round(point[0], 6), round(point[1], 6)


def _without_repeats(ring: list[Point]) -> list[Point]:
    return [corner for i, corner in enumerate(ring) if corner != ring[i - 1]]


def _directed(cell: list[Point]) -> list[Edge]:
    return list(zip(cell, [*cell[1:], cell[0]], strict=True))


def _key(edge: Edge) -> Edge:
    return edge if edge[0] <= edge[1] else (edge[1], edge[0])


def _edges(cells: list[list[Point]]) -> dict[Edge, list[int]]:
    """Each edge with the one or two cells it bounds."""
    found: dict[Edge, list[int]] = {}
    for index, cell in enumerate(cells):
        for edge in _directed(cell):
            found.setdefault(_key(edge), []).append(index)
    return found


def _faces_sea(edge: Edge) -> bool:
    """The south and east are coast, the rest is a land border."""
    angle = math.atan2((edge[0][1] + edge[1][1]) / 2, (edge[0][0] + edge[1][0]) / 2)
    return -2.6 < angle < 0.75


def _roughness(edge: Edge, sides: list[int], counties: list[County]) -> float:
    if len(sides) == 1:
        return COAST if _faces_sea(edge) else INLAND
    return BORDER * (0.6 if all(counties[side].kind == "urban" for side in sides) else 1.0)


def _roughen(edge: Edge, roughness: float, seed: int) -> list[Point]:
    """The edge as a fractal line from its first corner to its second."""
    rng = Random(f"edge:{seed}:{edge}")
    line: list[Point] = [edge[0], edge[1]]
    while math.dist(line[0], line[1]) > 0.8:
        finer: list[Point] = [line[0]]
        for a, b in pairwise(line):
            push = rng.gauss(0, 0.5) * roughness
            push = max(-roughness, min(roughness, push))
            finer += [((a[0] + b[0]) / 2 - (b[1] - a[1]) * push, (a[1] + b[1]) / 2 + (b[0] - a[0]) * push), b]
        line = finer
    return line


def _chain(edges: Iterable[Edge], rough: dict[Edge, list[Point]]) -> list[Point]:
    """One closed ring of edges given head to tail."""
    ring: list[Point] = []
    for edge in edges:
        line = rough[_key(edge)]
        ring += (line if edge == _key(edge) else line[::-1])[:-1]
    return ring


def _rings(border: list[Edge], rough: dict[Edge, list[Point]]) -> list[list[Point]]:
    """Closed rings out of undirected edges; each corner has two of them."""
    ways: dict[Point, list[Edge]] = {}
    for edge in border:
        for corner in edge:
            ways.setdefault(corner, []).append(edge)
    left, rings = set(border), []
    while left:
        edge = min(left)
        start, here = edge
        walked: list[Edge] = [(start, here)]
        left.discard(edge)
        while here != start:
            step = next(e for e in ways[here] if e in left)
            left.discard(step)
            there = step[1] if step[0] == here else step[0]
            walked.append((here, there))
            here = there
        rings.append(_chain(walked, rough))
    return rings


def _towns(county: County, seed: int) -> list[Town]:
    """The seat first, then towns apart from one another and inside the border."""
    rng = Random(f"towns:{seed}:{county.code}")
    count = TOWNS[county.kind]
    words = names.town_names(count, county.kind, rng)
    # One lane of 5 km around a district's seat, the whole county elsewhere.
    reach, margin = {"urban": (8.0, 1.2), "rural": (34.0, 2.2), "remote": (40.0, 2.2)}[county.kind]
    places = [_inside(county, margin)]
    tries = 0
    while len(places) < count:
        tries += 1
        apart = reach / 3.2 / (1 + tries / 60)
        angle, km = rng.uniform(0, 2 * math.pi), reach * math.sqrt(rng.random())
        spot = (county.seat[0] + km * math.cos(angle), county.seat[1] + km * math.sin(angle))
        if _clear(county.ring, spot, margin) and all(math.dist(spot, other) > apart for other in places):
            places.append(spot)
    return [_town(county.kind, index, word, spot) for index, (word, spot) in enumerate(zip(words, places, strict=True))]


def _inside(county: County, margin: float) -> Point:
    """The county's seat, moved to its centre of gravity if the border came too close."""
    return county.seat if _clear(county.ring, county.seat, margin) else centroid(county.ring)


def _clear(ring: Ring, spot: Point, margin: float) -> bool:
    """Whether a circle of ``margin`` km about the spot lies inside (eight points of it are looked at)."""
    return all(
        contains(ring, spot[0] + margin * math.cos(a * math.pi / 4), spot[1] + margin * math.sin(a * math.pi / 4))
        for a in range(8)
    )


def _town(kind: str, index: int, word: str, spot: Point) -> Town:
    if kind == "urban":
        return Town(word, spot, 0.75, 1.5 if index == 0 else 1.0, "urban" if index < 4 else "rural")
    if kind == "rural":
        return Town(
            word, spot, 0.8 if index == 0 else 1.3, 2.2 if index == 0 else 1.0, "urban" if index == 0 else "rural"
        )
    return Town(word, spot, 0.8 if index == 0 else 1.5, 1.8 if index == 0 else 1.0, "rural" if index == 0 else "remote")
