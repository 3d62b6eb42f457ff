"""What the field app marks on a request, in the transaction of its own action.

Permission is the caller's affair: a crew holds rights on its order, not on the request. Every mark locks the request,
refuses times out of order (InvalidInput ``at``), and tells the pages of the callers merged into it too.
"""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests import classification, flowing, limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form

PROGRESS = ("accepted", "departed", "arrived", "working")


@action("request.mark_dispatched")
def mark_dispatched(
    actor: Actor,
    request_id: int,
    *,
    order_id: int,
    crew_id: int | None = None,
    crew_name: str = "",
    at: dt.datetime | None = None,
) -> Request:
    """*accepted* or *rework* → *dispatched*; ends the dispatch clock. Raises NotFound, Conflict, InvalidInput (at)."""
    request = common.locked(request_id)
    flowing.require_step(request, "dispatch")
    moment = common.moment_of(at, request)
    step = flowing.advance(request, "dispatch", moment)
    request.dispatched_at = moment
    common.save(request, "state", "dispatched_at")
    children = common.children_of(request)
    common.tell(
        common.event(
            actor, request, "request.dispatched", moment, children,
            order_id=order_id, crew_id=crew_id, crew_name=crew_name, round=request.round,
        ),
        flowing.clocks(actor, request, step, moment),
    )  # fmt: skip
    return request


@action("request.mark_progress")
def mark_progress(
    actor: Actor,
    request_id: int,
    *,
    order_id: int,
    step: str,
    at: dt.datetime | None = None,
    expected_at: dt.datetime | None = None,
) -> Request:
    """The crew accepted the order, set out, or works; the request stays *dispatched*.

    ``step`` is one of ``PROGRESS``; ``expected_at`` is when the crew expects to be there. Raises as the other marks.
    """
    request = common.locked(request_id)
    flowing.require_step(request, "progress")
    if step not in PROGRESS:
        raise common.wrong("step", _("请从可选值中选择：%(allowed)s") % {"allowed": _("、").join(PROGRESS)})
    moment = common.moment_of(at, request, after=request.dispatched_at, what=_("派单时间"))
    children = common.children_of(request)
    common.tell(
        common.event(
            actor,
            request,
            "request.progressed",
            moment,
            children,
            order_id=order_id,
            step=step,
            expected_at=expected_at,
        )
    )
    return request


@action("request.mark_arrived")
def mark_arrived(actor: Actor, request_id: int, *, order_id: int, at: dt.datetime | None = None) -> Request:
    """The crew is there: ends both arrival clocks and starts the restoration clock.

    What counts for the promise is the first arrival; later ones (after a return, in a round of rework) are told but move
    no clock. Raises NotFound, Conflict, InvalidInput (at).
    """
    request = common.locked(request_id)
    flowing.require_step(request, "arrive")
    moment = common.moment_of(at, request, after=request.dispatched_at, what=_("派单时间"))
    children = common.children_of(request)
    told = common.event(
        actor, request, "request.progressed", moment, children, order_id=order_id, step="arrived", expected_at=None
    )
    if request.arrived_at is not None:
        common.tell(told)
        return request
    request.arrived_at = moment
    common.save(request, "arrived_at")
    reached = flowing.advance(request, "arrive", moment)
    common.tell(told, flowing.clocks(actor, request, reached, moment))
    return request


@action("request.mark_returned")
def mark_returned(
    actor: Actor,
    request_id: int,
    *,
    order_id: int,
    at: dt.datetime | None = None,
    cause: str = "",
    cause_code: str = "",
    result: str = "",
    restored_at: dt.datetime | None = None,
) -> Request:
    """*dispatched* → *returned*: cause and result are in, restoration (or rework) clock ends, review clock starts.

    ``restored_at`` is when supply came back; it may lie before the arrival (supply came back on the way) but not before
    the trouble began. Without one the restoration clock ends at ``at``. Raises NotFound, Conflict (not arrived yet), InvalidInput
    (cause, result, restored_at, at).
    """
    request = common.locked(request_id)
    flowing.require_step(request, "return")
    if request.arrived_at is None:
        raise Conflict(_("尚未登记到达现场，不能回单；请先登记到达时间"), code="not_arrived")
    moment = common.moment_of(
        at, request, after=max(request.arrived_at, common.latest_step(request)), what=_("到达时间")
    )
    form = Form()
    classification.set_cause(request, cause_code, moment, cause=cause, form=form)
    request.result = form.text("result", result, longest=policies.get("request.text_length"), required=True)
    restored = form.moment(
        "restored_at",
        restored_at,
        tolerance=common.tolerance(),
        now=moment,
        after=request.occurred_at or request.submitted_at,
        after_what=_("故障发生时间"),
    )
    form.finish()
    reached = flowing.advance(request, "return", moment)
    request.returned_at, request.restored_at = moment, restored
    common.save(request, "state", "returned_at", "restored_at", *classification.CAUSE_FIELDS, "result")
    children = common.children_of(request)
    common.tell(
        common.event(
            actor, request, "request.returned", moment, children,
            order_id=order_id, cause=request.cause, cause_code=request.cause_code, restored_at=restored, round=request.round,
        ),
        flowing.clocks(
            actor, request, reached, moment, {limits.RESTORE_MEAN: max(restored or moment, request.arrived_at)}
        ),
    )  # fmt: skip
    return request


@action("request.mark_withdrawn")
def mark_withdrawn(
    actor: Actor, request_id: int, *, order_id: int, reason: str = "", at: dt.datetime | None = None
) -> Request:
    """*dispatched* → *accepted*: the order was taken back; the dispatch clock starts anew, the arrival clocks run on.

    Raises NotFound, Conflict, InvalidInput (reason, at).
    """
    request = common.locked(request_id)
    flowing.require_step(request, "withdraw")
    moment = common.moment_of(at, request, after=request.dispatched_at, what=_("派单时间"))
    text = common.reason_text(reason, required=False)
    step = flowing.advance(request, "withdraw", moment)
    request.dispatched_at = None
    common.save(request, "state", "dispatched_at")
    note = common.write_note(actor, request, NoteKind.WITHDRAW, text, moment)
    children = common.children_of(request)
    common.tell(
        common.event(actor, request, "request.withdrawn", moment, children, order_id=order_id, note_id=note),
        flowing.clocks(actor, request, step, moment),
    )
    return request
