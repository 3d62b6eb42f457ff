"""The forecast as it stands: the latest run's figures with planners' corrections on top, beside what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.counting import HALF_HOUR, Floats, midnight
from denghuo.apps.workforce.demand.making import queues_under
from denghuo.apps.workforce.demand.models import SLOTS, ForecastDay, ForecastOverride, RunKind
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import OrgUnit, units_under

VIEW, PLAN = "workforce.view", "workforce.plan"


@dataclass
class Day:
    """One day of a queue or unit by half hour; ``machine`` is the mean before corrections."""

    day: dt.date
    mean: Floats
    low: Floats
    high: Floats
    machine: Floats
    row: ForecastDay
    overrides: list[ForecastOverride] = field(default_factory=list)

    @property
    def total(self) -> float:
        return float(self.mean.sum())


def units_of(actor: Actor, permission: str = VIEW) -> list[OrgUnit]:
    """Units with queues below them that the actor may see, the highest first."""
    paths = actor.paths_for(permission)
    if not paths:
        return []
    wanted = {
        pk
        for queue in Queue.objects.filter(active=True).select_related("org")
        if any(queue.org.path.startswith(path) for path in paths)
        for pk in queue.org.ancestor_ids()
    }
    return list(units_under(paths).filter(pk__in=wanted).order_by("path"))


def need_queue(actor: Actor, pk: int, permission: str = VIEW) -> Queue:
    """The queue. Raises NotFound also for one that the actor may not see."""
    queue = Queue.objects.select_related("org").filter(pk=pk).first()
    if queue is None or not actor.can(permission, queue.org.path):
        raise NotFound()
    return queue


def latest(org_id: int, queue_id: int | None, first: dt.date, last: dt.date) -> dict[dt.date, ForecastDay]:
    """The newest row of each day (index ``workforce_forecast_queue`` or ``workforce_forecast_org``); a replayed one only
    where there is no other."""
    rows: QuerySet[ForecastDay] = ForecastDay.objects.select_related("run").filter(day__gte=first, day__lte=last)
    rows = rows.filter(queue=queue_id) if queue_id else rows.filter(org=org_id, queue=None)
    found: dict[dt.date, ForecastDay] = {}
    for row in rows.order_by("day", "run_id"):
        before = found.get(row.day)
        if before is None or row.run.kind != RunKind.REPLAYED or before.run.kind == RunKind.REPLAYED:
            found[row.day] = row
    return found


def days_of(org: OrgUnit, queue: Queue | None, first: dt.date, last: dt.date) -> list[Day]:
    """Days with a forecast, in order, corrected. A unit's day moves by what the corrections of its queues move."""
    rows = latest(org.pk, queue.pk if queue else None, first, last)
    found = [_plain(row) for row in rows.values()]
    if queue is not None:
        marks = overrides([queue.pk], first, last)
        for one in found:
            _apply(one, marks)
        return found
    keys = [each.pk for each in queues_under(org)]
    marks = overrides(keys, first, last)
    for key in {mark.queue_id for mark in marks}:
        below = latest(0, key, first, last)
        for one in found:
            if one.day in below:
                part = _plain(below[one.day])
                _apply(part, [mark for mark in marks if mark.queue_id == key])
                _move(one, part)
    return found


def overrides(queue_ids: Collection[int], first: dt.date, last: dt.date) -> list[ForecastOverride]:
    """Corrections in force that touch the days, the oldest first (index ``workforce_override_queue``)."""
    until = midnight(last + dt.timedelta(days=1))
    rows = ForecastOverride.objects.filter(
        queue__in=queue_ids, ended_at=None, starts__lt=until, ends__gt=midnight(first)
    )
    return list(rows.order_by("made_at", "pk"))


def _plain(row: ForecastDay) -> Day:
    mean = np.array(row.mean)
    return Day(row.day, mean.copy(), np.array(row.low), np.array(row.high), mean, row)


def _apply(one: Day, marks: Iterable[ForecastOverride]) -> None:
    """Later corrections go over earlier ones; the range keeps its relative width."""
    start = midnight(one.day)
    slots = [start + number * HALF_HOUR for number in range(SLOTS)]
    for mark in marks:
        hit = np.array([mark.starts <= at < mark.ends for at in slots])
        if not hit.any() or (mark.factor is None and mark.value is None):
            continue
        aim = one.mean * mark.factor if mark.factor is not None else np.full(SLOTS, float(mark.value or 0.0))
        ratio = np.divide(aim, one.mean, out=np.ones(SLOTS), where=one.mean > 0)
        one.low[hit], one.high[hit] = (one.low * ratio)[hit], (one.high * ratio)[hit]
        one.mean[hit] = aim[hit]
        one.high[hit] = np.maximum(one.high[hit], one.mean[hit])
        one.low[hit] = np.minimum(one.low[hit], one.mean[hit])
        one.overrides.append(mark)


def _move(unit: Day, part: Day) -> None:
    moved = part.mean - part.machine
    unit.mean = np.maximum(unit.mean + moved, 0.0)
    unit.low, unit.high = np.maximum(unit.low + moved, 0.0), np.maximum(unit.high + moved, 0.0)
    unit.overrides += part.overrides


def provide(actor: Actor, at: dt.datetime, queue_id: int | None) -> list[tuple[dt.datetime, float]]:
    """The day's half hours with expected contacts, for the floor's board: of one queue, or of all the actor sees."""
    day = timezone.localdate(at)
    start = midnight(day)
    if queue_id is not None:
        queue = Queue.objects.select_related("org").filter(pk=queue_id).first()
        found = days_of(queue.org, queue, day, day) if queue else []
    else:
        units = units_of(actor, "floor.view")
        tops = [
            one for one in units if not any(one.path != two.path and one.path.startswith(two.path) for two in units)
        ]
        found = [each for top in tops for each in days_of(top, None, day, day)]
    if not found:
        return []
    total = np.sum([one.mean for one in found], axis=0)
    return [(start + number * HALF_HOUR, float(value)) for number, value in enumerate(total)]


def now_slot() -> tuple[dt.date, int]:
    """Today and the present half hour."""
    local = timezone.localtime(moment.now())
    return local.date(), local.hour * 2 + local.minute // 30


__all__ = ["PLAN", "VIEW", "Day", "days_of", "latest", "need_queue", "now_slot", "overrides", "provide", "units_of"]
