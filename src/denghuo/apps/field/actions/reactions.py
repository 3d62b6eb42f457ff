"""What orders do when something happens to their request. Each takes the event that caused it and acts on it once.

The consumer's cursor already applies an event once; the event's id kept on the order makes it hold also when a cursor
is set back on purpose.
"""

from __future__ import annotations

import datetime as dt

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.actions.dispatching import close_withdrawn, send
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, WorkOrder
from denghuo.apps.requests.choices import RequestState
from denghuo.core.actions import action
from denghuo.core.actors import Actor


@action("order.send_back")
def send_back_order(actor: Actor, request_id: int, *, reason: str, event_id: int, at: dt.datetime) -> WorkOrder | None:
    """The review was not passed: the crew has the order again, with the reason. None when already done."""
    order = _reviewed(request_id, event_id)
    if order is None:
        return None
    order.state, order.send_back_reason = OrderState.SENT_BACK, reason[:300]
    _note_review(order, event_id, at)
    common.save(order, "state", "send_back_reason", "review_event_id", "reviewed_at", "last_step_at")
    common.tell(actor, "order.sent_back", order, at, {"reason": order.send_back_reason})
    return order


@action("order.pass")
def pass_order(actor: Actor, request_id: int, *, event_id: int, at: dt.datetime) -> WorkOrder | None:
    """The review was passed: the order is done. None when already done."""
    order = _reviewed(request_id, event_id)
    if order is None:
        return None
    order.state = OrderState.PASSED
    _note_review(order, event_id, at)
    common.save(order, "state", "review_event_id", "reviewed_at", "last_step_at")
    common.tell(actor, "order.passed", order, at)
    return order


@action("order.rework")
def rework_order(
    actor: Actor, request_id: int, *, reason: str, event_id: int, at: dt.datetime, master_id: int | None = None
) -> WorkOrder | None:
    """The customer was not satisfied: a new order of the next round for the crew that did the last one.

    A merged caller has no order of their own; the crew is then the one that worked for ``master_id``. None when the
    event has made its order already, or the request is no longer in rework.
    """
    request = common.locked_request(request_id)
    if request.state != RequestState.REWORK or WorkOrder.objects.filter(made_by_event_id=event_id).exists():
        return None
    last = _newest(request_id) or (_newest(master_id) if master_id is not None else None)
    if last is None:
        return None  # never had field work: the unit that handles it takes it up
    when = max(at, last.last_step_at, common.latest_step(request))
    return send(actor, request, last.crew, when, note=reason[:300], event_id=event_id)


@action("order.cancel")
def cancel_order(actor: Actor, request_id: int, *, reason: str, event_id: int, at: dt.datetime) -> WorkOrder | None:
    """The request was cancelled: its open order is withdrawn. None when there is none."""
    common.locked_request(request_id)
    order = _newest(request_id)
    if order is None or order.state not in OPEN_STATES:
        return None
    close_withdrawn(actor, order, reason[:300], max(at, order.last_step_at))
    return order


def _newest(request_id: int) -> WorkOrder | None:
    """The latest order that was not withdrawn, locked; the caller has locked the request."""
    rows = WorkOrder.objects.select_related("org", "crew__org").select_for_update(of=("self",))
    return rows.filter(request_id=request_id).exclude(state=OrderState.WITHDRAWN).order_by("-round", "-pk").first()


def _reviewed(request_id: int, event_id: int) -> WorkOrder | None:
    """The order that waits for this review, locked; None when the event was applied before."""
    common.locked_request(request_id)
    order = _newest(request_id)
    if order is None or order.state != OrderState.FINISHED or order.review_event_id >= event_id:
        return None
    return order


def _note_review(order: WorkOrder, event_id: int, at: dt.datetime) -> None:
    order.review_event_id, order.reviewed_at = event_id, at
    order.last_step_at = max(at, order.last_step_at)
