"""Writing the floor's books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.common import oldest, tolerance
from denghuo.apps.floor import figures
from denghuo.apps.floor.choices import (
    DutyCategory,
    HandoverState,
    MatterState,
    MeetingKind,
    NoteKind,
    ReportCategory,
    ReportUrgency,
)
from denghuo.apps.floor.models import (
    ConductNote,
    DutyEntry,
    FloorException,
    Handover,
    HandoverMatter,
    InformationReport,
    Meeting,
    ReportReceipt,
)
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

WRITE, MANAGE = "records.write", "records.manage"


@dataclass(frozen=True, slots=True)
class Matter:
    """An open matter as it is written down."""

    text: str
    request_id: int | None = None
    contact_id: int | None = None
    due_at: dt.datetime | None = None


def _staff_id(actor: Actor) -> int:
    if actor.kind != "staff" or actor.id is None:
        raise NotAllowed(_("值班记录由本人登录后填写"))
    return actor.id


@action("handover.begin")
def begin_handover(actor: Actor, *, org: OrgUnit, shift: str) -> Handover:
    """Begin the hand-over of a shift; what the last one left open is carried into it.

    Needs ``records.write`` on the unit. Raises NotAllowed, Conflict (one is open already), InvalidInput (shift).
    """
    actor.require(WRITE, org.path)
    form = Form()
    name = form.text("shift", shift, longest=20, required=True, lines=False)
    form.finish()
    OrgUnit.objects.select_for_update().get(pk=org.pk)  # two people at once: the second finds the first's
    if Handover.objects.filter(org=org).exclude(state=HandoverState.RECEIVED).exists():
        raise Conflict(_("该单位有尚未完成的交接班，请先完成"))
    row = Handover.objects.create(org=org, shift=name, given_by_id=_staff_id(actor), begun_at=moment.now())
    last = Handover.objects.filter(org=org, state=HandoverState.RECEIVED).order_by("-begun_at", "-pk").first()
    left = last.matters.filter(state=MatterState.OPEN) if last else HandoverMatter.objects.none()
    HandoverMatter.objects.bulk_create(
        HandoverMatter(
            handover=row, carried_from=one, text=one.text, request_id=one.request_id, contact_id=one.contact_id,
            due_at=one.due_at,
        )
        for one in left
    )  # fmt: skip
    record(actor, "handover.changed", row, org=org, payload={"state": str(row.state)})
    return row


@action("handover.write")
def write_handover(actor: Actor, handover_id: int, *, summary: str) -> Handover:
    """Write what the shift was like; until it is given. Raises NotAllowed, NotFound, Conflict, InvalidInput (summary)."""
    row = _handover(handover_id, HandoverState.DRAFT)
    actor.require(WRITE, row.org.path)
    form = Form()
    row.summary = form.text("summary", summary, longest=4000)
    form.finish()
    row.save(update_fields=["summary"])
    record(actor, "handover.changed", row, org=row.org, payload={"state": str(row.state)})
    return row


@action("handover.add_matter")
def add_matter(actor: Actor, handover_id: int, matter: Matter) -> HandoverMatter:
    """Add an open matter. Raises NotAllowed, NotFound, Conflict, InvalidInput (text, due_at)."""
    row = _handover(handover_id, HandoverState.DRAFT, HandoverState.GIVEN)
    actor.require(WRITE, row.org.path)
    form = Form()
    text = form.text("text", matter.text, longest=400, required=True)
    if matter.due_at is not None and matter.due_at < moment.now():
        form.wrong("due_at", _("办理时限已过，请填写将来的时间"))
    form.finish()
    made = HandoverMatter.objects.create(
        handover=row, text=text, request_id=matter.request_id, contact_id=matter.contact_id, due_at=matter.due_at
    )
    record(actor, "handover.matter_changed", row, org=row.org, payload={"matter_id": made.pk, "state": made.state})
    return made


@action("handover.end_matter")
def end_matter(actor: Actor, matter_id: int, *, result: str) -> HandoverMatter:
    """Note that a matter is done, and how. Raises NotAllowed, NotFound, Conflict (done already), InvalidInput (result)."""
    rows = HandoverMatter.objects.select_related("handover__org").select_for_update(of=("self",))
    row = rows.filter(pk=matter_id).first()
    if row is None:
        raise NotFound(_("没有这个事项"))
    actor.require(WRITE, row.handover.org.path)
    if row.state == MatterState.DONE:
        raise Conflict(_("该事项已办结"))
    if row.carried_to.exists():
        raise Conflict(_("该事项已转入下一班，请在下一班的交接单上办结"))
    form = Form()
    row.result = form.text("result", result, longest=400, required=True)
    form.finish()
    row.state, row.done_by_id, row.done_at = MatterState.DONE, actor.id, moment.now()
    row.save(update_fields=["state", "result", "done_by", "done_at"])
    payload = {"matter_id": row.pk, "state": str(row.state)}
    record(actor, "handover.matter_changed", row.handover, org=row.handover.org, payload=payload)
    return row


@action("handover.give")
def give_handover(actor: Actor, handover_id: int) -> Handover:
    """Hand over: the floor's figures of this moment are kept with it. The summary must be written.

    Raises NotAllowed, NotFound, Conflict, InvalidInput (summary).
    """
    row = _handover(handover_id, HandoverState.DRAFT)
    actor.require(WRITE, row.org.path)
    form = Form()
    form.text("summary", row.summary, longest=4000, required=True)
    form.finish()
    now = moment.now()
    row.state, row.given_at, row.given_by_id, row.figures = (
        HandoverState.GIVEN,
        now,
        _staff_id(actor),
        snapshot(row.org, now),
    )
    row.save(update_fields=["state", "given_at", "given_by", "figures"])
    record(actor, "handover.changed", row, org=row.org, payload={"state": str(row.state)})
    return row


@action("handover.receive")
def receive_handover(actor: Actor, handover_id: int, *, remark: str = "") -> Handover:
    """The next shift takes over; it cannot be the one who gave. Raises NotAllowed, NotFound, Conflict, InvalidInput (remark)."""
    row = _handover(handover_id, HandoverState.GIVEN)
    actor.require(WRITE, row.org.path)
    if row.given_by_id == _staff_id(actor):
        raise Conflict(_("交班人不能自己接班，请由接班人确认"))
    form = Form()
    row.remark = form.text("remark", remark, longest=400)
    form.finish()
    row.state, row.received_at, row.received_by_id = HandoverState.RECEIVED, moment.now(), actor.id
    row.save(update_fields=["state", "remark", "received_at", "received_by"])
    record(actor, "handover.changed", row, org=row.org, payload={"state": str(row.state)})
    return row


def snapshot(org: OrgUnit, at: dt.datetime) -> dict[str, Any]:
    """The floor's figures of a unit at a moment, as they are kept with a hand-over; shares in per cent."""
    names = ("waiting", "longest_wait", "service_level", "connect_rate", "abandonment", "ready_agents")
    measures = figures.Measures(at)
    shown = {name: measures.value(name, org, None) for name in names}
    open_ones = FloorException.objects.under(org).filter(ended_at=None).count()
    return {name: None if value is None else round(value, 1) for name, value in shown.items()} | {
        "exceptions": open_ones
    }


