"""What crews tell of an outage, and the outage found below a restored one, which the same crew goes to."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.actions.dispatching import WAITING, dispatch_request
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.inference import remaining
from denghuo.apps.grid.models import Outage
from denghuo.apps.requests import actions as requests_actions
from denghuo.apps.requests.choices import RequestState
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import Event, subscriber
from denghuo.core.inputs import Form

logger = logging.getLogger("denghuo.field")
TELLING = (OrderState.ACCEPTED, OrderState.DEPARTED, OrderState.ARRIVED)


@action("order.expect")
def tell_expected(actor: Actor, order_id: int, *, until: dt.datetime | None) -> WorkOrder:
    """The crew says when supply will be back; the estimate told to customers follows, corrected by how such times came out.

    Raises NotAllowed (another crew's), NotFound, Conflict ``order_state``, InvalidInput (``until``: missing, past, too far).
    """
    order = common.locked_order(order_id)
    common.require_own_crew(actor, order.crew)
    common.require_state(order, TELLING, _("填报预计恢复"))
    now = moment.now()
    form = Form()
    if until is None:
        form.wrong("until", _("请填写预计恢复时间"))
    else:
        furthest = dt.timedelta(days=policies.get("outage.furthest_days"))
        until = form.moment("until", until, tolerance=furthest, now=now, after=now, after_what=_("现在"))
    form.finish()
    common.tell(actor, "order.expected", order, now, {"until": until})
    return order


def outage_facts(order: WorkOrder) -> dict[str, Any]:
    """For the crew's screen: the outage its order is of, when supply is expected, and who is still out below it.

    Two queries at most; none for an order of no outage.
    """
    if order.request.outage_id is None:
        return {"outage": None, "left": None, "left_devices": [], "may_expect": False}
    outage = Outage.objects.filter(pk=order.request.outage_id).first()
    left = remaining.open_for([order.request.outage_id]).get(order.request.outage_id)
    return {
        "outage": outage, "left": left, "left_devices": remaining.device_names(left)[:3] if left else [],
        "may_expect": outage is not None and outage.restored_at is None and order.state in TELLING,
    }  # fmt: skip


def outage_topics(order: WorkOrder) -> list[str]:
    """Live topics of the outage an order is of."""
    return [f"outage:{order.request.outage_id}"] if order.request.outage_id is not None else []


@subscriber("field.nested_outages", kinds={"remaining.accepted"})
def send_same_crew(event: Event) -> None:
    """An outage found below a restored one: its reports become its own, and the crew of the first order goes on to it.

    Run twice the second finds the order there. Without an accepted report there is nothing to send a crew to yet: the first
    one accepted becomes the master request, as for any outage. A crew off duty or without the skill is left to the
    dispatcher, who finds the request waiting.
    """
    told = event.payload
    actor = Actor.system("field.nested_outages")
    accepted = [row for pk in told["request_ids"] if (row := _moved(actor, pk, told["nested_id"])) is not None]
    nested = Outage.objects.filter(pk=told["nested_id"]).first()
    if nested is None or not accepted:
        return
    first = min(accepted, key=lambda row: (row.accepted_at, row.pk))
    if nested.master_request_id is None:
        grid.set_outage_master(actor, nested.pk, first.pk)
    crew_id = _crew_of(told.get("master_request_id"))
    if crew_id is None or first.state not in WAITING:
        return
    note = _("上级恢复后仍无电：%(device)s") % {"device": nested.equipment}
    try:
        dispatch_request(actor, first.pk, crew_id=crew_id, note=note[:300])
    except ActionError as error:
        logger.info("request %s of a nested outage waits for the dispatcher: %s", first.pk, error.code)


def _moved(actor: Actor, request_id: int, outage_id: int) -> Request | None:
    """Put a report to the nested outage; gives it when it is accepted and may be worked on."""
    row = Request.objects.filter(pk=request_id).first()
    if row is None:
        return None
    try:
        if row.state == RequestState.MERGED:
            requests_actions.unmerge_request(actor, row.pk, reason=_("上级恢复后仍无电，另有停电"))
        if row.outage_id != outage_id:
            requests_actions.link_outage(actor, row.pk, outage_id, merge=False)
    except ActionError as error:
        logger.info("request %s not put to outage %s: %s", request_id, outage_id, error.code)
        return None
    row.refresh_from_db()
    return row if row.accepted_at is not None and row.master_id is None else None


def _crew_of(request_id: int | None) -> int | None:
    if request_id is None:
        return None
    rows = WorkOrder.objects.filter(request_id=request_id).exclude(state=OrderState.WITHDRAWN)
    return rows.order_by("-pk").values_list("crew_id", flat=True).first()
