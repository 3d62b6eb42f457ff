"""The round over everybody on site: who does not move, who is not heard of, who did not answer.

On site is whose crew has arrived at an order, and who stands in a work zone. Only they are watched: what people do
elsewhere is nobody's business.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.safety.actions._alarms import Sign, mark_over, note_alarm, open_alarm, raise_asked
from denghuo.apps.safety.choices import WORK_ZONES, AlarmKind, AlarmStage, Outcome, TrackerKind
from denghuo.apps.safety.models import Position, SafetyAlarm, SafetyZone, Tracker
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.engine.safety import Fix, Movement, lost_contact, stillness


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did."""

    watched: int
    asked: int
    raised: int


def on_site(now: dt.datetime) -> Q:
    """Condition on trackers of people: the crew has an order at *arrived* (index ``field_order_running``), or they stand
    in a work zone in force."""
    crews = WorkOrder.objects.filter(state=OrderState.ARRIVED).values("crew_id")
    zones = SafetyZone.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now), kind__in=WORK_ZONES)
    working = list(zones.filter(valid_from__lte=now).values_list("pk", flat=True))
    return Q(kind=TrackerKind.PERSON, active=True) & (Q(crew_id__in=crews) | Q(inside__overlap=working))


@action("safety.watch")
def watch(actor: Actor) -> Round:
    """One round over everybody on site. Only the product itself makes it; rounds do not overlap (row locks)."""
    actor.require("safety.feed", "")
    now = moment.now()
    raised = _unanswered(actor, now)
    here = list(
        Tracker.objects.filter(on_site(now)).select_related("org").select_for_update(of=("self",)).order_by("pk")
    )
    _gone(actor, {tracker.pk for tracker in here}, now)
    fresh = [tracker.pk for tracker in here if tracker.on_site_since is None]
    Tracker.objects.filter(pk__in=fresh).update(on_site_since=now)
    asked = 0
    for tracker in here:
        since = tracker.on_site_since or now
        if _silent(actor, tracker, since, now):
            raised += 1
        elif _still(actor, tracker, now):
            asked += 1
    return Round(len(here), asked, raised)


def _gone(actor: Actor, here: set[int], now: dt.datetime) -> None:
    """Who has left the site is asked nothing more, and is not missed."""
    rows = Tracker.objects.filter(on_site_since__isnull=False).exclude(pk__in=here)
    for tracker in rows.select_for_update().order_by("pk"):
        for kind in (AlarmKind.NO_MOVEMENT, AlarmKind.LOST_CONTACT):
            alarm = open_alarm(tracker, kind)
            if alarm is not None:
                mark_over(actor, alarm, now)
        tracker.on_site_since = None
        tracker.save(update_fields=["on_site_since"])


def _unanswered(actor: Actor, now: dt.datetime) -> int:
    """Raise what was asked and not answered in time (index ``safety_alarm_open``)."""
    raised = 0
    asked = SafetyAlarm.objects.filter(stage=AlarmStage.ASKED).order_by("tracker_id").values_list("pk", "tracker_id")
    for pk, tracker_id in list(asked):
        Tracker.objects.select_for_update().get(pk=tracker_id)
        rows = SafetyAlarm.objects.select_related("org").select_for_update(of=("self",))
        alarm = rows.filter(pk=pk, stage=AlarmStage.ASKED).first()
        if alarm is None:
            continue
        if now - alarm.last_at >= dt.timedelta(minutes=policies.get("safety.answer_minutes", alarm.org)):
            raise_asked(actor, alarm, now)
            raised += 1
    return raised


def _silent(actor: Actor, tracker: Tracker, since: dt.datetime, now: dt.datetime) -> bool:
    """Raise an alarm for a device that ought to be heard and is not; True when a new one was."""
    heard = tracker.heard_at.timestamp() if tracker.heard_at else None
    patience = 60 * policies.get("safety.silence_minutes", tracker.org)
    if not lost_contact(heard, since.timestamp(), now.timestamp(), patience=patience):
        return False
    if open_alarm(tracker, AlarmKind.LOST_CONTACT) is not None:
        return False
    note_alarm(actor, tracker, Sign(AlarmKind.LOST_CONTACT, now))
    return True


def _still(actor: Actor, tracker: Tracker, now: dt.datetime) -> bool:
    """Ask somebody who does not move; True when newly asked. Who has no phone of their own in the system cannot be
    asked: the alarm is raised at once."""
    alarm = open_alarm(tracker, AlarmKind.NO_MOVEMENT)
    movement = _movement(tracker, now)
    if alarm is not None:
        if movement is Movement.MOVING:
            mark_over(actor, alarm, now)
        return False
    if movement is not Movement.STILL or _said_well(tracker, now):
        return False
    note_alarm(actor, tracker, Sign(AlarmKind.NO_MOVEMENT, now), ask=tracker.wearer_id is not None)
    return True


def _movement(tracker: Tracker, now: dt.datetime) -> Movement:
    window = 60 * policies.get("safety.still_minutes", tracker.org)
    rows = Position.objects.filter(tracker=tracker, at__gte=now - dt.timedelta(seconds=window), believed=True)
    fixes = [
        Fix(lon, lat, accuracy, at.timestamp())
        for lon, lat, accuracy, at in rows.order_by("at", "seq").values_list("lon", "lat", "accuracy", "at")
    ]
    return stillness(
        fixes, now.timestamp(), window=window, radius=policies.get("safety.still_metres", tracker.org),
        least=policies.get("safety.still_readings", tracker.org),
        vaguest=policies.get("safety.accuracy_metres", tracker.org),
    ).movement  # fmt: skip


def _said_well(tracker: Tracker, now: dt.datetime) -> bool:
    """Whether the wearer, or the dispatcher for them, ended such an alarm a short while ago."""
    quiet = now - dt.timedelta(minutes=policies.get("safety.quiet_minutes", tracker.org))
    return SafetyAlarm.objects.filter(
        tracker=tracker, kind=AlarmKind.NO_MOVEMENT, closed_at__gt=quiet
    ).exclude(outcome=Outcome.OVER).exists()  # fmt: skip


__all__ = ["Round", "on_site", "watch"]