@action("meeting.write")
def write_meeting(
    actor: Actor, meeting_id: int | None = None, *, org: OrgUnit, data: dict[str, Any], attended: Iterable[int] = ()
) -> Meeting:
    """Write or correct the notes of a meeting. ``data``: kind, topic, notes, todo, absent, held_at.

    Needs ``records.write``; only the writer or ``records.manage`` corrects. Raises NotAllowed, NotFound, InvalidInput.
    """
    actor.require(WRITE, org.path)
    row = Meeting(org=org, written_by_id=_staff_id(actor))
    if meeting_id is not None:
        found = Meeting.objects.select_related("org").select_for_update(of=("self",)).filter(pk=meeting_id).first()
        if found is None:
            raise NotFound(_("没有这条会议记录"))
        if found.written_by_id != actor.id:
            actor.require(MANAGE, found.org.path)
        row, row.org = found, org
    form = Form()
    row.kind = form.choice("kind", data.get("kind", ""), MeetingKind.values)
    row.topic = form.text("topic", data.get("topic"), longest=80, required=True, lines=False)
    row.notes = form.text("notes", data.get("notes"), longest=8000, required=True)
    row.todo = form.text("todo", data.get("todo"), longest=2000)
    row.absent = form.text("absent", data.get("absent"), longest=200)
    row.held_at = _when(form, "held_at", data.get("held_at"))
    people = set(attended)
    if people and Staff.objects.under(org).filter(pk__in=people).count() != len(people):
        form.wrong("attended", _("参会人须为本单位人员，请重新选择"))
    form.finish()
    row.save()
    row.attended.set(people)
    record(actor, "meeting.written", row, org=org, payload={"meeting_kind": str(row.kind)})
    return row


