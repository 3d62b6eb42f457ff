"""Taking a batch of messages into the database: all of it or nothing, and nothing twice.

Every message of a batch is written, judged and counted in one transaction, and acknowledged to the broker only after it.
A process that dies before the commit leaves nothing and is sent the batch again; one that dies after it is sent messages
whose readings are there already, which are counted as repeated. The rows of the devices are locked in the order of their
ids first, so that a reading can be compared with what is known without a race.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.field.actions import position_crew
from denghuo.apps.field.models import Crew
from denghuo.apps.safety.actions._alarms import Sign, mark_over, note_alarm, open_alarm
from denghuo.apps.safety.choices import AlarmKind, AlarmStage, TrackerKind
from denghuo.apps.safety.feed import writing
from denghuo.apps.safety.feed.judging import Rules, follow_fix, rules_for
from denghuo.apps.safety.feed.limits import dangerous
from denghuo.apps.safety.feed.memory import Zones
from denghuo.apps.safety.feed.payload import BadMessage, Place, Sensed, parse
from denghuo.apps.safety.models import SafetyAlarm, SafetyZone, Tracker
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.engine.safety import Crossing


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as it came."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: new readings, repetitions, refusals, and alarms opened or counted on."""

    taken: int
    repeated: int
    refused: int
    alarms: int


@dataclass
class Batch:
    """A batch being worked on."""

    actor: Actor
    now: dt.datetime
    zones: Zones
    trackers: dict[str, Tracker] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    sensed: list[Sensed] = field(default_factory=list)
    refused: list[tuple[str, bytes, str, str]] = field(default_factory=list)
    rules: dict[int, Rules] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)
    crossed: list[tuple[Tracker, Crossing, Place]] = field(default_factory=list)
    alarms: int = 0


@action("safety.take")
def take(actor: Actor, messages: Sequence[Incoming], zones: Zones) -> Taken:
    """Take a batch; only the product itself does. Raises database errors: then nothing was taken."""
    actor.require("safety.feed", "")
    batch = Batch(actor, moment.now(), zones)
    _sort(batch, messages)
    zones.refresh(batch.now - dt.timedelta(hours=policies.get("safety.late_hours")))
    new_places = _places(batch)
    new_sensed = _hazards(batch)
    writing.save_trackers(t for t in batch.trackers.values() if t.pk in batch.heard)
    for tracker, crossing, place in batch.crossed:
        _crossing(batch, tracker, crossing, place)
    for tracker, sensed in new_sensed:
        _danger(batch, tracker, sensed)
    _contact_again(batch)
    _crews(batch)
    writing.add_refusals(batch.refused)
    repeated = len(batch.places) - new_places + len(batch.sensed) - len(new_sensed)
    taken = Taken(new_places + len(new_sensed), repeated, len(batch.refused), batch.alarms)
    writing.count(taken.taken, taken.repeated, taken.refused)
    return taken


def _sort(batch: Batch, messages: Sequence[Incoming]) -> None:
    """Parse; lock the devices; refuse what is unknown or out of time."""
    parsed: list[tuple[Incoming, Place | Sensed]] = []
    for message in messages:
        try:
            parsed.append((message, parse(message.topic, message.payload)))
        except BadMessage as bad:
            batch.refused.append((message.topic, message.payload, bad.reason, bad.detail))
    codes = {value.code for _message, value in parsed}
    rows = Tracker.objects.filter(code__in=codes).select_related("org").select_for_update(of=("self",))
    batch.trackers = {tracker.code: tracker for tracker in rows.order_by("pk")}
    for message, value in parsed:
        reason, detail = _unfit(batch, value)
        if reason:
            batch.refused.append((message.topic, message.payload, reason, detail))
        elif isinstance(value, Place):
            batch.places.append(value)
        else:
            batch.sensed.append(value)


def _unfit(batch: Batch, value: Place | Sensed) -> tuple[str, str]:
    tracker = batch.trackers.get(value.code)
    if tracker is None:
        return "unknown_device", _("没有登记这个编号的设备")
    if not tracker.active:
        return "device_off", _("设备已登记但停用")
    if tracker.org_id not in batch.rules:
        batch.rules[tracker.org_id] = rules_for(tracker.org)
    rules = batch.rules[tracker.org_id]
    if value.at > batch.now + rules.ahead:
        return "future", _("时间在将来，请校准设备时钟")
    if value.at < batch.now - rules.late:
        return "too_old", _("读数太旧，已过补传期限")
    return "", ""


