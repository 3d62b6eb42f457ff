"""Promises kept: what is promised as a mean over a period, and what each request must meet by itself.

Both are read from the clocks, so time on hold, for which a clock stands still, is in neither. A request counts in the
period in which it was submitted, with the area it is classified in now.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import DurationField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from denghuo.apps.requests import limits
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries.lists import VIEW, visible
from denghuo.core import moment
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.clocks.models import Clock, ClockState
from denghuo.core.scoping.models import OrgUnit, units_under

MEAN_KINDS: Final = (limits.ARRIVAL_MEAN, limits.RESTORE_MEAN, limits.PROCESSING_MEAN)
EACH_KINDS: Final = (limits.ARRIVAL_STANDARD, limits.PROCESSING_MAX)
KINDS: Final = (*MEAN_KINDS, *EACH_KINDS)
DRILLS: Final = ("all", "late", "open", "held")

# Requests of the period by requests_newest or requests_org_state, their clocks by core_clock_subject.
SUMMARY: Final = """
SELECT r.org_id, r.area_type, c.kind,
       count(*) FILTER (WHERE c.state IN ('met', 'breached_stopped')) AS ended,
       avg(extract(epoch FROM c.spent)) FILTER (WHERE c.state IN ('met', 'breached_stopped')) AS mean_seconds,
       avg(c.budget_seconds) FILTER (WHERE c.state IN ('met', 'breached_stopped')) AS promised_seconds,
       count(*) FILTER (WHERE c.state = 'met') AS met,
       count(*) FILTER (WHERE c.state IN ('running', 'paused')) AS open,
       count(*) FILTER (WHERE c.state IN ('running', 'paused') AND (c.breached_at IS NOT NULL OR c.due_at < %(now)s)) AS open_late,
       count(*) FILTER (WHERE c.paused_for > interval '0' OR c.state = 'paused') AS held
FROM requests_request r
JOIN core_clock c ON c.subject_kind = 'request' AND c.subject_id = r.id AND c.kind = ANY(%(kinds)s)
WHERE r.submitted_at >= %(since)s AND r.submitted_at < %(until)s AND (%(units)s::bigint[] IS NULL OR r.org_id = ANY(%(units)s))
  AND c.state <> 'cancelled'
