"""The base map of the simulated province as one GeoJSON file: land, borders, water, roads, names.

Every feature has ``layer``: sea_label, province, mountain, county, county_line, city_line, coast, lake, river, road,
label. Labels are points with ``name``, ``name_en`` and ``rank`` (1 city … 4 town, 5 nature).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings

from denghuo.demo import names
from denghuo.demo.geography import City, Land, Point, lonlat
from denghuo.engine.geo import centroid, contains, ring_area

Feature = dict[str, Any]


def path() -> Path:
    """Where the file stands: ``$DENGHUO_VAR/map/base.geojson``."""
    return Path(settings.VAR) / "map" / "base.geojson"


def write(land: Land, seed: int) -> Path:
    """Write the map; an older one is replaced in one step."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".tmp")
    text = json.dumps(collection(land, seed), ensure_ascii=False, separators=(",", ":"))
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)
    return target


def collection(land: Land, seed: int) -> dict[str, Any]:
    """The whole map, features in drawing order."""
    rng = Random(f"map:{seed}")
    rivers, lake = _water(land, rng)
    features = [
        _polygon([land.outline], layer="province", name=names.PROVINCE[0], name_en=names.PROVINCE[1]),
        *_mountains(land, rng),
        *_counties(land),
        *(_line(line, layer="county_line") for line in land.county_lines),
        *(_line(line, layer="city_line") for line in land.city_lines),
        *(_line(line, layer="coast") for line in land.sea_edges),
        *rivers,
        lake,
        *_roads(land, rng),
        *_labels(land),
    ]
    west, south, east, north = _box(land.outline)
    return {
        "type": "FeatureCollection",
        "name": names.PROVINCE[0],
        "bbox": [west, south, east, north],
        "attribution": "模拟地图 · invented map",
        "features": features,
    }


def _pair(point: Point) -> list[float]:
    lon, lat = lonlat(point)
    return [round(lon, 4), round(lat, 4)]


def _pairs(line: Iterable[Point]) -> list[list[float]]:
    """Degrees to 11 m, without points that fell together."""
    found: list[list[float]] = []
    for point in line:
        pair = _pair(point)
        if not found or found[-1] != pair:
            found.append(pair)
    return found


def _polygon(rings: list[list[Point]], **properties: Any) -> Feature:
    """A polygon whose outer ring runs counter-clockwise and is closed (RFC 7946, 3.1.6)."""
    coordinates = []
    for ring in rings:
        turned = ring if ring_area(ring) > 0 else ring[::-1]
        pairs = _pairs(turned)
        if pairs[0] != pairs[-1]:
            pairs.append(pairs[0])
        coordinates.append(pairs)
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": coordinates}}


def _line(line: list[Point], **properties: Any) -> Feature:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": _pairs(line)},
    }


def _point(at: Point, **properties: Any) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": _pair(at)}}


def _box(ring: list[Point]) -> tuple[float, float, float, float]:
    pairs = [_pair(point) for point in ring]
    return min(p[0] for p in pairs), min(p[1] for p in pairs), max(p[0] for p in pairs), max(p[1] for p in pairs)


def _counties(land: Land) -> list[Feature]:
    return [
        _polygon(
            [county.ring],
            layer="county",
            code=county.code,
            name=county.name,
            name_en=county.name_en,
            city=city.code,
            area_type=county.kind,
        )
        for city in land.cities
        for county in city.counties
    ]


def _rough(points: list[Point], roughness: float, rng: Random, finest: float = 0.9) -> list[Point]:
    """A fractal line through the given points."""
    line = list(points)
    while max(math.dist(a, b) for a, b in pairwise(line)) > finest:
        finer = [line[0]]
        for a, b in pairwise(line):
            push = max(-1.0, min(1.0, rng.gauss(0, 0.5))) * roughness
            finer += [((a[0] + b[0]) / 2 - (b[1] - a[1]) * push, (a[1] + b[1]) / 2 + (b[0] - a[0]) * push), b]
        line = finer
    return line


def _smooth(line: list[Point], rounds: int = 2) -> list[Point]:
    """Corner cutting (Chaikin 1974): water and roads bend, they do not break."""
    for _round in range(rounds):
        cut = [line[0]]
        for a, b in pairwise(line):
            cut += [
                (0.75 * a[0] + 0.25 * b[0], 0.75 * a[1] + 0.25 * b[1]),
                (0.25 * a[0] + 0.75 * b[0], 0.25 * a[1] + 0.75 * b[1]),
            ]
        cut.append(line[-1])
        line = cut
    return line


def _river(points: list[Point], land: Land, rng: Random) -> list[Point]:
    """A river from its spring until it leaves the land."""
    line = _smooth(_rough(points, 0.2, rng, finest=2.4))
    course: list[Point] = []
    for point in line:
        if contains(land.outline, *point):
            course.append(point)
        elif course:
            break
    return course


def _by_angle(angle: float, share: float) -> Point:
    """A point at ``share`` of the way from the middle of the province to its outline."""
    return 94 * share * math.cos(angle), 74 * share * math.sin(angle)