def _places(batch: Batch) -> int:
    """Judge and write the readings that are new; gives how many."""
    ids = {code: tracker.pk for code, tracker in batch.trackers.items()}
    keys = [(ids[p.code], p.at, p.seq) for p in batch.places]
    heard = {tracker.pk: tracker.heard_at for tracker in batch.trackers.values()}
    # A reading later than anything the device ever said cannot be there yet.
    doubtful = [key for key in keys if (last := heard[key[0]]) is not None and key[1] <= last]
    seen, rows = writing.known_positions(doubtful), []
    for place, key in zip(batch.places, keys, strict=True):
        if key in seen:
            continue
        seen.add(key)
        tracker = batch.trackers[place.code]
        _hear(batch, tracker, place.at)
        if place.battery is not None:
            tracker.battery = place.battery
        believed, crossings = follow_fix(tracker, place, batch.rules[tracker.org_id], batch.zones)
        batch.crossed.extend((tracker, crossing, place) for crossing in crossings)
        rows.append((tracker.pk, place.at, place.seq, place.lon, place.lat, place.accuracy, believed))
    writing.add_positions(rows)
    return len(rows)


def _hazards(batch: Batch) -> list[tuple[Tracker, Sensed]]:
    """Write the hazards that are new; gives them."""
    rows, first = [], {}
    for sensed in batch.sensed:
        tracker = batch.trackers[sensed.code]
        key = (tracker.pk, sensed.at, sensed.seq, sensed.kind)
        if key not in first:
            first[key] = (tracker, sensed)
            rows.append((tracker.pk, sensed.kind, sensed.at, sensed.seq, sensed.substance, sensed.value, sensed.unit))
    new = writing.add_hazards(rows)
    for key in new:
        _hear(batch, first[key][0], first[key][1].at)
    return [first[key] for key in first if key in new]


def _hear(batch: Batch, tracker: Tracker, at: dt.datetime) -> None:
    tracker.heard_at = at if tracker.heard_at is None else max(tracker.heard_at, at)
    batch.heard.add(tracker.pk)


def _crossing(batch: Batch, tracker: Tracker, crossing: Crossing, place: Place) -> None:
    """Into or out of a zone: an alarm where the zone says so, and the end of the opposite one's cause."""
    zone: SafetyZone = batch.zones.by_id[crossing.zone_id]
    kind, opposite = (AlarmKind.ENTERED, AlarmKind.LEFT) if crossing.entered else (AlarmKind.LEFT, AlarmKind.ENTERED)
    if zone.on_leave if crossing.entered else zone.on_enter:
        before = open_alarm(tracker, opposite, zone.pk)
        if before is not None:
            mark_over(batch.actor, before, place.at)
    if zone.on_enter if crossing.entered else zone.on_leave:
        note_alarm(batch.actor, tracker, Sign(kind, place.at, zone, place.lon, place.lat))
        batch.alarms += 1


def _danger(batch: Batch, tracker: Tracker, sensed: Sensed) -> None:
    if not dangerous(sensed, tracker.org):
        alarm = open_alarm(tracker, sensed.kind)
        if alarm is not None and sensed.at > alarm.last_at:
            mark_over(batch.actor, alarm, sensed.at)
        return
    sign = Sign(
        sensed.kind, sensed.at, substance=sensed.substance or sensed.kv, value=sensed.value, unit=sensed.unit
    )  # fmt: skip
    note_alarm(batch.actor, tracker, sign)
    batch.alarms += 1


def _contact_again(batch: Batch) -> None:
    """Who was lost and speaks again is lost no longer (one query a batch; index ``safety_alarm_open``)."""
    rows = SafetyAlarm.objects.select_related("org").exclude(stage=AlarmStage.CLOSED).filter(
        kind=AlarmKind.LOST_CONTACT, tracker_id__in=batch.heard, over_at__isnull=True
    )  # fmt: skip
    by_id = {tracker.pk: tracker for tracker in batch.trackers.values()}
    for alarm in rows:
        heard = by_id[alarm.tracker_id].heard_at
        if heard is not None and heard > alarm.at - dt.timedelta(
            minutes=policies.get("safety.silence_minutes", alarm.org)
        ):
            mark_over(batch.actor, alarm, heard)


def _crews(batch: Batch) -> None:
    """A vehicle's place is its crew's, so that dispatch need not wait for a phone; at most every
    ``crew.position_seconds``."""
    latest = _latest_vehicles(t for t in batch.trackers.values() if t.pk in batch.heard)
    if not latest:
        return
    gap = dt.timedelta(seconds=policies.get("crew.position_seconds"))
    for crew in Crew.objects.filter(pk__in=latest).order_by("pk"):
        tracker = latest[crew.pk]
        at: Any = tracker.positioned_at
        if crew.positioned_at is None or at - crew.positioned_at >= gap:
            position_crew(batch.actor, crew.pk, lon=tracker.lon, lat=tracker.lat, at=at)


def _latest_vehicles(trackers: Iterable[Tracker]) -> dict[int, Tracker]:
    found: dict[int, Tracker] = {}
    for tracker in trackers:
        at = tracker.positioned_at
        if tracker.kind != TrackerKind.VEHICLE or tracker.crew_id is None or at is None:
            continue
        known = found.get(tracker.crew_id)
        if known is None or known.positioned_at is None or at > known.positioned_at:
            found[tracker.crew_id] = tracker
    return found
