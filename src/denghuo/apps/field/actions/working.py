"""What a crew does with its order, step by step: accept, depart, arrive, finish."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.checklists import safety_count
from denghuo.apps.field.choices import OrderState, PhotoKind
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.requests import actions as requests_actions
from denghuo.apps.requests.choices import FaultCause
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.inputs import Form
from denghuo.engine.geo import distance_km

REASON_LENGTH = 200  # width of the column, not a rule of the trade
BEFORE = {
    OrderState.SENT: gettext_lazy("派单时间"),
    OrderState.SENT_BACK: gettext_lazy("退回时间"),
    OrderState.ACCEPTED: gettext_lazy("接单时间"),
    OrderState.DEPARTED: gettext_lazy("出发时间"),
    OrderState.ARRIVED: gettext_lazy("到达时间"),
}


@action("order.accept")
def accept_order(actor: Actor, order_id: int, *, at: dt.datetime | None = None) -> WorkOrder:
    """The crew takes the order on. A sent-back one is taken up again: the next visit begins.

    Raises NotAllowed (another crew's), NotFound, Conflict ``order_state``, InvalidInput (``at``).
    """
    order = _own(actor, order_id)
    common.require_state(order, [OrderState.SENT, OrderState.SENT_BACK], _("接单"))
    form = Form()
    when = _time(order, at, form)
    form.finish()
    if order.state == OrderState.SENT_BACK:
        order.visit += 1
    order.state, order.last_step_at = OrderState.ACCEPTED, when
    order.accepted_at = order.accepted_at or when
    common.save(order, "state", "last_step_at", "accepted_at", "visit")
    common.tell(actor, "order.accepted", order, when)
    if order.visit == 1:
        requests_actions.mark_progress(actor, order.request_id, order_id=order.pk, step="accepted", at=when)
    return order


@action("order.depart")
def depart_order(actor: Actor, order_id: int, *, at: dt.datetime | None = None) -> WorkOrder:
    """The crew sets out. Raises as :func:`accept_order`."""
    order = _own(actor, order_id)
    common.require_state(order, [OrderState.ACCEPTED], _("出发"))
    form = Form()
    when = _time(order, at, form)
    form.finish()
    order.state, order.last_step_at = OrderState.DEPARTED, when
    order.departed_at = order.departed_at or when
    common.save(order, "state", "last_step_at", "departed_at")
    common.tell(actor, "order.departed", order, when)
    if order.visit == 1:
        requests_actions.mark_progress(actor, order.request_id, order_id=order.pk, step="departed", at=when)
    return order


@action("order.arrive")
def arrive_order(
    actor: Actor, order_id: int, *, at: dt.datetime | None = None, lon: float | None = None, lat: float | None = None
) -> WorkOrder:
    """The crew is there; the first arrival is what the promise is measured on.

    The distance between ``lon``/``lat`` and the place of the trouble is put on the record, not judged here. Raises as
    :func:`accept_order`, and InvalidInput (``lon``, ``lat``).
    """
    order = _own(actor, order_id)
    common.require_state(order, [OrderState.DEPARTED], _("到达"))
    form = Form()
    form.place(lon, lat)
    when = _time(order, at, form)
    form.finish()
    order.state, order.last_step_at = OrderState.ARRIVED, when
    if order.arrived_at is None:
        order.arrived_at, order.arrived_lon, order.arrived_lat = when, lon, lat
    common.save(order, "state", "last_step_at", "arrived_at", "arrived_lon", "arrived_lat")
    common.tell(actor, "order.arrived", order, when, {"off_by_metres": _off_by(order, lon, lat)})
    if order.visit == 1:
        requests_actions.mark_arrived(actor, order.request_id, order_id=order.pk, at=when)
    return order


@action("order.finish")
def finish_order(
    actor: Actor,
    order_id: int,
    *,
    cause: str = "",
    cause_code: str = "",
    result: str,
    restored_at: dt.datetime | None = None,
    no_signature_reason: str = "",
    at: dt.datetime | None = None,
) -> WorkOrder:
    """The crew returns the order with cause and result; the request goes to review. ``cause_code`` is a class of the tree
    ``fault_cause``; its first level alone may be given as ``cause``.

    Photos and a signature (or why there is none) are needed as the policies ``order.photos_required`` and
    ``order.signature_required`` say. After a send-back that is about the paperwork only, the crew may finish from
    *accepted* without a second journey. Raises as :func:`accept_order`, and InvalidInput (``cause``, ``cause_code``, ``result``,
    ``restored_at``, ``photos``, ``signature``, ``no_signature_reason``).
    """
    order = _own(actor, order_id)
    again = [OrderState.ACCEPTED] if order.visit > 1 else []
    common.require_state(order, [OrderState.ARRIVED, *again], _("回单"))
    form = Form()
    when = _time(order, at, form)
    order.cause = form.choice("cause", cause_code.partition(".")[0] or cause, FaultCause.values)
    order.result = form.text("result", result, longest=policies.get("request.text_length"), required=True)
    order.no_signature_reason = form.text("no_signature_reason", no_signature_reason, longest=REASON_LENGTH)
    _check_restored(form, order, restored_at, when)
    photos, signed = _check_proof(form, order)
    form.finish()
    order.state, order.last_step_at = OrderState.FINISHED, when
    order.finished_at, order.restored_at = when, restored_at
    common.save(order, "state", "last_step_at", "finished_at", "restored_at", "cause", "result", "no_signature_reason")
    ticked, lines = safety_count(order)
    proof = {
        "cause": order.cause, "restored_at": restored_at, "photos": photos, "signed": signed, "safety_ticked": ticked,
        "safety_lines": lines,
    }  # fmt: skip
    common.tell(actor, "order.finished", order, when, proof)
    requests_actions.mark_returned(
        actor,
        order.request_id,
        order_id=order.pk,
        cause=order.cause,
        cause_code=cause_code,
        result=order.result,
        restored_at=restored_at,
        at=when,
    )
    return order


def _own(actor: Actor, order_id: int) -> WorkOrder:
    order = common.locked_order(order_id)
    common.require_own_crew(actor, order.crew)
    return order


def _time(order: WorkOrder, at: dt.datetime | None, form: Form) -> dt.datetime:
    """When the step was taken, not before the one it follows; faults go to ``form``."""
    return common.step_time(at, order.last_step_at, BEFORE[OrderState(order.state)], form)


def _check_restored(form: Form, order: WorkOrder, restored_at: dt.datetime | None, when: dt.datetime) -> None:
    began = order.request.accepted_at or order.request.submitted_at
    form.moment("restored_at", restored_at, tolerance=common.tolerance(), after=began, after_what=_("受理时间"))
    common.not_after(form, "restored_at", restored_at, when, _("回单时间"))


def _check_proof(form: Form, order: WorkOrder) -> tuple[int, bool]:
    """Count photos and look for a signature of the current visit or an earlier one; faults go to ``form``."""
    kinds = list(order.photos.values_list("kind", flat=True))
    photos, signed = sum(kind != PhotoKind.SIGNATURE for kind in kinds), PhotoKind.SIGNATURE in kinds
    needed = policies.get("order.photos_required", order.org)
    if photos < needed:
        form.wrong(
            "photos",
            _("至少需要 %(needed)d 张现场照片，现有 %(photos)d 张，请拍照上传后再回单")
            % {"needed": needed, "photos": photos},
        )
    if not signed and not order.no_signature_reason and policies.get("order.signature_required", order.org):
        form.wrong("signature", _("请客户签名；客户不在场或不便签名时，请填写未签名原因"))
    return photos, signed


def _off_by(order: WorkOrder, lon: float | None, lat: float | None) -> int | None:
    if lon is None or lat is None or order.lon is None or order.lat is None:
        return None
    return round(distance_km(lon, lat, order.lon, order.lat) * 1000)
