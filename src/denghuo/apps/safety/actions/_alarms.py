"""Opening, counting on and ending alarms inside a running action. The tracker's row is locked by whoever calls."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.safety.choices import AlarmStage, Outcome
from denghuo.apps.safety.models import SafetyAlarm, SafetyZone, Tracker
from denghuo.core.actors import Actor
from denghuo.core.events import record


@dataclass(frozen=True, slots=True)
class Sign:
    """What makes an alarm: kind, when by the device, and where known the place and the value that was read."""

    kind: str
    at: dt.datetime
    zone: SafetyZone | None = None
    lon: float | None = None
    lat: float | None = None
    substance: str = ""
    value: float | None = None
    unit: str = ""


def open_alarm(tracker: Tracker, kind: str, zone_id: int | None = None) -> SafetyAlarm | None:
    """The open alarm of a tracker, kind and zone (unique index on the open ones)."""
    rows = SafetyAlarm.objects.select_related("org").exclude(stage=AlarmStage.CLOSED)
    return rows.filter(tracker=tracker, kind=kind, zone_id=zone_id).select_for_update(of=("self",)).first()


def note_alarm(actor: Actor, tracker: Tracker, sign: Sign, *, ask: bool = False) -> SafetyAlarm:
    """Open an alarm, or count on the open one. ``ask`` asks the wearer first; a sign that does not ask raises at once."""
    alarm = open_alarm(tracker, sign.kind, sign.zone.pk if sign.zone else None)
    stage = AlarmStage.ASKED if ask else AlarmStage.RAISED
    if alarm is None:
        return _new(actor, tracker, sign, stage)
    alarm.times += 1
    alarm.last_at, alarm.over_at = max(alarm.last_at, sign.at), None
    if sign.lon is not None and sign.at >= alarm.last_at:
        alarm.lon, alarm.lat = sign.lon, sign.lat
    if sign.value is not None:
        alarm.substance, alarm.value, alarm.unit = sign.substance, sign.value, sign.unit
    alarm.save(update_fields=["times", "last_at", "over_at", "lon", "lat", "substance", "value", "unit"])
    if alarm.stage == AlarmStage.ASKED and not ask:
        raise_asked(actor, alarm, sign.at)
    return alarm


def _new(actor: Actor, tracker: Tracker, sign: Sign, stage: str) -> SafetyAlarm:
    place = (sign.lon, sign.lat) if sign.lon is not None else (tracker.lon, tracker.lat)
    alarm = SafetyAlarm.objects.create(
        org=tracker.org, tracker=tracker, kind=sign.kind, stage=stage, zone=sign.zone, crew_id=tracker.crew_id,
        order_id=_order_on_site(tracker), at=sign.at, last_at=sign.at, lon=place[0], lat=place[1],
        substance=sign.substance, value=sign.value, unit=sign.unit,
        raised_at=None if stage == AlarmStage.ASKED else sign.at,
    )  # fmt: skip
    tell(actor, "safety.alarm_asked" if stage == AlarmStage.ASKED else "safety.alarm_raised", alarm)
    return alarm


def _order_on_site(tracker: Tracker) -> int | None:
    if tracker.crew_id is None:
        return None
    rows = WorkOrder.objects.filter(crew_id=tracker.crew_id, state=OrderState.ARRIVED)
    return rows.order_by("-arrived_at").values_list("pk", flat=True).first()


def raise_asked(actor: Actor, alarm: SafetyAlarm, at: dt.datetime) -> None:
    """The wearer did not answer, or something worse came: to the dispatcher."""
    alarm.stage, alarm.raised_at = AlarmStage.RAISED, at
    alarm.save(update_fields=["stage", "raised_at"])
    tell(actor, "safety.alarm_raised", alarm, at=at)


def mark_over(actor: Actor, alarm: SafetyAlarm, at: dt.datetime) -> None:
    """The cause is gone: who was only asked is left in peace, a raised alarm stays for the dispatcher to close."""
    if alarm.stage == AlarmStage.ASKED:
        end(actor, alarm, Outcome.OVER, at)
    elif alarm.over_at is None:
        alarm.over_at = at
        alarm.save(update_fields=["over_at"])
        tell(actor, "safety.alarm_over", alarm, at=at)


def end(actor: Actor, alarm: SafetyAlarm, outcome: str, at: dt.datetime, note: str = "") -> None:
    """Close, with the conclusion."""
    alarm.stage, alarm.outcome, alarm.closed_at, alarm.note = AlarmStage.CLOSED, outcome, at, note
    alarm.closed_by_id = actor.id if actor.kind == "staff" else None
    alarm.save(update_fields=["stage", "outcome", "closed_at", "closed_by", "note"])
    tell(actor, "safety.alarm_closed", alarm, at=at, outcome=str(outcome))


def tell(actor: Actor, kind: str, alarm: SafetyAlarm, *, at: dt.datetime | None = None, **more: str) -> None:
    """Record one event of an alarm; the crew's phones and the floor of its unit hear of it."""
    payload = {
        "alarm_kind": str(alarm.kind), "tracker_id": alarm.tracker_id, "crew_id": alarm.crew_id,
        "zone_id": alarm.zone_id, "order_id": alarm.order_id, **more,
    }  # fmt: skip
    topics = [f"crew:{alarm.crew_id}"] if alarm.crew_id else []
    record(actor, kind, alarm, org=alarm.org, payload=payload, topics=topics, at=at or alarm.at)