def _water(land: Land, rng: Random) -> tuple[list[Feature], Feature]:
    """The main river runs from the northern hills through the lake and the first city to the sea."""
    first, *others = land.cities
    middle = (rng.uniform(-6, 6), rng.uniform(-4, 6))
    courses = [
        [_by_angle(1.75, 0.9), _by_angle(1.9, 0.45), middle, _beside(first, 2.0), _by_angle(0.1, 1.25)],
    ]
    if others:
        courses.append([_by_angle(3.0, 0.86), _beside(others[0], 1.5), _by_angle(2.3, 0.25), middle])
    if len(others) > 1:
        courses.append([_by_angle(3.7, 0.82), _by_angle(4.0, 0.5), _beside(others[1], -1.5), _by_angle(4.75, 1.25)])
    rivers = []
    for index, (course, (name, name_en)) in enumerate(zip(courses, names.RIVERS, strict=False)):
        line = _river(course, land, rng)
        rank = 1 if index == 0 else 2
        rivers.append(_line(line, layer="river", name=name, name_en=name_en, rank=rank))
        rivers.append(_point(line[len(line) * 2 // 5], layer="label", kind="river", name=name, name_en=name_en, rank=5))
    name, name_en = names.LAKE
    lake = _polygon([_blob(middle, 4.2, 2.6, rng)], layer="lake", name=name, name_en=name_en)
    return rivers, lake


def _beside(city: City, km: float) -> Point:
    return city.centre[0] + km, city.centre[1] - km


def _blob(at: Point, wide: float, high: float, rng: Random) -> list[Point]:
    corners = [
        (at[0] + wide * f * math.cos(a), at[1] + high * f * math.sin(a))
        for a, f in ((2 * math.pi * i / 9, rng.uniform(0.75, 1.2)) for i in range(9))
    ]
    return _smooth([*corners, corners[0]], 3)[:-1]


def _mountains(land: Land, rng: Random) -> list[Feature]:
    """Hills along the northern and western border, kept on land."""
    features: list[Feature] = []
    for angle, share, wide, high in (
        (1.55, 0.66, 17, 8),
        (2.05, 0.68, 15, 10),
        (2.85, 0.72, 9, 15),
        (3.35, 0.7, 8, 13),
        (1.2, 0.72, 9, 7),
    ):
        ring = _blob(_by_angle(angle, share), wide, high, rng)
        if all(contains(land.outline, *corner) for corner in ring[::4]):
            features.append(_polygon([ring], layer="mountain"))
    name, name_en = names.MOUNTAINS
    features.append(_point(_by_angle(1.85, 0.7), layer="label", kind="mountain", name=name, name_en=name_en, rank=5))
    return features


def _roads(land: Land, rng: Random) -> list[Feature]:
    """Expressways between cities, trunk roads from city to county seat, local roads from seat to town."""
    features = []
    cities = land.cities
    pairs = [
        (cities[i], cities[(i + 1) % len(cities)]) for i in range(len(cities) if len(cities) > 2 else len(cities) - 1)
    ]
    for number, (here, there) in enumerate(pairs):
        line = _smooth(_rough([here.centre, there.centre], 0.12, rng, finest=9), 3)
        features.append(_line(line, layer="road", kind="expressway", name=names.EXPRESSWAYS[number + 1], rank=1))
    for city in cities:
        for county in city.counties:
            seat = county.towns[0].at
            line = _smooth(_rough([city.centre, seat], 0.16, rng, finest=5), 2)
            features.append(_line(line, layer="road", kind="trunk", rank=2))
            features += _local_roads(county.towns, rng)
    for seat, other in _neighbouring_seats(land):
        features.append(
            _line(_smooth(_rough([seat, other], 0.14, rng, finest=6), 2), layer="road", kind="trunk", rank=2)
        )
    return features


def _local_roads(towns: list[Any], rng: Random) -> list[Feature]:
    """The shortest tree that joins a county's towns (Prim 1957)."""
    joined, left, features = [towns[0].at], [town.at for town in towns[1:]], []
    while left:
        a, b = min(((x, y) for x in joined for y in left), key=lambda pair: math.dist(*pair))
        left.remove(b)
        joined.append(b)
        features.append(_line(_smooth(_rough([a, b], 0.18, rng, finest=3), 2), layer="road", kind="local", rank=3))
    return features


def _neighbouring_seats(land: Land) -> list[tuple[Point, Point]]:
    """Each county seat and the nearest one of another city, each pair once."""
    pairs: dict[frozenset[Point], tuple[Point, Point]] = {}
    for city in land.cities:
        for county in city.counties:
            if county.kind == "urban":
                continue
            here = county.towns[0].at
            others = [c.towns[0].at for other in land.cities if other is not city for c in other.counties]
            if others:
                there = min(others, key=lambda seat: math.dist(seat, here))
                pairs.setdefault(frozenset((here, there)), (here, there))
    return list(pairs.values())


def _labels(land: Land) -> list[Feature]:
    features = [
        _point(_by_angle(5.6, 1.12), layer="label", kind="sea", name=names.SEA[0], name_en=names.SEA[1], rank=5)
    ]
    for city in land.cities:
        features.append(
            _point(
                city.centre, layer="label", kind="city", code=city.code, name=city.name, name_en=city.name_en, rank=1
            )
        )
        for county in city.counties:
            at = county.towns[0].at if county.kind != "urban" else centroid(county.ring)
            rank = 2 if county.kind == "urban" else 3
            features.append(
                _point(
                    at,
                    layer="label",
                    kind="county",
                    code=county.code,
                    name=county.name,
                    name_en=county.name_en,
                    rank=rank,
                )
            )
            features += [
                _point(t.at, layer="label", kind="town", name=t.name, name_en="", rank=4) for t in county.towns[1:]
            ]
    return features
