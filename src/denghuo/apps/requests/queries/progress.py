"""What the customer sees of their request: steps and times, and nothing personal but masked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.requests import limits
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.flowing import possible
from denghuo.apps.requests.handling.models import Hold
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.queries import for_customer
from denghuo.core import events, moment, policies
from denghuo.core.actors import Actor
from denghuo.core.clocks.reading import live_clock
from denghuo.core.errors import NotFound
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form
from denghuo.core.privacy import blind_index, mask

FAULT_STEPS = ("submitted", "accepted", "dispatched", "arrived", "returned", "callback", "archived")
OTHER_STEPS = ("submitted", "accepted", "handling", "returned", "callback", "archived")
# Where on the path each state stands; a merged caller stands where the master does.
PLACE = {
    RequestState.SUBMITTED: "submitted",
    RequestState.ACCEPTED: "accepted",
    RequestState.DISPATCHED: "dispatched",
    RequestState.HANDLING: "handling",
    RequestState.REWORK: "accepted",
    RequestState.RETURNED: "returned",
    RequestState.CALLBACK: "callback",
    RequestState.ARCHIVED: "archived",
}


def _labels() -> dict[str, str]:
    return {
        "submitted": _("已提交"),
        "accepted": _("已受理"),
        "dispatched": _("已派抢修人员"),
        "handling": _("处理中"),
        "arrived": _("到达现场"),
        "returned": _("处理完毕"),
        "callback": _("等待回访"),
        "archived": _("办结"),
    }


def request_by_token(token: str) -> Request:
    """The request of a progress page. Raises NotFound."""
    row = (
        Request.objects.select_related("org", "master__org", "outage").filter(public_token=token[:64]).first()
        if token.isascii()
        else None
    )
    if row is None:
        raise NotFound(_("没有这个进度页，请核对地址，或用编号和电话查询"))
    return row


def find_progress(actor: Actor, *, number: str, phone: str) -> str | None:
    """The public token of the request with this number reported from this phone; None when the two do not belong
    together. Raises TooManyRequests (per network address), InvalidInput (phone)."""
    buckets.take("request.find", actor.ip or "-", allowed=policies.get("request.progress_per_minute"), seconds=60)
    form = Form()
    clean = form.phone("phone", phone)
    form.finish()
    rows = Request.objects.filter(
        number=number.strip()[:24].replace("\x00", ""), caller_phone_bidx=blind_index("phone", clean)
    )
    return rows.values_list("public_token", flat=True).first()


def progress_view(token: str) -> dict[str, Any] | None:
    """Steps with times, promise, result and what the customer may do; None for an unknown token. At most 5 queries."""
    try:
        request = request_by_token(token)
    except NotFound:
        return None
    lead = request.master if request.state == RequestState.MERGED and request.master else request
    now = moment.now()
    outage = request.outage or lead.outage
    promised = _promise(lead)
    return {
        "number": request.number,
        "token": request.public_token,
        "type": request.type,
        "type_label": request.get_type_display(),
        "state": request.state,
        "state_label": request.get_state_display(),
        "merged": request.state == RequestState.MERGED,
        "urgent": request.urgency == "urgent",
        "name": mask("name", request.caller_name),
        "phone": mask("phone", request.caller_phone),
        "address": mask("address", request.address),
        "org": request.org.name,
        "phenomenon_label": request.get_phenomenon_display(),
        "steps": steps_of(request, lead),
        "round": request.round,
        "promised_at": promised,
        "waits_until": _waits_until(lead),
        "prediction": for_customer(lead, promised),
        "outage": outage
        and {
            "expected_at": outage.expected_at,
            "restored_at": outage.restored_at,
            "kind_label": outage.get_kind_display(),
        },
        "cause_label": lead.get_cause_display() if lead.cause else "",
        "restored_at": request.restored_at or lead.restored_at,
        "satisfaction": request.satisfaction,
        "satisfaction_label": request.get_satisfaction_display() if request.satisfaction else "",
        "urges": request.urges,
        "can_urge": "urge" in possible(request) and request.urges < policies.get("urge.max", request.org, now),
        "can_cancel": "cancel" in possible(request) and request.arrived_at is None,
        "submitted_at": request.submitted_at,
        "updated_at": _updated(request, lead),
    }


def steps_of(request: Request, lead: Request) -> list[dict[str, Any]]:
    """Each step with its time and whether it is done, current or to come. ``lead`` is the master of a merged request."""
    codes = FAULT_STEPS if request.type == RequestType.FAULT_REPORT else OTHER_STEPS
    labels, times = _labels(), _times(request, lead)
    cancelled = request.state == RequestState.CANCELLED
    place = PLACE.get(RequestState(lead.state), "submitted")
    if place == "dispatched":
        place = "arrived" if times["arrived"] is not None else place
    reached = codes.index(place) if place in codes else codes.index("accepted")
    steps = []
    for index, code in enumerate(codes):
        if cancelled:
            status = "done" if times[code] is not None and code != "archived" else "todo"
        else:
            status = (
                "done"
                if index < reached or request.state == RequestState.ARCHIVED
                else ("current" if index == reached else "todo")
            )
        shown = times[code] if status != "todo" else None
        steps.append({"code": code, "label": labels[code], "status": status, "at": shown})
    if cancelled:
        steps.append({"code": "cancelled", "label": _("已撤销"), "status": "current", "at": request.archived_at})
    return steps


def _times(request: Request, lead: Request) -> dict[str, dt.datetime | None]:
    return {
        "submitted": request.submitted_at,
        "accepted": request.accepted_at or lead.accepted_at,
        "dispatched": request.dispatched_at or lead.dispatched_at,
        "handling": request.accepted_at,
        "arrived": _arrived(lead) if lead.arrived_at else request.arrived_at,
        "returned": request.returned_at or lead.returned_at,
        "callback": request.reviewed_at or lead.reviewed_at,
        "archived": request.archived_at,
    }


def _arrived(lead: Request) -> dt.datetime | None:
    """When the crew of the latest dispatch arrived; the arrival that the promise counts may be an earlier crew's."""
    first, sent = lead.arrived_at, lead.dispatched_at
    if first is None or sent is None or first >= sent:
        return first
    told = [
        e
        for e in events.timeline("request", lead.pk)
        if e.kind == "request.progressed" and e.payload["step"] == "arrived"
    ]
    return next((event.at for event in reversed(told) if event.at >= sent), None)


def _updated(request: Request, lead: Request) -> dt.datetime:
    return max(value for value in _times(request, lead).values() if value is not None)


def _waits_until(lead: Request) -> dt.datetime | None:
    """Until when a held request rests; None when it does not."""
    if lead.held_at is None:
        return None
    return Hold.objects.filter(request=lead, ended_at=None).values_list("until", flat=True).first()


def _promise(lead: Request) -> dt.datetime | None:
    """When the crew has promised to be there, or the matter to be answered; None once that is past or decided."""
    if lead.state not in (RequestState.ACCEPTED, RequestState.DISPATCHED, RequestState.HANDLING):
        return None
    kind = limits.HANDLING if lead.type != RequestType.FAULT_REPORT else limits.ARRIVAL_STANDARD
    clock = live_clock(lead, kind)
    return clock.due_at if clock else None
