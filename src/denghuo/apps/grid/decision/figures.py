"""Counting the faults of a period: how many, how long, how many customer minutes, by each of five dimensions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.grid.choices import VOLTAGE_OF, OutageCause, OutageKind, OutageState, SupplyDeviceKind, VoltageLevel
from denghuo.apps.grid.models import Outage, SupplyDevice
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit

UNSORTED = "none"  # value of a dimension nobody has set
DIMENSIONS = ("voltage", "equipment", "cause", "area", "month")
MOST = 50_000  # faults of one period; more must be asked for in parts
MOST_DEVICES = 50


@dataclass
class Cell:
    """Faults of one value of a dimension. ``minutes``: of the ended ones together; ``customer_minutes`` likewise."""

    value: str
    label: str
    faults: int = 0
    ended: int = 0
    minutes: float = 0.0
    customers: int = 0
    customer_minutes: float = 0.0

    @property
    def mean_minutes(self) -> float | None:
        """Mean duration of the faults that ended, minutes; None when none has."""
        return self.minutes / self.ended if self.ended else None

    @property
    def customer_hours(self) -> float:
        """Hours without supply over all customers."""
        return self.customer_minutes / 60

    def add(self, minutes: float | None, customers: int) -> None:
        """Count one fault."""
        self.faults += 1
        self.customers += customers
        if minutes is not None:
            self.ended += 1
            self.minutes += minutes
            self.customer_minutes += minutes * customers


@dataclass
class Figures:
    """All dimensions of a period, each with its cells in the order they are shown, and the whole."""

    whole: Cell
    by: dict[str, list[Cell]] = field(default_factory=dict)
    too_many: bool = False


@dataclass(frozen=True)
class Repeated:
    """A device that failed again and again. ``times`` within the policy's days, the last at ``last``."""

    device: SupplyDevice
    times: int
    last: dt.datetime


def faults(paths: Sequence[str], since: dt.datetime, until: dt.datetime) -> QuerySet[Outage]:
    """Faults that began in a period in the subtrees of ``paths`` (index ``grid_outage_started``)."""
    scope = Q(pk__in=[])
    for path in paths:
        scope |= Q(org__path__startswith=path)
    return Outage.objects.filter(
        scope, kind=OutageKind.FAULT, state__in=(OutageState.ACTIVE, OutageState.RESTORED), started_at__gte=since,
        started_at__lt=until,
    )  # fmt: skip


def figures(paths: Sequence[str], units: Sequence[OrgUnit], since: dt.datetime, until: dt.datetime) -> Figures:
    """Count the faults of a period by every dimension; one query. ``units``: the areas to compare, by the path above a fault."""
    rows = faults(paths, since, until).order_by("-started_at")
    names = ("device_kind", "cause_code", "org__path", "started_at", "restored_at", "customers_out")
    cells: dict[str, dict[str, Cell]] = {name: _empty(name, units) for name in DIMENSIONS}
    found = Figures(Cell("", _("合计")))
    for number, (kind, cause, path, began, ended, customers) in enumerate(rows.values_list(*names)[: MOST + 1]):
        if number == MOST:
            found.too_many = True
            break
        minutes = (ended - began).total_seconds() / 60 if ended is not None else None
        found.whole.add(minutes, customers)
        values = {
            "voltage": str(VOLTAGE_OF[SupplyDeviceKind(kind)]) if kind else UNSORTED, "equipment": kind or UNSORTED,
            "cause": cause or UNSORTED, "area": _area(path, units), "month": f"{timezone.localtime(began):%Y-%m}",
        }  # fmt: skip
        for name, value in values.items():
            cells[name].setdefault(value, Cell(value, _label(name, value))).add(minutes, customers)
    for name, per in cells.items():
        kept = [cell for cell in per.values() if cell.faults or (name != "month" and cell.value != UNSORTED)]
        found.by[name] = sorted(kept, key=lambda cell: cell.value) if name == "month" else kept
    return found


