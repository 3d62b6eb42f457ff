"""Sending a crew, calling it back, sending another."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, Crew, WorkOrder
from denghuo.apps.field.suggestions import place_of, skill_names, skills_for
from denghuo.apps.requests import actions as requests_actions
from denghuo.apps.requests.choices import RequestState
from denghuo.apps.requests.models import Request
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.inputs import Form

WAITING = (RequestState.ACCEPTED, RequestState.REWORK)


@action("order.dispatch")
def dispatch_request(
    actor: Actor, request_id: int, *, crew_id: int, note: str = "", at: dt.datetime | None = None
) -> WorkOrder:
    """Send a crew to an accepted request: a new order in state *sent*, the request dispatched with it.

    ``order.dispatch`` is needed over the request's unit and over the crew's, so lending a crew across counties takes
    somebody who answers for both. Raises NotAllowed, NotFound, Conflict ``request_state`` (not waiting for dispatch),
    InvalidInput (``crew_id``: unknown, off duty, lacks a required skill; ``note``; ``at``).
    """
    request = common.locked_request(request_id)
    actor.require("order.dispatch", request.org.path)
    if request.state not in WAITING:
        raise Conflict(
            _("诉求当前为“%(state)s”，不在待派单状态；请刷新后再看") % {"state": RequestState(request.state).label},
            code="request_state",
            state=str(request.state),
        )
    crew = common.found_crew(crew_id)
    actor.require("order.dispatch", crew.org.path)
    form = Form()
    clean = form.text("note", note, longest=300)
    sent = common.step_time(at, common.latest_step(request), _("上一环节"), form)
    check_fit(form, crew, request)
    form.finish()
    return send(actor, request, crew, sent, note=clean)


def send(
    actor: Actor, request: Request, crew: Crew, at: dt.datetime, *, note: str = "", event_id: int | None = None
) -> WorkOrder:
    """Write the order and tell the requests app. The caller has locked ``request`` and checked that it may be sent."""
    place = place_of(request)
    order = WorkOrder.objects.create(
        number=f"{request.number}-{WorkOrder.objects.filter(request=request).count() + 1}",
        request=request,
        org=request.org,
        crew=crew,
        round=request.round,
        lon=place[0] if place else None,
        lat=place[1] if place else None,
        note=note,
        sent_at=at,
        last_step_at=at,
        made_by_event_id=event_id,
    )
    common.tell(actor, "order.created", order, at, {"area": request.area_type})
    requests_actions.mark_dispatched(actor, request.pk, order_id=order.pk, crew_id=crew.pk, crew_name=crew.name, at=at)
    return order


@action("order.withdraw")
def withdraw_order(actor: Actor, order_id: int, *, reason: str, at: dt.datetime | None = None) -> WorkOrder:
    """Call a crew back before it has returned the order; the request waits for dispatch again.

    Raises NotAllowed, NotFound, Conflict ``order_state``, InvalidInput (``reason``, ``at``).
    """
    order = common.locked_order(order_id)
    actor.require("order.withdraw", order.org.path)
    clean = common.required_reason(reason)
    common.require_state(order, OPEN_STATES, _("撤回"))
    form = Form()
    when = common.step_time(at, order.last_step_at, _("上一步时间"), form)
    form.finish()
    close_withdrawn(actor, order, clean, when)
    requests_actions.mark_withdrawn(actor, order.request_id, order_id=order.pk, reason=clean, at=when)
    return order


def close_withdrawn(actor: Actor, order: WorkOrder, reason: str, at: dt.datetime) -> None:
    """Put a locked order into its withdrawn state and say so."""
    order.state, order.withdraw_reason, order.withdrawn_at, order.last_step_at = OrderState.WITHDRAWN, reason, at, at
    common.save(order, "state", "withdraw_reason", "withdrawn_at", "last_step_at")
    common.tell(actor, "order.withdrawn", order, at, {"reason": reason})


@action("order.redispatch")
def redispatch_order(actor: Actor, order_id: int, *, crew_id: int, reason: str) -> WorkOrder:
    """Call one crew back and send another, both or neither. Raises what withdrawing and dispatching raise, and
    InvalidInput (``crew_id``) for the same crew."""
    order = common.locked_order(order_id)
    if order.crew_id == crew_id:
        raise InvalidInput({"crew_id": _("该工单已在此班组手中，请选择另一个班组")})
    withdraw_order(actor, order_id, reason=reason)
    return dispatch_request(actor, order.request_id, crew_id=crew_id, note=order.note, at=None)


def check_fit(form: Form, crew: Crew, request: Request) -> None:
    """A fault on ``crew_id`` when the crew is off duty or lacks a skill that the request's fault class requires."""
    if not crew.on_duty:
        form.wrong("crew_id", _("“%(crew)s”不在值班状态，请选择值班班组") % {"crew": crew.name})
        return
    required, _wanted = skills_for(request)
    missing = required - set(crew.skills)
    if missing:
        names = {"crew": crew.name, "skills": skill_names(missing)}
        form.wrong("crew_id", _("“%(crew)s”不具备本类故障必需的技能：%(skills)s，请另选班组") % names)
