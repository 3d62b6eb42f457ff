"""Building the simulated province: one call, the same result for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import RoleGrant, Staff
from denghuo.apps.accounts.sync import sync_all
from denghuo.apps.customers.models import Account, Customer
from denghuo.apps.field.models import Crew
from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.privacy import Sealed
from denghuo.core.scoping.models import OrgUnit
from denghuo.demo import basemap, people, premises, supply, usage
from denghuo.demo.geography import Land, build_land
from denghuo.demo.loading import analyze
from denghuo.demo.service_floor import build_floor
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
    build_floor(units.province)
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
    bills, billed = len(population.premises) * usage.MONTHS, 0

    def tick_bills(count: int) -> None:
        nonlocal billed
        billed += count
        tell("usage", billed, bills)

    usage.write(seed, tick_bills)
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


#: what the checksum covers of each table, first the columns it is ordered by; no ids, no times
COVERED: tuple[tuple[type[Model], int, tuple[str, ...]], ...] = (
    (OrgUnit, 1, ("code", "kind", "name", "name_en", "parent__code", "lon", "lat")),
    (Staff, 1, ("username", "display_name", "employee_no", "org__code", "phone")),
    (RoleGrant, 3, ("staff__username", "role__code", "org__code")),
    (Crew, 1, ("code", "name", "vehicle", "skills", "base_lon", "base_lat", "org__code")),
    (Substation, 1, ("code", "name", "lon", "lat", "org__code")),
    (Feeder, 1, ("code", "name", "substation__code")),
    (Transformer, 1, ("code", "name", "capacity_kva", "customers", "lon", "lat", "feeder__code")),
    (
        Account, 1,
        ("meter_no", "area_type", "lon", "lat", "number", "address", "customer__name", "customer__phone", "org__code"),
    ),
)  # fmt: skip


def checksum() -> str:
    """SHA-256 of the province as it stands in the database: decrypted, ordered by codes, without ids and times."""
    digest = hashlib.sha256()
    for model, keys, columns in COVERED:
        rows: Any = model._default_manager.order_by(*columns[:keys]).values_list(*columns)
        for row in rows.iterator(chunk_size=5000):
            plain = (str(value.open() if isinstance(value, Sealed) else value) for value in row)
            digest.update("\x1f".join((model.__name__, *plain, "\n")).encode())
    return digest.hexdigest()
