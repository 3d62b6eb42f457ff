"""Locks, permissions, times and events that all actions of the field share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from denghuo.apps.field.access import works_in
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import NewEvent, record_many
from denghuo.core.inputs import Form, shown

Text = str | Promise


def locked_request(request_id: int) -> Request:
    """The request, its row locked until the end of the transaction. Raises NotFound."""
    rows = Request.objects.select_related("org", "transformer", "account").select_for_update(of=("self",))
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("没有这条诉求"))
    return request


def locked_order(order_id: int) -> WorkOrder:
    """The order with request, crew and units; the request's row is locked first, then the order's. Raises NotFound."""
    request_id = WorkOrder.objects.filter(pk=order_id).values_list("request_id", flat=True).first()
    if request_id is None:
        raise NotFound(_("没有这张工单"))
    request = locked_request(request_id)
    order = WorkOrder.objects.select_related("org", "crew__org").select_for_update(of=("self",)).get(pk=order_id)
    order.request = request
    return order


def require_own_crew(actor: Actor, crew: Crew) -> None:
    """Raise NotAllowed unless ``actor`` may work orders of ``crew``: permission there, and a member of it."""
    actor.require("order.work", crew.org.path)
    if not works_in(actor, crew):
        raise NotAllowed(_("这张工单派给了“%(crew)s”，只有该班组成员可以操作") % {"crew": crew.name})


def require_state(order: WorkOrder, allowed: Collection[str], verb: str) -> None:
    """Raise Conflict ``order_state``, with the state it is in, unless the order is in one of ``allowed``."""
    if order.state in allowed:
        return
    raise Conflict(
        _("工单当前为“%(state)s”，不能%(verb)s；请刷新后查看最新状态")
        % {"state": OrderState(order.state).label, "verb": verb},
        code="order_state",
        state=str(order.state),
    )


def tolerance() -> dt.timedelta:
    """How far a phone's clock may run ahead."""
    return dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))


def step_time(at: dt.datetime | None, after: dt.datetime, what: Text, form: Form, field: str = "at") -> dt.datetime:
    """The business time of a step: ``at`` checked, or now. Faults go to ``form``.

    Without a stated time a step is never before the one it follows, however two clocks differ.
    """
    now = moment.now()
    if at is None:
        return max(now, after)
    oldest = dt.timedelta(days=policies.get("time.oldest_days"))
    form.moment(field, at, tolerance=tolerance(), now=now, after=after, after_what=str(what), oldest=oldest)
    return at if at.tzinfo is not None else now


def not_after(form: Form, field: str, value: dt.datetime | None, limit: dt.datetime, what: str) -> None:
    """A fault when ``value`` is later than ``limit``."""
    if value is not None and value.tzinfo is not None and value > limit:
        form.wrong(field, _("时间不能晚于%(what)s（%(limit)s），请核对后重填") % {"what": what, "limit": shown(limit)})


def latest_step(request: Request) -> dt.datetime:
    """The latest time on a request; nothing that follows may be dated before it."""
    names = ("submitted_at", "accepted_at", "dispatched_at", "arrived_at", "returned_at", "reviewed_at")
    times: list[dt.datetime] = [value for name in names if (value := getattr(request, name)) is not None]
    return max(times)


def topics_of(order: WorkOrder) -> list[str]:
    """Live topics of an order; its floor follows from its unit."""
    return [f"order:{order.pk}", f"crew:{order.crew_id}", f"request:{order.request_id}"]


def tell(actor: Actor, kind: str, order: WorkOrder, at: dt.datetime, more: Mapping[str, Any] | None = None) -> None:
    """Record one event of an order."""
    payload = {
        "request_id": order.request_id,
        "crew_id": order.crew_id,
        "round": order.round,
        "visit": order.visit,
        **(more or {}),
    }
    record_many([NewEvent(actor, kind, order, order.org, payload, topics_of(order), at)])


def required_reason(value: str) -> str:
    """A reason of up to 300 characters. Raises InvalidInput (``reason``)."""
    form = Form()
    reason = form.text("reason", value, longest=300, required=True)
    form.finish()
    return reason


def save(order: WorkOrder, *fields: str) -> None:
    """Write the named fields and count the version on."""
    order.version += 1
    order.save(update_fields=[*fields, "version"])


def found_crew(crew_id: int) -> Crew:
    """The crew. Raises InvalidInput (``crew_id``)."""
    crew = Crew.objects.select_related("org").filter(pk=crew_id).first()
    if crew is None:
        raise InvalidInput({"crew_id": _("没有这个班组，请从列表中重新选择")})
    return crew
