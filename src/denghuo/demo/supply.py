"""The supply tree: substations, feeders, transformers, each inside its county."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from denghuo.apps.grid.models import Feeder, FeederSection, Substation, Transformer
from denghuo.core.scoping.models import OrgUnit
from denghuo.demo import names
from denghuo.demo.geography import County, Land, Point, Town, lonlat
from denghuo.demo.sizes import Size
from denghuo.engine.geo import contains

CAPACITIES = {"urban": (400, 500, 630, 800), "rural": (100, 160, 200, 315), "remote": (30, 50, 80, 100)}
ROMAN = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ"
BEHIND_A_SWITCH = 4  # transformers, at most


@dataclass(slots=True)
class Site:
    """Where a transformer stands and what addresses behind it look like."""

    transformer: Transformer
    county: County
    town: Town
    at: Point
    street: str
    estate: str


def build_supply(units: dict[str, OrgUnit], land: Land, size: Size, seed: int) -> list[Site]:
    """Write substations, feeders and transformers; give the transformers' sites in order of their codes."""
    rng = Random(f"supply:{seed}")
    counties = land.counties
    substations = Substation.objects.bulk_create(_substation(county, units[county.code], rng) for county in counties)
    feeder_towns: list[tuple[County, Town, Feeder]] = []
    for county, substation in zip(counties, substations, strict=True):
        feeder_towns += _feeders(county, substation, size)
    Feeder.objects.bulk_create(feeder for _county, _town, feeder in feeder_towns)
    sites: list[Site] = []
    for county, town, feeder in feeder_towns:
        sites += _transformers(county, town, feeder, size, rng)
    _cut_in_sections(sites)
    Transformer.objects.bulk_create((site.transformer for site in sites), batch_size=1000)
    return sites


def _substation(county: County, org: OrgUnit, rng: Random) -> Substation:
    seat = county.towns[0].at
    at = _inside(county, (seat[0] + rng.uniform(1, 2), seat[1] + rng.uniform(-1.5, 1.5)), seat)
    lon, lat = lonlat(at)
    return Substation(org=org, code=f"S{county.code}", name=f"110kV{county.name[:-1]}变电站", lon=lon, lat=lat)


def _feeders(county: County, substation: Substation, size: Size) -> list[tuple[County, Town, Feeder]]:
    """Feeders go to the towns by turns, more of them to the heavier ones."""
    towns = sorted(county.towns, key=lambda town: -town.weight)
    order = [*county.towns, *towns]
    runs: dict[str, int] = {}
    found = []
    for number in range(size.feeders[county.kind]):
        town = order[number % len(order)]
        turn = runs[town.name] = runs.get(town.name, 0) + 1
        word = town.name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
        feeder = Feeder(
            org=substation.org,
            substation=substation,
            code=f"{substation.code}F{number + 1:02d}",
            name=f"10kV{word}{ROMAN[turn - 1]}线",
        )
        found.append((county, town, feeder))
    return found


def _transformers(county: County, town: Town, feeder: Feeder, size: Size, rng: Random) -> list[Site]:
    streets = names.street_names(4, rng) if town.area_type == "urban" else []
    villages = names.village_names(size.transformers_a_feeder, rng) if town.area_type != "urban" else []
    heading = (rng.gauss(0, town.spread * 0.5), rng.gauss(0, town.spread * 0.5))
    sites = []
    for number in range(size.transformers_a_feeder):
        spot = (
            town.at[0] + heading[0] + rng.gauss(0, town.spread * 0.7),
            town.at[1] + heading[1] + rng.gauss(0, town.spread * 0.7),
        )
        at = _inside(county, spot, town.at)
        lon, lat = lonlat(at)
        street = rng.choice(streets) if streets else ""
        estate = names.estate_name(rng) if streets else villages[number]
        transformer = Transformer(
            org=feeder.org,
            feeder=feeder,
            code=f"{feeder.code}T{number + 1:02d}",
            name=f"{street}{estate}{number + 1}号公变",
            capacity_kva=rng.choice(CAPACITIES[town.area_type]),
            lon=lon,
            lat=lat,
        )
        sites.append(Site(transformer, county, town, at, street, estate))
    return sites


def _cut_in_sections(sites: list[Site]) -> None:
    """Give every feeder a switch before each few of its transformers, in order from the substation."""
    sections: dict[tuple[int, int], FeederSection] = {}
    seen: dict[int, int] = {}
    for site in sites:
        feeder = site.transformer.feeder
        place = seen.get(feeder.pk, 0)
        seen[feeder.pk] = place + 1
        number = place // BEHIND_A_SWITCH + 1
        section = sections.setdefault(
            (feeder.pk, number),
            FeederSection(
                feeder=feeder, code=f"{feeder.code}K{number}", name=f"{number:02d}号分段开关", position=number
            ),
        )
        site.transformer.section = section
    FeederSection.objects.bulk_create(sections.values(), batch_size=1000)


def _inside(county: County, spot: Point, otherwise: Point) -> Point:
    """The spot, drawn half-way back to a place surely inside until it is inside too."""
    for _step in range(6):
        if contains(county.ring, *spot):
            return spot
        spot = ((spot[0] + otherwise[0]) / 2, (spot[1] + otherwise[1]) / 2)
    return otherwise
