"""Indices of outage information: given in time, analysed to household, carried out as planned, late and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, Sum

from denghuo.apps.grid.choices import PLAN_KINDS, DelayCause, DelayStage, NoticeRule, OutageState
from denghuo.apps.grid.models import Outage, OutageDelay, OutageNotice
from denghuo.apps.grid.queries.outages import INSIDE
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit


@dataclass
class Figures:
    """Counts of one unit and period; the shares follow from them. Shares are None where nothing was to be judged."""

    released: int = 0
    judged: dict[str, int] = field(default_factory=dict)  # by rule: had a deadline
    in_time: dict[str, int] = field(default_factory=dict)  # by rule: kept it
    to_analyse: int = 0
    analysed: int = 0
    known: int = 0
    found: int = 0
    plans: int = 0
    carried_out: int = 0
    cancelled: int = 0
    late: dict[str, int] = field(default_factory=dict)  # by stage

    def add(self, other: Figures) -> None:
        """Take in the counts of another unit."""
        for name in ("released", "to_analyse", "analysed", "known", "found", "plans", "carried_out", "cancelled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("judged", "in_time", "late"):
            mine: dict[str, int] = getattr(self, name)
            for key, count in getattr(other, name).items():
                mine[key] = mine.get(key, 0) + count

    def timely(self, rule: str) -> float | None:
        """发布及时率 and its sisters: given in time ÷ those with a deadline."""
        return _share(self.in_time.get(rule, 0), self.judged.get(rule, 0))

    @property
    def publish_rate(self) -> float | None:
        """停电信息发布及时率."""
        return self.timely(NoticeRule.PUBLISH)

    @property
    def restore_rate(self) -> float | None:
        """送电信息报送及时率."""
        return self.timely(NoticeRule.RESTORE)

    @property
    def change_rate(self) -> float | None:
        """变更信息报送及时率."""
        return self.timely(NoticeRule.CHANGE)

    @property
    def household_rate(self) -> float | None:
        """停电范围分析到户率: pieces of information analysed to (nearly) all households ÷ those released with a scope."""
        return _share(self.analysed, self.to_analyse)

    @property
    def household_share(self) -> float | None:
        """Households found ÷ households the supply tree knows of."""
        return _share(self.found, self.known)

    @property
    def plan_rate(self) -> float | None:
        """计划执行率: planned and temporary works begun and ended as planned ÷ all that were to end by now or were called off."""
        return _share(self.carried_out, self.plans)


Of = Callable[[int], Figures]  # the figures of a unit, by its key


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True)
class Indices:
    """All of a period: the sum, each unit below, delays by stage and cause."""

    total: Figures
    units: list[tuple[OrgUnit, Figures]]
    delays: dict[tuple[str, str], int]


def indices(paths: tuple[str, ...], below: Iterable[OrgUnit], since: dt.datetime, until: dt.datetime) -> Indices:
    """Indices of what was released in [since, until), under ``paths``, by the units ``below`` (those that contain it).

    Four grouped queries whatever the period, over ``grid_notice_done`` and ``grid_outage_started``. A plan counts in the
    period of its planned start; a delay in the period it was noted.
    """
    per_org: dict[int, Figures] = {}

    def of(org_id: int) -> Figures:
        return per_org.setdefault(org_id, Figures())

    scope = Q()
    for path in paths:
        scope |= Q(org__path__startswith=path)
    through = Q()
    for path in paths:
        through |= Q(outage__org__path__startswith=path)
    _add_notices(of, through, since, until)
    _add_scopes(of, scope, since, until)
    _add_plans(of, scope, since, until)
    delays = _add_delays(of, through, since, until)
    orgs = OrgUnit.objects.in_bulk(per_org)
    total = Figures()
    units = [(unit, Figures()) for unit in below]
    for org_id, figures in per_org.items():
        total.add(figures)
        for unit, sums in units:
            if orgs[org_id].path.startswith(unit.path):
                sums.add(figures)
    return Indices(total, units, delays)


def _add_notices(of: Of, through: Q, since: dt.datetime, until: dt.datetime) -> None:
    rows = OutageNotice.objects.filter(through, done_at__gte=since, done_at__lt=until).values("outage__org_id", "rule")
    for row in rows.annotate(judged=Count("pk", filter=~Q(met=None)), kept=Count("pk", filter=Q(met=True))):
        figures = of(row["outage__org_id"])
        figures.judged[row["rule"]] = figures.judged.get(row["rule"], 0) + row["judged"]
        figures.in_time[row["rule"]] = figures.in_time.get(row["rule"], 0) + row["kept"]


def _add_scopes(of: Of, scope: Q, since: dt.datetime, until: dt.datetime) -> None:
    enough = policies.get("outage.household_share")
    rows = Outage.objects.filter(scope, published_at__gte=since, published_at__lt=until).exclude(state__in=INSIDE)
    whole = Q(households_found__gte=F("customers_out") * enough)
    for row in rows.values("org_id").annotate(
        released=Count("pk"),
        to_analyse=Count("pk", filter=Q(customers_out__gt=0)),
        analysed=Count("pk", filter=whole & Q(customers_out__gt=0)),
        known=Sum("customers_out", default=0),
        found=Sum("households_found", default=0),
    ):
        figures = of(row["org_id"])
        for name in ("released", "to_analyse", "analysed", "known"):
            setattr(figures, name, row[name])
        figures.found = min(row["found"], row["known"])


def _add_plans(of: Of, scope: Q, since: dt.datetime, until: dt.datetime) -> None:
    near = dt.timedelta(minutes=policies.get("outage.on_time_minutes"))
    rows = Outage.objects.filter(
        scope, planned_start_at__gte=since, planned_start_at__lt=until, kind__in=PLAN_KINDS, published_at__isnull=False
    )
    over = Q(state=OutageState.CANCELLED) | Q(state=OutageState.RESTORED) | Q(planned_end_at__lt=moment.now())
    kept = Q(
        state=OutageState.RESTORED,
        start_confirmed=True,
        started_at__gte=F("planned_start_at") - near,
        started_at__lte=F("planned_start_at") + near,
    ) & (Q(planned_end_at=None) | Q(restored_at__lte=F("planned_end_at") + near))
    for row in (
        rows.filter(over)
        .values("org_id")
        .annotate(
            plans=Count("pk"),
            carried=Count("pk", filter=kept),
            off=Count("pk", filter=Q(state=OutageState.CANCELLED)),
        )
    ):
        figures = of(row["org_id"])
        figures.plans, figures.carried_out, figures.cancelled = row["plans"], row["carried"], row["off"]


def _add_delays(of: Of, through: Q, since: dt.datetime, until: dt.datetime) -> dict[tuple[str, str], int]:
    delays = {(stage, cause): 0 for stage in DelayStage.values for cause in DelayCause.values}
    rows = OutageDelay.objects.filter(through, noted_at__gte=since, noted_at__lt=until)
    for row in rows.values("outage__org_id", "stage", "cause").annotate(count=Count("outage_id", distinct=True)):
        figures = of(row["outage__org_id"])
        figures.late[row["stage"]] = figures.late.get(row["stage"], 0) + row["count"]
        delays[row["stage"], row["cause"]] += row["count"]
    return delays
