"""Building the simulated province: one call, the same result for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.sync import sync_all
from denghuo.apps.customers.models import Account, Customer
from denghuo.apps.field.models import Crew
from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit
from denghuo.demo import basemap, people, premises, supply
from denghuo.demo.geography import Land, build_land
from denghuo.demo.loading import analyze
from denghuo.demo.sizes import SIZES, Size

DEFAULT_SEED = 20260

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What was built. ``checksum`` covers every plain value and every place, no id and no time."""

    size: str
    seed: int
    units: int
    staff: int
    crews: int
    substations: int
    feeders: int
    transformers: int
    customers: int
    accounts: int
    checksum: str


def is_empty() -> bool:
    """Whether the database holds no units, people or accounts yet."""
    return not (OrgUnit.objects.exists() or Staff.objects.exists() or Account.objects.exists())


def build(seed: int = DEFAULT_SEED, size: str | Size = "full", progress: Progress | None = None) -> Built:
    """Build the province in an empty database, in one transaction, and write its base map.

    ``progress`` is called with (step, done, total). Raises Conflict ``not_empty`` when there are units or people.
    """
    plan = SIZES[size] if isinstance(size, str) else size
    if not is_empty():
        raise Conflict(_("数据库里已有单位或人员；请换一个空库，或加 --reset 清空后重建"), code="not_empty")
    tell = progress or (lambda step, done, total: None)
    sync_all()
    land = build_land(seed, plan)
    with transaction.atomic():
        built = _fill(seed, plan, land, tell)
    analyze(OrgUnit, Staff, Crew, Substation, Feeder, Transformer, Customer, Account)
    basemap.write(land, seed)
    return built


def _fill(seed: int, plan: Size, land: Land, tell: Progress) -> Built:
    tell("units", 0, 1)
    units = people.build_units(land, plan)
    staff, crews = people.build_staff(units, land, plan, seed)
    tell("grid", 0, 1)
    sites = supply.build_supply(units.counties, land, plan, seed)
    population = premises.populate(sites, plan, seed)
    Transformer.objects.bulk_update((site.transformer for site in sites), ["customers"], batch_size=500)
    total, done = len(population.holders) + len(population.premises), 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        tell("accounts", done, total)

    premises.write(population, sites, tick)
    built = Built(
        size=plan.name,
        seed=seed,
        units=OrgUnit.objects.count(),
        staff=len(staff),
        crews=len(crews),
        substations=len(land.counties),
        feeders=len({site.transformer.feeder_id for site in sites}),
        transformers=len(sites),
        customers=len(population.holders),
        accounts=len(population.premises),
        checksum=checksum(),
    )
    record(Actor.system("demo"), "demo.province_built", units.province, org=units.province, payload=asdict(built))
    return built


def checksum() -> str:
    """SHA-256 of the province as it stands in the database: decrypted, ordered by codes, without ids and times."""
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        digest.update(("\x1f".join(map(str, parts)) + "\n").encode())

    for row in OrgUnit.objects.order_by("code").values_list(
        "kind", "code", "name", "name_en", "parent__code", "lon", "lat"
    ):
        add("unit", *row)
    people_rows = Staff.objects.order_by("username").values_list(
        "username", "display_name", "employee_no", "org__code", "phone"
    )
    for *row, phone in people_rows:
        add("staff", *row, phone.open() if phone else "")
    grants = Staff.objects.order_by("username", "grants__role__code", "grants__org__code")
    for row in grants.values_list("username", "grants__role__code", "grants__org__code"):
        add("grant", *row)
    for row in Crew.objects.order_by("code").values_list(
        "code", "name", "vehicle", "skills", "base_lon", "base_lat", "org__code"
    ):
        add("crew", *row)
    for row in Substation.objects.order_by("code").values_list("code", "name", "lon", "lat", "org__code"):
        add("substation", *row)
    for row in Feeder.objects.order_by("code").values_list("code", "name", "substation__code"):
        add("feeder", *row)
    codes = {}
    for pk, *row in Transformer.objects.order_by("code").values_list(
        "pk", "code", "name", "capacity_kva", "customers", "lon", "lat"
    ):
        codes[pk] = row[0]
        add("transformer", *row)
    accounts = Account.objects.order_by("meter_no").values_list(
        "meter_no",
        "transformer_id",
        "area_type",
        "lon",
        "lat",
        "number",
        "address",
        "customer__name",
        "customer__phone",
    )
    for meter, transformer, area, lon, lat, *sealed in accounts.iterator(chunk_size=5000):
        add("account", meter, codes.get(transformer), area, lon, lat, *(value.open() for value in sealed))
    return digest.hexdigest()
