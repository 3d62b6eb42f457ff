"""The floor's figures follow the event log."""

from __future__ import annotations

import datetime as dt

from django.db.models import F
from django.utils import timezone

from denghuo.apps.field.models import WorkOrder
from denghuo.apps.metrics.models import ArrivalRecord, FloorItem, FloorTally
from denghuo.apps.metrics.states import FINAL, STATE_AFTER, STEPPED, state_after
from denghuo.core.clocks.models import Clock
from denghuo.core.events import Event, subscriber

COUNTED = {"clock.warned", "clock.breached", "request.callback_done", "request.urged"}


@subscriber("metrics.floor", kinds=set(STATE_AFTER) | {STEPPED, "contact.queued"} | COUNTED)
def keep_floor_figures(event: Event) -> None:
    """Move gauges and daily figures for one event. The consumer's cursor makes the effect happen once."""
    if (state := state_after(event.kind, event.payload)) is not None:
        _move(event, state)
    if event.org_id is None:
        return
    if event.kind == "contact.opened":
        _tally(event, "contact.opened", str(event.payload.get("channel", "")))
    elif event.kind == "request.submitted":
        _tally(event, "request.submitted", str(event.payload.get("type", "")))
    elif event.kind == "order.arrived":
        _record_arrival(event)
    elif event.kind in {"clock.warned", "clock.breached"}:
        _tally(event, event.kind, str(event.payload.get("clock_kind") or event.payload.get("kind") or ""))
    elif event.kind == "request.callback_done":
        _tally(event, "callback.done", str(event.payload.get("satisfaction", "")))
    elif event.kind in {"request.archived", "request.urged"}:
        _tally(event, event.kind, "")


def day_of(moment: dt.datetime) -> dt.date:
    """The business day of ``moment`` in the product's time zone."""
    return timezone.localtime(moment).date()


def _move(event: Event, state: str) -> None:
    item = FloorItem.objects.filter(subject_kind=event.subject_kind, subject_id=event.subject_id).first()
    if item is None and event.org_id is None:
        return
    if item is not None:
        _add(item.org_id, None, f"{event.subject_kind}.state", item.state, -1)
    final = state in FINAL[event.subject_kind]
    if item is None:
        if final:
            return
        item = FloorItem(subject_kind=event.subject_kind, subject_id=event.subject_id)
    elif final:
        item.delete()
        return
    item.org_id = event.org_id or item.org_id
    item.state, item.since = state, event.at
    item.save()
    _add(item.org_id, None, f"{event.subject_kind}.state", state, 1)


def _tally(event: Event, measure: str, part: str, total: float = 0.0) -> None:
    assert event.org_id is not None
    _add(event.org_id, day_of(event.at), measure, part, 1, total)


def _add(org_id: int, day: dt.date | None, measure: str, part: str, count: int, total: float = 0.0) -> None:
    found = FloorTally.objects.filter(org_id=org_id, day=day, measure=measure, part=part[:40])
    if not found.update(count=F("count") + count, total=F("total") + total):
        FloorTally.objects.create(org_id=org_id, day=day, measure=measure, part=part[:40], count=count, total=total)


def _record_arrival(event: Event) -> None:
    order = WorkOrder.objects.select_related("request", "crew").filter(pk=event.subject_id).first()
    if order is None or order.arrived_at is None or order.round != 1:
        return
    request = order.request
    start = request.accepted_at or request.submitted_at
    clock = (
        Clock.objects.filter(subject_kind="request", subject_id=request.pk, kind="arrival.standard")
        .order_by("-pk")
        .first()
    )
    limit = clock.budget_seconds / 60 if clock else None
    minutes = (order.arrived_at - start).total_seconds() / 60
    created = ArrivalRecord.objects.get_or_create(
        order_id=order.pk,
        defaults={
            "org_id": request.org_id,
            "request_id": request.pk,
            "number": request.number,
            "area_type": request.area_type,
            "urgency": request.urgency,
            "crew_name": order.crew.name,
            "accepted_at": start,
            "arrived_at": order.arrived_at,
            "minutes": minutes,
            "limit_minutes": limit,
            "met": limit is None or minutes <= limit,
        },
    )[1]
    if created:
        _add(request.org_id, day_of(order.arrived_at), "arrival", request.area_type, 1, minutes)