def of_cell(rows: QuerySet[Outage], name: str, value: str, units: Sequence[OrgUnit]) -> QuerySet[Outage] | None:
    """The faults behind one cell; None for a dimension or value there is not."""
    if name == "voltage":
        kinds = [kind.value for kind, level in VOLTAGE_OF.items() if level == value]
        return (
            rows.filter(device_kind="") if value == UNSORTED else rows.filter(device_kind__in=kinds) if kinds else None
        )
    if name in ("equipment", "cause"):
        column = "device_kind" if name == "equipment" else "cause_code"
        allowed = SupplyDeviceKind.values if name == "equipment" else OutageCause.values
        wanted = "" if value == UNSORTED else value
        return rows.filter(**{column: wanted}) if wanted in ("", *allowed) else None
    if name == "area":
        unit = next((unit for unit in units if str(unit.pk) == value), None)
        return rows.filter(org__path__startswith=unit.path) if unit is not None else _elsewhere(rows, value, units)
    if name == "month":
        return _of_month(rows, value)
    if name == "device":
        return rows.filter(device_id=int(value)) if value.isascii() and value.isdigit() and len(value) < 19 else None
    return None


def _elsewhere(rows: QuerySet[Outage], value: str, units: Sequence[OrgUnit]) -> QuerySet[Outage] | None:
    if value != UNSORTED:
        return None
    for unit in units:
        rows = rows.exclude(org__path__startswith=unit.path)
    return rows


def _of_month(rows: QuerySet[Outage], value: str) -> QuerySet[Outage] | None:
    try:
        first = dt.datetime.strptime(value, "%Y-%m").replace(tzinfo=timezone.get_current_timezone())
    except ValueError:
        return None
    after = (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return rows.filter(started_at__gte=first, started_at__lt=after)


def repeated(paths: Sequence[str], until: dt.datetime | None = None) -> list[Repeated]:
    """Devices with ``decision.repeated_times`` faults within ``decision.repeated_days``, most first. Two queries."""
    now = until or moment.now()
    since = now - dt.timedelta(days=policies.get("decision.repeated_days"))
    counted = (
        faults(paths, since, now).filter(device__isnull=False).values("device_id")
        .annotate(times=Count("pk"), last=Max("started_at"))
        .filter(times__gte=policies.get("decision.repeated_times")).order_by("-times", "-last")[:MOST_DEVICES]
    )  # fmt: skip
    found = list(counted)
    rows = SupplyDevice.objects.select_related("feeder", "org").in_bulk([one["device_id"] for one in found])
    return [Repeated(rows[one["device_id"]], one["times"], one["last"]) for one in found if one["device_id"] in rows]


def _empty(name: str, units: Sequence[OrgUnit]) -> dict[str, Cell]:
    values: list[str] = []
    if name == "voltage":
        values = list(VoltageLevel.values)
    elif name == "equipment":
        values = list(SupplyDeviceKind.values)
    elif name == "cause":
        values = list(OutageCause.values)
    elif name == "area":
        return {str(unit.pk): Cell(str(unit.pk), unit.label) for unit in units}
    return {value: Cell(value, _label(name, value)) for value in values}


def _label(name: str, value: str) -> str:
    if value == UNSORTED:
        return _("未归类") if name != "area" else _("跨单位")
    choices = {"voltage": VoltageLevel, "equipment": SupplyDeviceKind, "cause": OutageCause}.get(name)
    return str(choices(value).label) if choices is not None else value


def _area(path: str, units: Sequence[OrgUnit]) -> str:
    return next((str(unit.pk) for unit in units if path.startswith(unit.path)), UNSORTED)


def by_cause_and_kind(rows: QuerySet[Outage]) -> dict[tuple[str, str], int]:
    """Faults by device kind and cause, for the chart that shows which fails why."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows.values("device_kind", "cause_code").annotate(count=Count("pk")).order_by():
        found[row["device_kind"] or UNSORTED, row["cause_code"] or UNSORTED] += row["count"]
    return dict(found)
