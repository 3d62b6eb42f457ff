"""The ends of a request: answered on the call, archived, cancelled."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests import classification, flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks import planning
from denghuo.apps.requests.callbacks.choices import SkipReason
from denghuo.apps.requests.choices import CallBackState, NoteKind, RequestState
from denghuo.apps.requests.handling.overruns import require_done
from denghuo.apps.requests.handling.records import end_hold
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form


@action("request.answer")
def answer_request(
    actor: Actor,
    request_id: int,
    *,
    answer: str,
    class_code: str = "",
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """A consulting, praise or other matter answered on the spot (policy ``request.answerable_types``) → *archived*.

    Raises NotAllowed, NotFound, Conflict, InvalidInput (answer, class_code, at).
    """
    request = common.locked(request_id)
    actor.require("request.accept", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "answer", actor=actor)
    if request.type not in policies.get("request.answerable_types", request.org):
        raise Conflict(
            _("“%(type)s”须派发处理，不能当场办结") % {"type": request.get_type_display()}, code="wrong_type"
        )
    form = Form()
    text = form.text("answer", answer, longest=policies.get("request.text_length"), required=True)
    moment = common.moment_of(at, request)
    classification.classify(
        request, class_code or request.class_code, moment, fault_class=request.fault_class, form=form
    )
    form.finish()
    request.result, request.accepted_at, request.returned_at = text, request.accepted_at or moment, moment
    common.save(request, "result", "accepted_at", "returned_at", *classification.CLASS_FIELDS)
    common.tell(
        common.event(actor, request, "request.answered", moment),
        planning.not_called(actor, request, SkipReason.ANSWERED, moment),
        archive(actor, request, moment, "answered", verb="answer"),
    )
    return request


@action("request.archive")
def archive_request(actor: Actor, request_id: int, *, reason: str, version: int | None = None) -> Request:
    """Close by decision what the call-back desk cannot close: confidential, no reply wanted, work disputed.

    From *callback* (the open plan is cancelled), or from *rework* once it is under supervision. Raises NotAllowed,
    NotFound, Conflict, InvalidInput (reason).
    """
    request = common.locked(request_id)
    actor.require("request.archive", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "archive", actor=actor)
    if request.state == RequestState.REWORK and not request.supervised:
        raise Conflict(_("返工尚未转督办，请先安排返工；达到返工轮次上限后方可由主管归档"), code="not_supervised")
    text = common.reason_text(reason)
    at = common.moment_of(None, request)
    require_done(request, at)
    CallBack.objects.filter(request=request, campaign=None, state=CallBackState.PENDING).update(
        state=CallBackState.CANCELLED, holder=None, held_at=None, done_at=at
    )
    note = common.write_note(actor, request, NoteKind.ARCHIVE, text, at)
    common.tell(archive(actor, request, at, "decision", note, verb="archive"))
    return request


@action("request.cancel")
def cancel_request(
    actor: Actor, request_id: int, *, reason: str, token: str | None = None, version: int | None = None
) -> Request:
    """→ *cancelled*, by staff or by the customer with the request's own ``token``; the field app takes its order back.

    A master that other callers follow cannot be cancelled. Raises NotAllowed, NotFound, Conflict, InvalidInput (reason).
    """
    request = common.locked(request_id)
    common.require_right(actor, "request.cancel", request, token)
    common.require_version(request, version)
    flowing.require_step(request, "cancel", actor=actor)
    if request.arrived_at is not None and request.state == RequestState.DISPATCHED:
        raise Conflict(_("抢修人员已到现场，不能撤销；处理结果将由回访确认"), code="crew_there")
    followers = len(common.children_of(request))
    if followers:
        raise Conflict(
            _("已有 %(count)s 位客户的诉求合并到本单，不能撤销；我们会继续处理并逐一回访") % {"count": followers},
            code="has_merged",
        )
    text = common.reason_text(reason)
    at, was = common.moment_of(None, request), str(request.state)
    end_hold(request, at, "cancelled")
    flowing.advance(request, "cancel", at)
    request.archived_at = at
    common.save(request, "state", "archived_at")
    note = common.write_note(actor, request, NoteKind.CANCEL, text, at)
    common.tell(
        common.event(actor, request, "request.cancelled", at, was=was, note_id=note),
        common.drop(actor, request, at, _("诉求已撤销")),
    )
    return request


def archive(
    actor: Actor, request: Request, at: dt.datetime, how: str, note_id: int | None = None, *, verb: str
) -> list[NewEvent]:
    """File a locked request by ``verb`` of its flow; gives the events, not yet written. ``how``: called_back,
    unreachable, answered, no_callback, decision."""
    end_hold(request, at, "archived")
    step = flowing.advance(request, verb, at, phase=RequestState.ARCHIVED)
    request.archived_at = at
    common.save(request, "state", "archived_at", "reviewed_at", "satisfaction")
    told = common.event(
        actor, request, "request.archived", at, how=how, satisfaction=request.satisfaction, note_id=note_id
    )
    return [told, *flowing.clocks(actor, request, step, at)]