@action("report.send")
def send_report(actor: Actor, *, org: OrgUnit, data: dict[str, Any]) -> InformationReport:
    """Tell every unit above ``org``. ``data``: category, urgency, title, body, continues_id.

    Receipts are due within ``report.receipt_minutes`` of the urgency. Needs ``records.write``. Raises NotAllowed,
    Conflict (nobody is above), InvalidInput.
    """
    actor.require(WRITE, org.path)
    form = Form()
    category = form.choice("category", data.get("category", ""), ReportCategory.values)
    urgency = form.choice("urgency", data.get("urgency", ""), ReportUrgency.values)
    title = form.text("title", data.get("title"), longest=80, required=True, lines=False)
    body = form.text("body", data.get("body"), longest=4000, required=True)
    before = data.get("continues_id")
    if before is not None and not InformationReport.objects.filter(pk=before, org=org).exists():
        form.wrong("continues_id", _("没有这条首报，请重新选择"))
    form.finish()
    above = [pk for pk in org.ancestor_ids() if pk != org.pk]
    if not above:
        raise Conflict(_("本单位没有上级单位，无需报送"))
    now = moment.now()
    minutes = policies.get("report.receipt_minutes", org)[urgency]
    row = InformationReport.objects.create(
        org=org, category=category, urgency=urgency, title=title, body=body, continues_id=before,
        reported_by_id=_staff_id(actor), reported_at=now, receipt_due_at=now + dt.timedelta(minutes=minutes),
    )  # fmt: skip
    ReportReceipt.objects.bulk_create(ReportReceipt(report=row, org_id=pk) for pk in above)
    payload = {"category": str(category), "urgency": str(urgency)}
    record(actor, "report.sent", row, org=org, payload=payload)
    return row


@action("report.receive")
def receive_report(actor: Actor, receipt_id: int, *, reply: str = "") -> ReportReceipt:
    """A unit above takes note, with what it orders. Needs ``records.manage`` there. Raises NotAllowed, NotFound, Conflict,
    InvalidInput (reply)."""
    rows = ReportReceipt.objects.select_related("org", "report__org").select_for_update(of=("self",))
    row = rows.filter(pk=receipt_id).first()
    if row is None:
        raise NotFound(_("没有这条报送"))
    actor.require(MANAGE, row.org.path)
    if row.received_at is not None:
        raise Conflict(_("该报送已回执"))
    form = Form()
    row.reply = form.text("reply", reply, longest=400)
    form.finish()
    row.received_by_id, row.received_at = _staff_id(actor), moment.now()
    row.save(update_fields=["received_by", "received_at", "reply"])
    late = row.received_at > row.report.receipt_due_at
    payload = {"receipt_id": row.pk, "late": late}
    record(actor, "report.received", row.report, org=row.report.org, payload=payload)
    return row


@action("note.write")
def write_note(actor: Actor, *, staff_id: int, data: dict[str, Any]) -> ConductNote:
    """Note something on somebody's discipline, conduct or attendance. ``data``: kind, happened_at, minutes, text.

    Needs ``records.manage`` on their unit; nobody notes themselves. Raises NotAllowed, NotFound, InvalidInput.
    """
    staff = Staff.objects.select_related("org").filter(pk=staff_id, is_active=True).first()
    if staff is None:
        raise NotFound(_("没有这位人员"))
    actor.require(MANAGE, staff.org.path)
    form = Form()
    if staff.pk == actor.id:
        form.wrong("staff", _("不能给自己登记，请由他人登记"))
    kind = form.choice("kind", data.get("kind", ""), NoteKind.values)
    text = form.text("text", data.get("text"), longest=400, required=True)
    happened = _when(form, "happened_at", data.get("happened_at"))
    minutes = data.get("minutes")
    if minutes is not None and (not isinstance(minutes, int) or not 0 < minutes <= 24 * 60):
        form.wrong("minutes", _("时长为 1 到 1440 分钟，或留空"))
    form.finish()
    row = ConductNote.objects.create(
        org=staff.org, staff=staff, kind=kind, happened_at=happened, minutes=minutes, text=text,
        noted_by_id=_staff_id(actor), noted_at=moment.now(),
    )  # fmt: skip
    record(actor, "note.written", row, org=staff.org, payload={"note_kind": str(kind), "staff_id": staff.pk})
    return row


