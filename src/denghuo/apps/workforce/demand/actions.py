"""Every change of forecasts, corrections, events and required heads."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand import making
from denghuo.apps.workforce.demand.models import (
    DriverEvent,
    DriverKind,
    ForecastDay,
    ForecastOverride,
    ForecastRun,
    IntervalCount,
    RequirementDay,
    Scenario,
    ScenarioState,
)
from denghuo.apps.workforce.demand.reading import PLAN, need_queue
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

LONGEST_SPAN = dt.timedelta(days=92)
TOPIC = "workforce"


def topic(unit: OrgUnit) -> str:
    """What pages of a unit's forecast listen to."""
    return f"{TOPIC}:{unit.path}"


@action("forecast.keep")
def keep_forecast(actor: Actor, unit: OrgUnit, made: making.Made) -> ForecastRun:
    """Keep a forecast that :func:`making.make` has worked out; it is in force at once. Raises NotAllowed."""
    actor.require(PLAN, unit.path)
    run, rows = made.run, made.rows
    run.save()
    for row in rows:
        row.run = run
    ForecastDay.objects.bulk_create(rows, batch_size=500)
    queues = [row for row in rows if row.queue_id]
    payload = {
        "run_kind": run.kind, "first": run.first, "days": run.days, "queues": len({row.queue_id for row in queues}),
        "expected": round(sum(sum(row.mean) for row in queues), 1),
    }  # fmt: skip
    record(actor, "forecast.made", run, org=unit, payload=payload, topics=[topic(unit)])
    return run


@action("requirement.keep")
def keep_requirements(actor: Actor, unit: OrgUnit, rows: Sequence[RequirementDay]) -> int:
    """Put required heads that :func:`staffing.make` has worked out in the place of the earlier ones of the same days.

    Raises NotAllowed.
    """
    actor.require(PLAN, unit.path)
    if not rows:
        return 0
    fields = [one.name for one in RequirementDay._meta.fields if one.name not in ("id", "queue", "day")]
    RequirementDay.objects.bulk_create(
        rows, batch_size=200, update_conflicts=True, unique_fields=["queue", "day"], update_fields=fields
    )
    days = {row.day for row in rows}
    payload = {"first": min(days), "days": len(days), "queues": len({row.queue_id for row in rows})}
    record(actor, "requirement.made", ("unit", unit.pk), org=unit, payload=payload, topics=[topic(unit)])
    return len(rows)


@action("forecast.override")
def override(
    actor: Actor, queue_id: int, *, starts: dt.datetime, ends: dt.datetime, reason: str, factor: float | None = None,
    value: float | None = None,
) -> ForecastOverride:  # fmt: skip
    """Put a planner's factor or number of contacts per half hour over the forecast of a queue for a time.

    Raises NotFound, NotAllowed, InvalidInput (``ends``, ``factor``, ``value``, ``reason``).
    """
    queue = _queue(actor, queue_id)
    form = Form()
    _span(form, starts, ends)
    if (factor is None) == (value is None):
        form.wrong("factor", _("系数和来量请填写其中一项"))
    if factor is not None and not 0 <= factor <= 20:
        form.wrong("factor", _("系数须在 0 到 20 之间，如 1.2 为上调两成"))
    if value is not None and not 0 <= value <= 100_000:
        form.wrong("value", _("每半小时来量须在 0 到 100000 之间"))
    reason = form.text("reason", reason, longest=200, required=True, lines=False)
    form.finish()
    row = ForecastOverride.objects.create(
        org=queue.org, queue=queue, starts=starts, ends=ends, factor=factor, value=value, reason=reason,
        made_at=moment.now(), made_by_id=actor.id,
    )  # fmt: skip
    payload = {"queue_id": queue.pk, "starts": starts, "ends": ends, "factor": factor, "value": value}
    record(actor, "forecast.overridden", row, org=queue.org, payload=payload, topics=[topic(queue.org)])
    return row


@action("forecast.end_override")
def end_override(actor: Actor, override_id: int) -> ForecastOverride:
    """Take a correction back; it stays on record. Raises NotFound, NotAllowed, Conflict ``already_ended``."""
    row = ForecastOverride.objects.select_related("org").select_for_update(of=("self",)).filter(pk=override_id).first()
    if row is None or not actor.can("workforce.view", row.org.path):
        raise NotFound()
    actor.require(PLAN, row.org.path)
    if row.ended_at is not None:
        raise Conflict(_("这条修正已经撤回"), code="already_ended")
    row.ended_at, row.ended_by_id = moment.now(), actor.id
    row.save(update_fields=["ended_at", "ended_by"])
    payload = {"queue_id": row.queue_id, "starts": row.starts}
    record(actor, "forecast.override_ended", row, org=row.org, payload=payload, topics=[topic(row.org)])
    return row