GROUP BY 1, 2, 3
"""
DAILY: Final = """
SELECT (r.submitted_at AT TIME ZONE %(tz)s)::date AS day, r.area_type, avg(extract(epoch FROM c.spent)) / 60
FROM requests_request r
JOIN core_clock c ON c.subject_kind = 'request' AND c.subject_id = r.id AND c.kind = %(kind)s AND c.state IN ('met', 'breached_stopped')
WHERE r.submitted_at >= %(since)s AND r.submitted_at < %(until)s AND (%(units)s::bigint[] IS NULL OR r.org_id = ANY(%(units)s))
GROUP BY 1, 2 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of limit of one unit and area. Times are means in minutes without time on hold; None: nothing ended yet.

    For a mean promise ``mean`` is held against ``promised``; for a limit of each request ``met`` is held against
    ``ended`` and what is open and late already.
    """

    org_id: int
    area: str
    kind: str
    ended: int
    mean: float | None
    promised: float | None
    met: int
    open: int
    open_late: int
    held: int

    @property
    def kept(self) -> bool | None:
        """Whether the mean is within the promise; None without one that ended."""
        return None if self.mean is None or self.promised is None else self.mean <= self.promised

    @property
    def judged(self) -> int:
        """Requests of which it is known whether they met their limit: those ended, and those late already."""
        return self.ended + self.open_late

    @property
    def share(self) -> float | None:
        """Share of the judged that met their limit, 0–1."""
        return self.met / self.judged if self.judged else None


def promises(
    actor: Actor, since: dt.datetime, until: dt.datetime, now: dt.datetime, unit: OrgUnit | None = None
) -> list[Kept]:
    """By unit, area and kind, for requests submitted from ``since`` to before ``until`` that the actor may see; one query
    besides that for the units."""
    values = {"now": now, "kinds": list(KINDS), "since": since, "until": until, "units": unit_ids(actor, unit)}
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY, values)
        return [
            Kept(org, area, kind, ended, _minutes(mean), _minutes(promised), met, running, late, held)
            for org, area, kind, ended, mean, promised, met, running, late, held in cursor.fetchall()
        ]


def merged(rows: list[Kept]) -> Kept:
    """Several rows of one kind as one, means weighted by what ended. The first names unit and area."""
    first, ended = rows[0], sum(row.ended for row in rows)

    def weighted(values: list[tuple[float | None, int]]) -> float | None:
        return sum((value or 0.0) * n for value, n in values) / ended if ended else None

    return Kept(
        first.org_id,
        first.area,
        first.kind,
        ended,
        weighted([(row.mean, row.ended) for row in rows]),
        weighted([(row.promised, row.ended) for row in rows]),
        *(sum(getattr(row, name) for row in rows) for name in ("met", "open", "open_late", "held")),
    )


def daily_means(
    actor: Actor, kind: str, since: dt.datetime, until: dt.datetime, tz: str, unit: OrgUnit | None = None
) -> dict[dt.date, dict[str, float]]:
    """Day of submission → area → mean minutes of what ended; one query besides that for the units."""
    values = {"kind": kind, "since": since, "until": until, "units": unit_ids(actor, unit), "tz": tz}
    found: dict[dt.date, dict[str, float]] = {}
    with connection.cursor() as cursor:
        cursor.execute(DAILY, values)
        for day, area, mean in cursor.fetchall():
            found.setdefault(day, {})[area] = float(mean)
    return found


def behind(
    actor: Actor, kind: str, since: dt.datetime, until: dt.datetime, *, unit: OrgUnit | None = None, which: str = "all"
) -> QuerySet[Request]:
    """The requests behind a figure, with ``clock_state``, ``spent``, ``budget`` (seconds) and ``breached_at`` of the
    latest clock of that kind. ``which`` is one of ``DRILLS``."""
    clocks = Clock.objects.filter(subject_kind="request", subject_id=OuterRef("pk"), kind=kind)
    clocks = clocks.exclude(state=ClockState.CANCELLED)
    if which == "late":
        unseen = Q(state=ClockState.RUNNING, due_at__lt=moment.now())  # late, but not swept yet
        clocks = clocks.filter(Q(breached_at__isnull=False) | unseen)
    elif which == "open":
        clocks = clocks.filter(state__in=(ClockState.RUNNING, ClockState.PAUSED))
    elif which == "held":
        clocks = clocks.filter(paused_for__gt=dt.timedelta(0)) | clocks.filter(state=ClockState.PAUSED)
    latest = clocks.order_by("-started_at", "-pk")
    rows = visible(actor).filter(Exists(clocks), submitted_at__gte=since, submitted_at__lt=until)
    if unit is not None:
        rows = rows.filter(org__path__startswith=unit.path)
    return rows.select_related("org").annotate(
        clock_state=Subquery(latest.values("state")[:1]),
        spent=Subquery(latest.values("spent")[:1], output_field=DurationField()),
        held_for=Subquery(latest.values("paused_for")[:1], output_field=DurationField()),
        budget=Cast(Subquery(latest.values("budget_seconds")[:1]), IntegerField()),
        late_since=Subquery(latest.values(late=F("breached_at"))[:1]),
    )


def unit_ids(actor: Actor, unit: OrgUnit | None) -> list[int] | None:
    """Ids of the units to count; None: every unit there is."""
    paths = actor.paths_for(VIEW)
    if unit is None and ROOT_PATH in paths:
        return None
    found = units_under(paths)
    if unit is not None:
        found = found.filter(path__startswith=unit.path)
    return list(found.values_list("pk", flat=True))


def _minutes(seconds: object) -> float | None:
    return None if seconds is None else float(seconds) / 60  # type: ignore[arg-type]
