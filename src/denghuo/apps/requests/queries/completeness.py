"""How complete requests are: by scene, channel, unit and week; and which required items are missing most often."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Avg, Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

VIEW: Final = "requests.view"
GROUPS: Final = {"scene": "template__code", "channel": "channel", "unit": "org_id", "type": "type"}
MOST_ITEMS: Final = 20


@dataclass(frozen=True, slots=True)
class Measure:
    """Of one group: how many were measured, their mean completeness, how many lacked nothing."""

    key: Any
    count: int
    mean: float
    full: int


@dataclass(frozen=True, slots=True)
class Lack:
    """A required item and in how many requests of its scene it was missing when they were submitted."""

    scene: str
    field: str
    count: int
    of: int


def measured(
    actor: Actor, since: dt.datetime, until: dt.datetime, *, org_path: str = "", kind: str = ""
) -> QuerySet[Request]:
    """Requests with a completeness submitted from ``since`` up to, not including, ``until``, as the actor may see them (index ``requests_newest``, narrowed by unit)."""
    rows = Request.objects.visible_to(actor, VIEW).filter(
        completeness__isnull=False, submitted_at__gte=since, submitted_at__lt=until
    )
    if org_path:
        rows = rows.filter(org__path__startswith=org_path)
    return rows.filter(type=kind) if kind else rows


def overall(rows: QuerySet[Request]) -> Measure:
    """All of ``rows`` together."""
    found = rows.aggregate(n=Count("pk"), mean=Avg("completeness"), full=Count("pk", filter=Q(completeness=100)))
    return Measure(None, found["n"], round(found["mean"] or 0.0, 1), found["full"])


def by(rows: QuerySet[Request], group: str) -> list[Measure]:
    """``rows`` by scene, channel, unit or type, the least complete first. One query."""
    return _measures(rows.order_by().values(key=F(GROUPS[group])), "mean")


def by_week(rows: QuerySet[Request]) -> list[Measure]:
    """``rows`` by the week (its Monday, local time) in which they were submitted, in order. One query."""
    return _measures(rows.order_by().values(key=TruncWeek("submitted_at")), "key")


def _measures(rows: Any, order: str) -> list[Measure]:
    found = rows.annotate(
        n=Count("pk"), mean=Avg("completeness"), full=Count("pk", filter=Q(completeness=100))
    ).order_by(order, "key")
    return [Measure(row["key"], row["n"], round(row["mean"], 1), row["full"]) for row in found]


_LACKING = """
SELECT e.payload->>'template', item, count(*)
  FROM core_event e, jsonb_array_elements_text(e.payload->'missing') AS item
 WHERE e.kind = 'request.submitted' AND e.at >= %s AND e.at < %s AND e.payload->>'template' <> ''
   AND ({paths}) {kind}
 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %s
"""


def lacking(
    actor: Actor, since: dt.datetime, until: dt.datetime, *, org_path: str = "", kind: str = "", most: int = MOST_ITEMS
) -> list[Lack]:
    """The required items most often missing at submission, from the events of that moment (answers are sealed; what was
    missing is not). Two queries: the events of the period by kind and time, and the requests counted by scene."""
    paths = [path for path in actor.paths_for(VIEW) if not org_path or path.startswith(org_path)]
    if org_path and any(org_path.startswith(path) for path in actor.paths_for(VIEW)):
        paths = [org_path]
    if not paths:
        return []
    statement = _LACKING.format(
        paths=" OR ".join(["e.org_path LIKE %s"] * len(paths)), kind="AND e.payload->>'type' = %s" if kind else ""
    )
    likes = [f"{path}%" for path in paths]
    with connection.cursor() as cursor:
        cursor.execute(statement, [since, until, *likes, *([kind] if kind else []), most])
        rows = cursor.fetchall()
    counts = {one.key: one.count for one in by(measured(actor, since, until, org_path=org_path, kind=kind), "scene")}
    return [Lack(scene, field, count, max(counts.get(scene, 0), count)) for scene, field, count in rows]


def unit_names(keys: list[int]) -> dict[int, str]:
    """Names of units by id."""
    return {unit.pk: unit.label for unit in OrgUnit.objects.filter(pk__in=keys)}
