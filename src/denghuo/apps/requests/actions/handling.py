"""Work that needs no crew, and what anybody may add while a request is open: notes, urges."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing, limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind, RequestState, RequestType
from denghuo.apps.requests.handling.choices import SupervisionWhy
from denghuo.apps.requests.handling.records import supervise
from denghuo.apps.requests.models import Request, RequestNote
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks import batch
from denghuo.core.clocks.reading import live_clock
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form, shown
from denghuo.core.scoping.models import OrgUnit


@action("request.assign")
def assign_handling(
    actor: Actor,
    request_id: int,
    *,
    org_id: int | None = None,
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """*accepted*, *handling* or *rework* → *handling* by ``org_id`` (default: the unit it is with), for all but faults.

    Ends the dispatch clock. Raises NotAllowed, NotFound, Conflict, InvalidInput (org_id, at).
    """
    request = common.locked(request_id)
    actor.require("request.dispatch", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "assign", actor=actor)
    moment = common.moment_of(at, request)
    if org_id is not None and org_id != request.org_id:
        unit = OrgUnit.objects.filter(pk=org_id).first()
        if unit is None:
            raise common.wrong("org_id", _("没有这个单位，请重新选择"))
        request.org = unit
    step = flowing.advance(request, "assign", moment)
    common.save(request, "state", "org")
    common.tell(
        common.event(actor, request, "request.assigned", moment, unit_id=request.org_id, round=request.round),
        flowing.clocks(actor, request, step, moment),
    )
    return request


@action("request.contact_customer")
def contact_customer(actor: Actor, request_id: int, *, at: dt.datetime | None = None) -> Request:
    """The handling unit has spoken to the customer: ends the contact clock (24 h for complaints).

    Raises NotAllowed, NotFound, Conflict, InvalidInput (at).
    """
    request = common.locked(request_id)
    actor.require("request.note", request.org.path)
    flowing.require_step(request, "contact", actor=actor)
    moment = common.moment_of(at, request)
    step = flowing.advance(request, "contact", moment)
    common.tell(
        common.event(actor, request, "request.contacted", moment),
        common.end(actor, request, moment, limits.URGE),
        flowing.clocks(actor, request, step, moment),
    )
    return request


@action("request.reply")
def reply_request(
    actor: Actor, request_id: int, *, result: str, version: int | None = None, at: dt.datetime | None = None
) -> Request:
    """*handling* → *returned*: the unit's answer is in; handling clock ends, review clock starts.

    Raises NotAllowed, NotFound, Conflict, InvalidInput (result, at).
    """
    request = common.locked(request_id)
    actor.require("request.dispatch", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "reply", actor=actor)
    form = Form()
    request.result = form.text("result", result, longest=policies.get("request.text_length"), required=True)
    form.finish()
    moment = common.moment_of(at, request)
    step = flowing.advance(request, "reply", moment)
    request.returned_at = moment
    common.save(request, "state", "returned_at", "result")
    common.tell(
        common.event(actor, request, "request.replied", moment, unit_id=request.org_id, round=request.round),
        flowing.clocks(actor, request, step, moment),
    )
    return request


@action("request.note")
def note_request(actor: Actor, request_id: int, *, text: str, token: str | None = None) -> RequestNote:
    """Add a remark: staff with ``request.note``, or the customer with the request's ``token``.

    Raises NotAllowed, NotFound, Conflict (filed or cancelled), InvalidInput (text).
    """
    request = common.locked(request_id)
    common.require_right(actor, "request.note", request, token)
    clean = common.reason_text(text, field="text")
    if request.state in FINAL:
        raise Conflict(
            _("该诉求已%(state)s，不能再添加备注") % {"state": request.get_state_display()}, code="wrong_state"
        )
    at = common.moment_of(None, request)
    kind = NoteKind.CUSTOMER if actor.kind == "customer" else NoteKind.REMARK
    note_id = common.write_note(actor, request, kind, clean, at)
    assert note_id is not None
    common.tell(common.event(actor, request, "request.note_added", at, note_id=note_id, note_kind=kind))
    return RequestNote.objects.get(pk=note_id)


@dataclass(frozen=True, slots=True)
class UrgeResult:
    """What became of an urge: recorded, or answered by an explanation (``message``) because the promise still holds."""

    recorded: bool
    message: str
    promised_at: dt.datetime | None
    request: Request


@action("request.urge")
def urge_request(
    actor: Actor,
    request_id: int,
    *,
    text: str = "",
    token: str | None = None,
    insist: bool = False,
    contact_id: int | None = None,
) -> UrgeResult:
    """The customer asks again: staff with ``request.urge``, or the customer with the request's ``token``.

    Before the promised time the urge is explained rather than recorded (policy ``urge.explain_before_promise``; staff may
    ``insist``). A recorded one must be answered to the customer within ``clock.urge`` (ends with the next contact);
    ``contact_id`` is the conversation in which it was told. When ``urge.max`` is reached the request goes under supervision. Raises NotAllowed, NotFound, Conflict
    (state; too soon after the last; limit), InvalidInput (text).
    """
    request = common.locked(request_id)
    common.require_right(actor, "request.urge", request, token)
    flowing.require_step(request, "urge")
    clean = common.reason_text(text, field="text", required=False)
    at = common.moment_of(None, request)
    promised = _promised(request)
    forced = insist and actor.kind != "customer"
    if promised and at < promised and not forced and policies.get("urge.explain_before_promise", request.org):
        message = _("我们承诺在 %(time)s 前到达或答复，工作正在进行，请稍候；超过此时间可再次催办") % {
            "time": shown(promised)
        }
        return UrgeResult(False, message, promised, request)
    _within_limits(request, at)
    request.urges, request.urged_at = request.urges + 1, at
    newly_supervised = request.urges >= policies.get("urge.max", request.org) and not request.supervised
    if newly_supervised:
        supervise(request, SupervisionWhy.URGES, at)
    common.save(request, "urges", "urged_at", "supervised")
    note = common.write_note(actor, request, NoteKind.URGE, clean, at)
    master = [Request.objects.get(pk=request.master_id)] if request.state == RequestState.MERGED else []
    told = [
        common.event(
            actor, request, "request.urged", at, master, count=request.urges, note_id=note, contact_id=contact_id
        )
    ]
    if request.state != RequestState.MERGED and not batch.live(request, (limits.URGE,)):
        told += common.begin(actor, limits.build(limits.URGE, request, at))
    if newly_supervised:
        told.append(common.event(actor, request, "request.supervised", at, why="urges"))
    common.tell(told)
    return UrgeResult(True, _("已为您催办，工作人员会尽快处理"), promised, request)


def _within_limits(request: Request, at: dt.datetime) -> None:
    most = policies.get("urge.max", request.org)
    if request.urges >= most:
        raise Conflict(
            _("该诉求已催办 %(count)s 次并转督办，无需重复催办") % {"count": request.urges}, code="urge_limit"
        )
    spacing = dt.timedelta(minutes=policies.get("urge.spacing_minutes", request.org))
    if request.urged_at is not None and at < request.urged_at + spacing:
        raise Conflict(
            _("刚催办过，请在 %(time)s 之后再试") % {"time": shown(request.urged_at + spacing)}, code="urge_too_soon"
        )


def _promised(request: Request) -> dt.datetime | None:
    """When the customer was promised something next: the crew's arrival, else the answer; a merged caller's master's."""
    subject = (
        ("request", request.master_id)
        if request.state == RequestState.MERGED and request.master_id
        else ("request", request.pk)
    )
    kinds = (
        [limits.ARRIVAL_STANDARD, limits.RESTORE_MEAN]
        if request.type == RequestType.FAULT_REPORT
        else [limits.HANDLING]
    )
    for kind in kinds:
        clock = live_clock(subject, kind)
        if clock is not None:
            return clock.due_at
    return None