@action("note.answer")
def answer_note(actor: Actor, note_id: int, *, statement: str = "") -> ConductNote:
    """The person has read the note and may say their side of it, once. Raises NotAllowed, NotFound, Conflict, InvalidInput."""
    row = ConductNote.objects.select_related("org").select_for_update(of=("self",)).filter(pk=note_id).first()
    if row is None or row.staff_id != actor.id:
        raise NotFound(_("没有这条登记"))
    if row.statement:
        raise Conflict(_("已填写说明，如需补充请联系登记人"))
    form = Form()
    row.statement = form.text("statement", statement, longest=400)
    form.finish()
    row.read_at = row.read_at or moment.now()
    row.save(update_fields=["statement", "read_at"])
    record(actor, "note.answered", row, org=row.org, payload={"stated": bool(row.statement)})
    return row


@action("note.withdraw")
def withdraw_note(actor: Actor, note_id: int, *, reason: str) -> ConductNote:
    """Take a note back with a reason; it stays in the book, struck out. Raises NotAllowed, NotFound, Conflict, InvalidInput."""
    row = ConductNote.objects.select_related("org").select_for_update(of=("self",)).filter(pk=note_id).first()
    if row is None:
        raise NotFound(_("没有这条登记"))
    actor.require(MANAGE, row.org.path)
    if row.withdrawn_at is not None:
        raise Conflict(_("该登记已撤回"))
    form = Form()
    row.withdrawn_reason = form.text("reason", reason, longest=200, required=True, lines=False)
    form.finish()
    row.withdrawn_at = moment.now()
    row.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    record(actor, "note.withdrawn", row, org=row.org, payload={"staff_id": row.staff_id})
    return row


@action("duty.write")
def write_duty(
    actor: Actor,
    *,
    org: OrgUnit,
    category: str,
    text: str,
    at: dt.datetime | None = None,
    corrects_id: int | None = None,
) -> DutyEntry:
    """Add a line to the duty log. A correction names the line it corrects. Needs ``records.write``.

    Raises NotAllowed, InvalidInput (category, text, at, corrects_id).
    """
    actor.require(WRITE, org.path)
    form = Form()
    clean = form.text("text", text, longest=1000, required=True)
    kind = form.choice("category", category, DutyCategory.values)
    moment_of = _when(form, "at", at)
    if corrects_id is not None and not DutyEntry.objects.filter(pk=corrects_id, org=org).exists():
        form.wrong("corrects_id", _("没有要更正的那条日志"))
    form.finish()
    row = DutyEntry.objects.create(
        org=org, at=moment_of, category=kind, text=clean, written_by_id=_staff_id(actor), written_at=moment.now(),
        corrects_id=corrects_id,
    )  # fmt: skip
    record(actor, "duty.written", row, org=org, payload={"category": str(kind)})
    return row


def _when(form: Form, field: str, value: dt.datetime | None) -> dt.datetime:
    """The stated time, not in the future and not too long ago; now when none is stated."""
    now = moment.now()
    return form.moment(field, value, tolerance=tolerance(), now=now, oldest=oldest()) or now


def _handover(handover_id: int, *states: str) -> Handover:
    row = Handover.objects.select_related("org").select_for_update(of=("self",)).filter(pk=handover_id).first()
    if row is None:
        raise NotFound(_("没有这张交接单"))
    if row.state not in states:
        raise Conflict(
            _("交接单当前为“%(state)s”，不能这样操作；请刷新后再看") % {"state": HandoverState(row.state).label}
        )
    return row
