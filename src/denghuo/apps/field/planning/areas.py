"""Which unit is planned as a whole, how its teams want it, and whether anybody needs a plan now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from denghuo.apps.field.models import Crew
from denghuo.apps.field.planning.models import PlanArea, PlanMode
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under

KINDS = (OrgKind.COUNTY, OrgKind.CITY)


def area_of(org: OrgUnit) -> OrgUnit | None:
    """The unit above (or at) ``org`` that is planned as a whole (``dispatch.plan.unit``); None above it."""
    if org.kind in (OrgKind.COMPANY, OrgKind.PROVINCE):
        return None
    kind = policies.get("dispatch.plan.unit", org)
    return OrgUnit.objects.filter(pk__in=org.ancestor_ids(), kind=kind).first()


def area_at(path: str) -> OrgUnit | None:
    """As :func:`area_of`, for a path."""
    keys = [int(part) for part in path.split(".") if part]
    org = OrgUnit.objects.filter(pk=keys[-1]).first() if keys else None
    return None if org is None else area_of(org)


def areas_for(actor: Actor, permission: str = "order.dispatch") -> list[OrgUnit]:
    """Areas in which the actor dispatches (or has another permission) and crews are, in the order of the tree. Two queries."""
    paths = actor.paths_for(permission)
    if not paths:
        return []
    units = OrgUnit.objects.filter(kind__in=KINDS, pk__in=units_under(paths).values("pk")).order_by("path")
    crews = [str(path) for path in Crew.objects.order_by().values_list("org__path", flat=True).distinct()]
    return [
        unit
        for unit in units
        if unit.kind == policies.get("dispatch.plan.unit", unit) and any(path.startswith(unit.path) for path in crews)
    ]


def mode_of(crew: Crew) -> str:
    """How far the planner may go for a crew's team; a value nobody knows counts as manual."""
    told = policies.get("dispatch.mode", crew.org)
    return str(told) if told in PlanMode.values else PlanMode.MANUAL.value


def modes(crew_ids: Iterable[int]) -> dict[int, str]:
    """Crew → mode of its team; one query."""
    rows = Crew.objects.filter(pk__in=set(crew_ids)).select_related("org")
    return {crew.pk: mode_of(crew) for crew in rows}


def wanted(area: OrgUnit) -> bool:
    """Whether the area's plan has to follow events: a team is not manual, or somebody has looked lately."""
    seen = PlanArea.objects.filter(org=area).values_list("watched_at", flat=True).first()
    limit = dt.timedelta(minutes=policies.get("dispatch.plan.watch_minutes", area))
    if seen is not None and timezone.now() - seen <= limit:
        return True
    teams = OrgUnit.objects.filter(pk__in=Crew.objects.under(area).order_by().values("org"))
    return any(policies.get("dispatch.mode", team) in (PlanMode.SUGGESTED, PlanMode.AUTOMATIC) for team in teams)
