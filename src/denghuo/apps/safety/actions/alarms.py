"""What people do about alarms: the wearer answers or calls for help, the dispatcher acknowledges and closes."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.field.models import Crew, CrewMember
from denghuo.apps.safety.actions import _alarms
from denghuo.apps.safety.choices import CHOSEN_OUTCOMES, AlarmKind, AlarmStage, Outcome, TrackerKind
from denghuo.apps.safety.models import SafetyAlarm, Tracker
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.inputs import Form


@action("safety.acknowledge")
def acknowledge_alarm(actor: Actor, alarm_id: int) -> SafetyAlarm:
    """Take an alarm in hand; already so changes nothing. Raises NotAllowed, NotFound, Conflict ``alarm_closed``."""
    alarm = _locked(alarm_id)
    actor.require("safety.handle", alarm.org.path)
    _require_open(alarm)
    if alarm.stage == AlarmStage.ACKNOWLEDGED:
        return alarm
    now = moment.now()
    alarm.raised_at = alarm.raised_at or now
    alarm.stage, alarm.acknowledged_at = AlarmStage.ACKNOWLEDGED, now
    alarm.acknowledged_by_id = actor.id if actor.kind == "staff" else None
    alarm.save(update_fields=["stage", "raised_at", "acknowledged_at", "acknowledged_by"])
    _alarms.tell(actor, "safety.alarm_acknowledged", alarm, at=now)
    return alarm


@action("safety.close")
def close_alarm(actor: Actor, alarm_id: int, *, outcome: str, note: str = "") -> SafetyAlarm:
    """End an alarm with its conclusion; a real danger needs a note of what was done.

    Raises NotAllowed, NotFound, Conflict ``alarm_closed``, InvalidInput (``outcome``, ``note``).
    """
    alarm = _locked(alarm_id)
    actor.require("safety.handle", alarm.org.path)
    _require_open(alarm)
    form = Form()
    chosen = form.choice("outcome", outcome, [str(one) for one in CHOSEN_OUTCOMES])
    clean = form.text("note", note, longest=500, required=chosen == Outcome.REAL)
    form.finish()
    _alarms.end(actor, alarm, chosen, moment.now(), clean)
    return alarm


@action("safety.answer")
def answer_ok(actor: Actor, alarm_id: int) -> SafetyAlarm:
    """The wearer says that all is well. An alarm that was only asking ends; a raised one is marked and stays with the
    dispatcher. Raises NotAllowed for anybody else, NotFound, Conflict ``alarm_closed``."""
    alarm = _locked(alarm_id)
    if actor.kind != "staff" or alarm.tracker.wearer_id != actor.id:
        raise NotAllowed(_("只有被询问的本人可以回答"))
    _require_open(alarm)
    if alarm.stage == AlarmStage.ASKED:
        _alarms.end(actor, alarm, Outcome.WEARER_OK, moment.now())
    else:
        _alarms.mark_over(actor, alarm, moment.now())
    return alarm


@action("safety.call_help")
def call_help(actor: Actor, *, lon: float | None = None, lat: float | None = None) -> SafetyAlarm:
    """A crew member calls for help on the phone: raised at once. A person without a device of their own gets the phone
    registered as one. Raises NotAllowed (in no crew), InvalidInput (``lon``, ``lat``)."""
    actor_crew = _crew_of(actor)
    form = Form()
    form.place(lon, lat)
    form.finish()
    tracker = Tracker.objects.select_related("org").select_for_update(of=("self",)).filter(
        wearer_id=actor.id, kind=TrackerKind.PERSON, active=True
    ).first() or _phone_of(actor, actor_crew)  # fmt: skip
    sign = _alarms.Sign(AlarmKind.SOS, moment.now(), lon=lon, lat=lat)
    return _alarms.note_alarm(actor, tracker, sign)


def _crew_of(actor: Actor) -> Crew:
    member = None
    if actor.kind == "staff" and actor.id is not None:
        member = CrewMember.objects.select_related("crew__org").filter(staff_id=actor.id).first()
    if member is None:
        raise NotAllowed(_("您不在任何抢修班组中，请联系班长或系统管理员"))
    actor.require("order.work", member.crew.org.path)
    return member.crew


def _phone_of(actor: Actor, crew: Crew) -> Tracker:
    person = Staff.objects.get(pk=actor.id)
    tracker, _made = Tracker.objects.select_related("org").update_or_create(
        code=f"phone-{person.pk}",
        defaults={"org": crew.org, "kind": TrackerKind.PERSON, "crew": crew, "wearer": person, "active": True},
    )
    return tracker


def _locked(alarm_id: int) -> SafetyAlarm:
    """The alarm; its tracker's row is locked first, as the feed does."""
    tracker_id = SafetyAlarm.objects.filter(pk=alarm_id).values_list("tracker_id", flat=True).first()
    if tracker_id is None:
        raise NotFound(_("没有这条告警"))
    tracker = Tracker.objects.select_for_update().get(pk=tracker_id)
    alarm = SafetyAlarm.objects.select_related("org").select_for_update(of=("self",)).get(pk=alarm_id)
    alarm.tracker = tracker
    return alarm


def _require_open(alarm: SafetyAlarm) -> None:
    if alarm.stage == AlarmStage.CLOSED:
        closed: dt.datetime | None = alarm.closed_at
        raise Conflict(_("这条告警已解除，请刷新后查看"), code="alarm_closed", closed_at=str(closed or ""))