@action("forecast.add_driver")
def add_driver(
    actor: Actor, unit: OrgUnit, *, kind: str, name: str, starts: dt.datetime, ends: dt.datetime, strength: float = 1.0,
    queue_id: int | None = None,
) -> DriverEvent:  # fmt: skip
    """Register what moves the contacts: known ahead for the forecast, or past and not to be learned from.

    Raises NotAllowed, NotFound, InvalidInput (``kind``, ``name``, ``ends``, ``strength``).
    """
    actor.require(PLAN, unit.path)
    form = Form()
    kind = form.choice("kind", kind, set(DriverKind.values))
    name = form.text("name", name, longest=60, required=True, lines=False)
    _span(form, starts, ends)
    if not (math.isfinite(strength) and 0 < strength <= 100):
        form.wrong("strength", _("强度须大于 0、不超过 100；与以往同类事件相比填写，通常为 1"))
    form.finish()
    queue = _queue(actor, queue_id) if queue_id else None
    row = DriverEvent.objects.create(
        org=unit, queue=queue, kind=kind, name=name, starts=starts, ends=ends, strength=strength, made_by_id=actor.id
    )
    payload = {"driver_kind": kind, "starts": starts, "ends": ends}
    record(actor, "forecast.driver_added", row, org=unit, payload=payload, topics=[topic(unit)])
    return row


@action("forecast.remove_driver")
def remove_driver(actor: Actor, driver_id: int) -> DriverEvent:
    """Take an event back; later forecasts do not know it. Raises NotFound, NotAllowed, Conflict ``already_removed``."""
    row = DriverEvent.objects.select_related("org").select_for_update(of=("self",)).filter(pk=driver_id).first()
    if row is None or not actor.can("workforce.view", row.org.path):
        raise NotFound()
    actor.require(PLAN, row.org.path)
    if row.removed_at is not None:
        raise Conflict(_("这条影响因素已经删除"), code="already_removed")
    row.removed_at = moment.now()
    row.save(update_fields=["removed_at"])
    payload = {"driver_kind": row.kind, "starts": row.starts, "ends": row.ends}
    record(actor, "forecast.driver_removed", row, org=row.org, payload=payload, topics=[topic(row.org)])
    return row


@action("forecast.import_counts")
def import_counts(actor: Actor, unit: OrgUnit, rows: Sequence[dict[str, Any]]) -> int:
    """Write checked rows of a file (``queue_id``, ``start``, four counts) over what was counted. Gives their number.

    Raises NotAllowed, also when a queue lies outside ``unit``.
    """
    actor.require(PLAN, unit.path)
    queues = {queue.pk: queue for queue in making.queues_under(unit)}
    if any(row["queue_id"] not in queues for row in rows):
        raise NotFound(_("文件里有不属于这个单位的队列"))
    made = [IntervalCount(org_id=queues[row["queue_id"]].org_id, source="file", **row) for row in rows]
    IntervalCount.objects.bulk_create(
        made, batch_size=1000, update_conflicts=True, unique_fields=["queue", "start"],
        update_fields=["org", "offered", "answered", "abandoned", "handle_seconds", "source"],
    )  # fmt: skip
    record(actor, "forecast.counts_imported", ("unit", unit.pk), org=unit, payload={"rows": len(made)},
           topics=[topic(unit)])  # fmt: skip
    return len(made)


@action("scenario.save")
def save_scenario(actor: Actor, queue_id: int, *, name: str, day: dt.date, changes: dict[str, float]) -> Scenario:
    """Keep a what-if of one queue's day; a job plays it. Raises NotFound, NotAllowed, InvalidInput."""
    queue = _queue(actor, queue_id)
    form = Form()
    name = form.text("name", name, longest=60, required=True, lines=False)
    if not RequirementDay.objects.filter(queue=queue, day=day).exists():
        form.wrong("day", _("这一天还没有人力需求，请先在“需求”页计算，或换一天"))
    form.finish()
    row = Scenario.objects.create(
        org=queue.org, queue=queue, name=name, day=day, changes=changes, made_at=moment.now(), made_by_id=actor.id
    )
    payload = {"queue_id": queue.pk, "day": day}
    record(actor, "scenario.saved", row, org=queue.org, payload=payload, topics=[topic(queue.org)])
    return row


@action("scenario.keep_as_drill")
def keep_as_drill(actor: Actor, scenario_id: int) -> Scenario:
    """Mark a played what-if as the script of an exercise. Raises NotFound, NotAllowed, Conflict ``not_played``."""
    row = Scenario.objects.select_related("org").select_for_update(of=("self",)).filter(pk=scenario_id).first()
    if row is None or not actor.can("workforce.view", row.org.path):
        raise NotFound()
    actor.require(PLAN, row.org.path)
    if row.state != ScenarioState.DONE:
        raise Conflict(_("推演还没有结果，完成后才能存为演练"), code="not_played")
    row.drill = True
    row.save(update_fields=["drill"])
    payload = {"queue_id": row.queue_id, "day": row.day}
    record(actor, "scenario.kept_as_drill", row, org=row.org, payload=payload, topics=[topic(row.org)])
    return row


def _queue(actor: Actor, pk: int) -> Queue:
    queue = need_queue(actor, pk)
    actor.require(PLAN, queue.org.path)
    return queue


def _span(form: Form, starts: dt.datetime, ends: dt.datetime) -> None:
    if ends <= starts:
        form.wrong("ends", _("结束须晚于开始"))
    elif ends - starts > LONGEST_SPAN:
        form.wrong("ends", _("一次最多 92 天，请分段登记"))


def days_ahead(unit: OrgUnit) -> tuple[dt.date, dt.date]:
    """Today and the last day that a forecast made today reaches."""
    today = timezone.localdate(moment.now())
    return today, today + dt.timedelta(days=int(policies.get("workforce.forecast.days", unit)) - 1)


__all__ = [
    "add_driver", "days_ahead", "end_override", "import_counts", "keep_as_drill",
    "keep_forecast", "keep_requirements", "override", "remove_driver", "save_scenario", "topic",
]  # fmt: skip
