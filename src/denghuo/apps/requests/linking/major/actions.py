"""Every change of a major service event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.linking.major.choices import WRITTEN, CallState, EntryKind, Level, Role, State, Trigger
from denghuo.apps.requests.linking.major.models import MajorCall, MajorEntry, MajorMember, MajorServiceEvent
from denghuo.apps.requests.linking.major.rules import triggers_of
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks import batch
from denghuo.core.clocks.steps import NewClock
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form

DECIDE = "floor.control"
FIRST_REPORT = "major.first_report"
LIVE = (State.PROPOSED, State.OPEN)


@action("major.propose")
def propose(actor: Actor, request_id: int) -> MajorServiceEvent | None:
    """Look at a request by the rules; None when nothing makes it major, or it stands in an event already.

    A request with the same trigger in the same area within ``major.gather_hours`` joins the live event; otherwise the
    supervisor gets a proposal and a notice. System only.
    """
    request = common.locked(request_id)
    found = triggers_of(request)
    if not found or request.major_events.exists():
        return None
    at = moment.now()
    major = _live_for(request, found[0], at)
    if major is not None:
        major.requests.add(request)
        if major.state == State.OPEN:
            _calls(major)
        common.tell(_event(actor, major, "major.request_added", at, request_id=request.pk))
        return major
    level = policies.get("major.levels", request.org, at).get(found[0], Level.IMPORTANT)
    major = MajorServiceEvent.objects.create(
        org=request.org, trigger=found[0], level=level, proposed_at=at, reasons=[str(one) for one in found],
        title=f"{request.org.name}{Trigger(found[0]).label}", transformer_id=request.transformer_id,
        area_text=request.transformer.name if request.transformer else request.org.name,
    )  # fmt: skip
    major.requests.add(request)
    common.tell(_event(actor, major, "major.proposed", at, trigger=major.trigger, level=level, reasons=major.reasons))
    text = _("建议列为重大服务事件：%(title)s，请确认") % {"title": major.title}
    tell_staff(actor, org=major.org, text=text, subject=("major", major.pk), role="supervisor", at=at)
    return major


@action("major.open")
def open_event(
    actor: Actor, major_id: int | None, *, request_id: int | None = None, level: str, title: str, trigger: str = ""
) -> MajorServiceEvent:
    """*proposed* → *open*, or a new one from a request: the report clock starts, everyone at risk gets a call to make.

    Raises NotAllowed (``floor.control``), NotFound, Conflict (decided already), InvalidInput (level, title, trigger).
    """
    major = _locked(major_id) if major_id is not None else _made_from(request_id, trigger or Trigger.OTHER)
    actor.require(DECIDE, major.org.path)
    _require(major, State.PROPOSED)
    form = Form()
    major.level = form.choice("level", level, Level.values)
    major.title = form.text("title", title, longest=80, required=True, lines=False)
    major.trigger = form.choice("trigger", trigger or major.trigger, Trigger.values)
    form.finish()
    at = moment.now()
    major.state, major.decided_at, major.decided_by_id = State.OPEN, at, _staff(actor)
    if major.pk is None:
        major.save()
        major.requests.add(request_id)
    else:
        major.save()
    if actor.kind == "staff":
        MajorMember.objects.get_or_create(major=major, staff_id=actor.id, defaults={"role": Role.LEAD, "at": at})
    _calls(major)
    budget = dt.timedelta(minutes=policies.get_for("major.first_report_minutes", major.level, major.org, at))
    wanted = NewClock(FIRST_REPORT, ("major", major.pk), major.org, budget=budget, at=at, topics=[f"major:{major.pk}"])
    common.tell(
        _event(actor, major, "major.opened", at, trigger=major.trigger, level=major.level), batch.begin(actor, [wanted])
    )
    return major


@action("major.reject")
def reject(actor: Actor, major_id: int, *, reason: str) -> MajorServiceEvent:
    """*proposed* → *rejected*, with the reason. Raises NotAllowed, NotFound, Conflict, InvalidInput (reason)."""
    major = _locked(major_id)
    actor.require(DECIDE, major.org.path)
    _require(major, State.PROPOSED)
    form = Form()
    major.decision = form.text("reason", reason, longest=300, required=True)
    form.finish()
    at = moment.now()
    major.state, major.decided_at, major.decided_by_id = State.REJECTED, at, _staff(actor)
    major.save()
    common.tell(_event(actor, major, "major.rejected", at, trigger=major.trigger))
    return major


@action("major.set_member")
def set_member(actor: Actor, major_id: int, *, username: str, role: str) -> MajorMember:
    """Take somebody into the report group, or give them another role; they get a notice.

    Raises NotAllowed (``floor.control``), NotFound, Conflict (not open), InvalidInput (username, role).
    """
    major = _locked(major_id)
    actor.require(DECIDE, major.org.path)
    _require(major, State.OPEN)
    form = Form()
    chosen = form.choice("role", role, Role.values)
    staff = Staff.objects.filter(username=(username or "").strip(), is_active=True).first()
    if staff is None:
        form.wrong("username", _("没有这个账号，请核对工号或登录名"))
    form.finish()
    assert staff is not None
    at = moment.now()
    member, _made = MajorMember.objects.update_or_create(major=major, staff=staff, defaults={"role": chosen, "at": at})
    text = _("您被列入重大服务事件报告组：%(title)s") % {"title": major.title}
    tell_staff(actor, org=major.org, text=text, subject=("major", major.pk), staff_id=staff.pk, at=at)
    common.tell(_event(actor, major, "major.member_set", at, staff_id=staff.pk, role=chosen))
    return member


@action("major.write")
def write_entry(actor: Actor, major_id: int, *, kind: str, text: str) -> MajorEntry:
    """A report, measure, result or note of the group. The first report ends the report clock.

    Raises NotAllowed (a member, or ``floor.control``), NotFound, Conflict (not open; reported already), InvalidInput.
    """
    major = _locked(major_id)
    _require_group(actor, major)
    _require(major, State.OPEN)
    form = Form()
    chosen = form.choice("kind", kind, [code for code, _label in WRITTEN])
    words = form.text("text", text, longest=policies.get("request.text_length"), required=True)
    form.finish()
    if chosen == EntryKind.FIRST_REPORT and major.first_reported_at is not None:
        raise Conflict(_("首次报告已提交，请改为续报"), code="reported")
    at = moment.now()
    told: list[NewEvent] = []
    if chosen == EntryKind.FIRST_REPORT:
        major.first_reported_at = at
        major.save(update_fields=["first_reported_at"])
        told = batch.end(actor, ("major", major.pk), (FIRST_REPORT,), at)
    entry = MajorEntry.objects.create(major=major, kind=chosen, text=words, at=at, by_id=_staff(actor))
    common.tell(_event(actor, major, "major.entry_written", at, entry_id=entry.pk, entry_kind=chosen), told)
    if chosen in (EntryKind.FIRST_REPORT, EntryKind.PROGRESS):
        for staff_id in major.members.exclude(staff_id=actor.id).values_list("staff_id", flat=True):
            note = _("%(title)s：%(kind)s") % {"title": major.title, "kind": EntryKind(chosen).label}
            tell_staff(actor, org=major.org, text=note, subject=("major", major.pk), staff_id=staff_id, at=at)
    return entry


@action("major.call")
def record_call(actor: Actor, major_id: int, call_id: int, *, state: str, note: str = "") -> MajorCall:
    """What came of calling a customer at risk. Raises NotAllowed, NotFound, Conflict, InvalidInput (state, note)."""
    major = _locked(major_id)
    _require_group(actor, major)
    _require(major, State.OPEN)
    call = MajorCall.objects.filter(pk=call_id, major=major).first()
    if call is None:
        raise NotFound(_("没有这项联系任务"))
    form = Form()
    call.state = form.choice("state", state, [CallState.DONE, CallState.UNREACHABLE])
    call.note = form.text("note", note, longest=policies.get("request.reason_length"))
    form.finish()
    call.at, call.by_id = moment.now(), _staff(actor)
    call.save()
    common.tell(_event(actor, major, "major.customer_called", call.at, call_id=call.pk, state=call.state))
    return call


@action("major.close")
def close_event(actor: Actor, major_id: int, *, review: str) -> MajorServiceEvent:
    """*open* → *closed* with its review; only after the first report, an investigation result and every call.

    Raises NotAllowed (``floor.control``), NotFound, Conflict (something is still owed), InvalidInput (review).
    """
    major = _locked(major_id)
    actor.require(DECIDE, major.org.path)
    _require(major, State.OPEN)
    form = Form()
    text = form.text("review", review, longest=policies.get("request.text_length"), required=True)
    form.finish()
    owed = owed_of(major)
    if owed:
        raise Conflict(_("还不能结束：%(what)s") % {"what": _("、").join(owed)}, code="owed")
    at = moment.now()
    entry = MajorEntry.objects.create(major=major, kind=EntryKind.REVIEW, text=text, at=at, by_id=_staff(actor))
    major.state, major.closed_at, major.closed_by_id = State.CLOSED, at, _staff(actor)
    major.save()
    common.tell(_event(actor, major, "major.closed", at, entry_id=entry.pk))
    return major


def owed_of(major: MajorServiceEvent) -> list[str]:
    """What is still to be done before the event can be closed, in words."""
    owed = []
    if major.first_reported_at is None:
        owed.append(_("未提交首次报告"))
    if not major.entries.filter(kind=EntryKind.INVESTIGATION).exists():
        owed.append(_("未填写调查结果"))
    if pending := major.calls.filter(state=CallState.PENDING).count():
        owed.append(_("还有 %(n)s 位客户未联系") % {"n": pending})
    return owed


def _made_from(request_id: int | None, trigger: str) -> MajorServiceEvent:
    request = Request.objects.select_related("org", "transformer").filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("没有这条诉求"))
    if request.major_events.filter(state__in=LIVE).exists():
        raise Conflict(_("该诉求已在重大服务事件中"), code="in_event")
    return MajorServiceEvent(
        org=request.org, trigger=trigger, proposed_at=moment.now(), transformer_id=request.transformer_id,
        area_text=request.transformer.name if request.transformer else request.org.name,
    )  # fmt: skip


def _live_for(request: Request, trigger: Trigger, at: dt.datetime) -> MajorServiceEvent | None:
    """The live event of the same trigger in the same area (partial index ``requests_major_live``)."""
    hours = policies.get("major.gather_hours", request.org, at)
    rows = MajorServiceEvent.objects.select_for_update(of=("self",)).select_related("org").filter(
        org=request.org, trigger=trigger, state__in=LIVE, proposed_at__gte=at - dt.timedelta(hours=hours),
        transformer_id=request.transformer_id,
    )  # fmt: skip
    return rows.order_by("-proposed_at").first()


def _calls(major: MajorServiceEvent) -> None:
    """A call to make for every customer of its requests who is not anonymous."""
    rows = major.requests.filter(anonymous=False)
    MajorCall.objects.bulk_create([MajorCall(major=major, request=row) for row in rows], ignore_conflicts=True)


def _locked(major_id: int) -> MajorServiceEvent:
    rows = MajorServiceEvent.objects.select_for_update(of=("self",)).select_related("org")
    major = rows.filter(pk=major_id).first()
    if major is None:
        raise NotFound(_("没有这个重大服务事件"))
    return major


def _require(major: MajorServiceEvent, state: State) -> None:
    if major.state != state:
        raise Conflict(
            _("事件当前为“%(state)s”，不能这样办理") % {"state": major.get_state_display()}, code="wrong_state"
        )


def in_group(actor: Actor, major: MajorServiceEvent) -> bool:
    """Whether the actor may write: of the report group, or who decides there."""
    own = actor.kind == "staff" and major.members.filter(staff_id=actor.id).exists()
    return own or actor.can(DECIDE, major.org.path)


def _require_group(actor: Actor, major: MajorServiceEvent) -> None:
    if not in_group(actor, major):
        raise NotAllowed(_("只有报告组成员可以办理"))


def _staff(actor: Actor) -> int | None:
    return actor.id if actor.kind == "staff" else None


def _event(actor: Actor, major: MajorServiceEvent, kind: str, at: dt.datetime, **payload: Any) -> NewEvent:
    topics: Iterable[str] = [f"major:{major.pk}"]
    return NewEvent(actor, kind, major, major.org, payload, topics, at)
