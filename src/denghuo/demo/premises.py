"""Customers and their accounts behind every transformer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from django.utils import timezone

from denghuo.apps.customers.models import Account, Customer
from denghuo.core.privacy import blind_index, seal
from denghuo.demo import names
from denghuo.demo.geography import lonlat
from denghuo.demo.loading import copy_rows, reserve_ids
from denghuo.demo.sizes import Size
from denghuo.demo.supply import Site
from denghuo.engine.geo import contains_many

SPREAD_KM = {"urban": 0.11, "rural": 0.3, "remote": 0.45}  # of accounts about their transformer, one sigma
DENSITY = {"urban": 1.35, "rural": 0.75, "remote": 0.35}  # households a transformer, relative
ENTERPRISES = 0.06
SECOND_HOMES = 0.04
SENSITIVE = 0.002

CUSTOMER_COLUMNS = ("id", "org_id", "name", "phone", "phone_bidx", "kind", "sensitive", "created_at")
ACCOUNT_COLUMNS = (
    "id", "org_id", "number", "number_bidx", "customer_id", "address", "area_type", "transformer_id", "meter_no", "lon",
    "lat", "active",
)  # fmt: skip


@dataclass(slots=True)
class Holder:
    name: str
    phone: str
    kind: str
    org_id: int
    sensitive: bool


@dataclass(slots=True)
class Premises:
    number: str
    holder: int
    address: str
    site: int
    meter_no: str
    lon: float
    lat: float


@dataclass(slots=True)
class Population:
    """Everybody who is supplied, before it is written."""

    holders: list[Holder]
    premises: list[Premises]


def households(sites: list[Site], total: int) -> list[int]:
    """How many accounts each transformer has: by density and capacity, adding up to ``total`` exactly."""
    weights = np.array([DENSITY[s.town.area_type] * s.transformer.capacity_kva**0.35 for s in sites])
    exact = weights / weights.sum() * total
    counts = np.floor(exact).astype(int)
    for index in np.argsort(-(exact - counts), kind="stable")[: total - int(counts.sum())]:
        counts[index] += 1
    return [int(count) for count in counts]


def populate(sites: list[Site], size: Size, seed: int) -> Population:
    """Invent the people, firms, addresses and places; pure but for the sites it is given."""
    rng = Random(f"premises:{seed}")
    counts = households(sites, size.accounts)
    lons, lats = _places(sites, counts, seed)
    numbers = names.account_numbers(size.accounts, seed)
    phones = iter(names.customer_phones(size.accounts, seed))
    people = iter(names.people(size.accounts, rng))
    holders: list[Holder] = []
    premises: list[Premises] = []
    for index, (site, count) in enumerate(zip(sites, counts, strict=True)):
        site.transformer.customers = count
        for place in range(count):
            serial = len(premises)
            enterprise = rng.random() < ENTERPRISES
            if not (holders and rng.random() < SECOND_HOMES and holders[-1].org_id == site.transformer.org_id):
                holders.append(_holder(site, enterprise, next(people), next(phones), rng))
            address = _address(site, place, enterprise, rng)
            premises.append(
                Premises(
                    numbers[serial],
                    len(holders) - 1,
                    address,
                    index,
                    f"M{seed % 100:02d}{serial:08d}",
                    lons[serial],
                    lats[serial],
                )
            )
    return Population(holders, premises)


def _holder(site: Site, enterprise: bool, person: str, phone: str, rng: Random) -> Holder:
    org_id = site.transformer.org_id
    if enterprise:
        return Holder(names.firm(rng, site.county.name[:-1]), phone, "enterprise", org_id, False)
    return Holder(person, phone, "resident", org_id, rng.random() < SENSITIVE)


def _address(site: Site, place: int, enterprise: bool, rng: Random) -> str:
    """省 市 县区 街道乡镇 路号 小区 幢 单元 室, or down to the village and house."""
    head = f"{names.PROVINCE[0]}{_city_name(site)}{site.county.name}{site.town.name}"
    if not site.street:
        return f"{head}{site.estate}{place + 1}号"
    if enterprise:
        return f"{head}{site.street}{rng.randrange(1, 400)}号"
    block, rest = divmod(place, 48)
    unit, rest = divmod(rest, 24)
    floor, door = divmod(rest, 2)
    house = int(site.transformer.code[-2:]) * 8 + 1
    return f"{head}{site.street}{house}号{site.estate}{block + 1}幢{unit + 1}单元{floor + 1}{door + 1:02d}室"


def _city_name(site: Site) -> str:
    return names.CITIES[int(site.county.code[2:4]) - 1].name


def _places(sites: list[Site], counts: list[int], seed: int) -> tuple[list[float], list[float]]:
    """Degrees of every account, about its transformer and inside its county."""
    rng = np.random.default_rng([seed, 77])
    total = sum(counts)
    owner = np.repeat(np.arange(len(sites)), counts)
    base = np.array([site.at for site in sites])[owner]
    sigma = np.array([SPREAD_KM[site.town.area_type] for site in sites])[owner]
    spots = base + rng.normal(size=(total, 2)) * sigma[:, None]
    codes = np.array([site.county.code for site in sites])[owner]
    for county in {site.county.code: site.county for site in sites}.values():
        mine = np.flatnonzero(codes == county.code)
        astray = mine[~contains_many(county.ring, spots[mine, 0], spots[mine, 1])]
        spots[astray] = base[astray]
    pairs = [lonlat((x, y)) for x, y in spots.tolist()]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def write(population: Population, sites: list[Site], tick: Callable[[int], None]) -> None:
    """Seal and COPY customers and accounts; ``tick`` is told how many rows went out."""
    customer_ids = reserve_ids(Customer, len(population.holders))
    account_ids = reserve_ids(Account, len(population.premises))
    copy_rows(Customer, CUSTOMER_COLUMNS, _ticking(_customer_rows(population, customer_ids), tick))
    copy_rows(Account, ACCOUNT_COLUMNS, _ticking(_account_rows(population, sites, customer_ids, account_ids), tick))


def _customer_rows(population: Population, ids: range) -> Iterator[tuple[Any, ...]]:
    now = timezone.now()
    for pk, one in zip(ids, population.holders, strict=True):
        name = seal("customers.customer.name", one.name)
        phone = seal("customers.customer.phone", one.phone)
        yield pk, one.org_id, name, phone, blind_index("phone", one.phone), one.kind, one.sensitive, now


def _account_rows(population: Population, sites: list[Site], customers: range, ids: range) -> Iterator[tuple[Any, ...]]:
    for pk, one in zip(ids, population.premises, strict=True):
        site = sites[one.site]
        number = seal("customers.account.number", one.number)
        address = seal("customers.account.address", one.address)
        yield (
            pk, site.transformer.org_id, number, blind_index("account_number", one.number), customers[one.holder], address,
            site.town.area_type, site.transformer.pk, one.meter_no, one.lon, one.lat, True,
        )  # fmt: skip


def _ticking(rows: Iterator[tuple[Any, ...]], tick: Callable[[int], None]) -> Iterator[tuple[Any, ...]]:
    step = 2000
    count = 0
    for row in rows:
        yield row
        count += 1
        if count % step == 0:
            tick(step)
    tick(count % step)
