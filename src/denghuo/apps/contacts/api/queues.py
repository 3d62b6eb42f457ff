"""REST endpoints of queues: what waits, how long one waits, plans, reserve echelons."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, P, PathEx, Query, Router, Schema, Status
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.contacts import actions, plans
from denghuo.apps.contacts.access import opens
from denghuo.apps.contacts.api.contacts import ContactOut, contact_out
from denghuo.apps.contacts.models import Contact, EchelonActivation, Queue
from denghuo.apps.contacts.queue_figures import figures
from denghuo.core import moment
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["queues"], auth=StaffAuth())
ANYONE: list[Any] = [StaffAuth(), PublicAuth()]

Code = PathEx[str, P(max_length=32)]


class QueueOut(Schema):
    """A queue with who waits now. ``longest_since``: entry of the one who has waited longest."""

    id: int
    code: str
    name: str
    org_id: int
    channels: list[str]
    topics: list[str]
    channel_class: str
    active: bool
    open: bool
    waiting: int
    ringing: int
    in_service: int
    longest_since: dt.datetime | None


class QueuesOut(Schema):
    items: list[QueueOut]


class EstimateOut(Schema):
    """What a customer may be told. ``expected_seconds`` null: nobody who could answer is there; ``position`` from 1."""

    open: bool
    expected_seconds: int | None
    p90_seconds: int | None
    position: int
    text: str
    offer_callback: bool
    offer_message: bool
    message_only: bool


class PlanIn(Schema, extra="forbid"):
    definition: dict[str, Any] = Field(
        examples=[{"required": {"fault": 2}, "ladder": [{"after_seconds": 60, "echelon": 1}]}]
    )
    valid_from: AwareDatetime | None = Field(None, description="生效时间；不填为立即")
    note: str = Field("", max_length=2000)


class PlanOut(Schema):
    id: int
    queue: str
    valid_from: dt.datetime
    definition: dict[str, Any]
    note: str


class EchelonIn(Schema, extra="forbid"):
    org_id: int = Field(ge=1, le=BIGGEST_KEY)
    echelon: int = Field(ge=0, le=99)
    reason: str = Field("", max_length=2000)


class EchelonOut(Schema):
    id: int
    org_id: int
    org_name: str
    echelon: int
    started_at: dt.datetime
    ended_at: dt.datetime | None
    reason: str


class EchelonsOut(Schema):
    items: list[EchelonOut]


class RerouteIn(Schema, extra="forbid"):
    queue_id: int = Field(ge=1, le=BIGGEST_KEY)


def _by_code(code: str) -> Queue:
    queue = Queue.objects.select_related("org").filter(code=code).first()
    if queue is None:
        raise NotFound(_("没有这个队列"))
    return queue


@router.get("/queues", response=QueuesOut, summary="队列列表", operation_id="queues_list")
def list_queues(request: HttpRequest) -> Any:
    """Queues of the units I may see, with who waits now."""
    actor, now = actor_of(request), moment.now()
    rows = list(Queue.objects.select_related("org").visible_to(actor, "queue.view"))
    now_in, in_force = figures([row.pk for row in rows]), plans.plans_in_force(rows, now)
    return {
        "items": [
            {
                "id": row.pk, "code": row.code, "name": row.label, "org_id": row.org_id, "channels": row.channels,
                "topics": row.topics, "channel_class": row.channel_class, "active": row.active,
                "open": row.active and plans.is_open(in_force[row.pk].hours, row.org, now),
                "waiting": now_in[row.pk].waiting, "ringing": now_in[row.pk].ringing,
                "in_service": now_in[row.pk].in_service, "longest_since": now_in[row.pk].longest_since,
            }
            for row in rows
        ]
    }  # fmt: skip


@router.get(
    "/queues/{code}/estimate", response=EstimateOut, auth=ANYONE, summary="预计等待", operation_id="queue_estimate"
)
def estimate(
    request: HttpRequest,
    code: Code,
    contact_id: int | None = Query(None, ge=1, le=BIGGEST_KEY, description="我的联络；给出时返回本人的位置"),
    access: str | None = Query(None, max_length=400),
) -> Any:
    """Open or not, expected wait and place: of the next who comes, or with ``contact_id`` and ``access`` of one who
    waits. 404 for a queue out of use, or a conversation that is not the caller's."""
    queue = _by_code(code)
    actor, target = actor_of(request), None
    if contact_id is not None:
        target = Contact.objects.select_related("queue__org", "org").filter(pk=contact_id, queue=queue).first()
        known = target is not None and (
            opens(access, target) if actor.kind == "customer" else actor.can("contacts.view", target.org.path)
        )
        if not known:
            raise NotFound()
    if not queue.active and actor.kind == "customer":
        raise NotFound(_("没有这个队列"))
    found = plans.estimate(target or queue, moment.now())
    return {
        "open": found.open, "expected_seconds": found.seconds, "p90_seconds": found.p90_seconds,
        "position": found.position, "text": found.text, "offer_callback": found.offer_callback,
        "offer_message": found.offer_message, "message_only": found.message_only,
    }  # fmt: skip


@router.post("/queues/{code}/plan", response={201: PlanOut}, summary="设定队列方案", operation_id="queue_plan")
def set_plan(request: HttpRequest, code: Code, body: PlanIn) -> Any:
    """A plan from a moment on; 422 names each fault by its field (``ladder.0.after_seconds``)."""
    actor, queue = actor_of(request), _by_code(code)

    def run() -> dict[str, Any]:
        row = actions.set_plan(actor, queue.pk, body.definition, valid_from=body.valid_from, note=body.note)
        return PlanOut(
            id=row.pk, queue=queue.code, valid_from=row.valid_from, definition=row.definition, note=row.note
        ).model_dump(mode="json")

    return Status(201, write(request, actor, f"queue.plan:{code}", body, run))


def _echelon(row: EchelonActivation) -> dict[str, Any]:
    return EchelonOut(
        id=row.pk, org_id=row.org_id, org_name=row.org.label, echelon=row.echelon, started_at=row.started_at,
        ended_at=row.ended_at, reason=row.reason,
    ).model_dump(mode="json")  # fmt: skip


@router.get("/echelons", response=EchelonsOut, summary="应急梯队", operation_id="echelons_list")
def list_echelons(request: HttpRequest, active: bool = Query(True, description="只列启动中的")) -> Any:
    """Reserves called in, newest first."""
    rows = EchelonActivation.objects.select_related("org").visible_to(actor_of(request), "queue.view")
    rows = rows.filter(ended_at=None) if active else rows
    return {"items": [_echelon(row) for row in rows.order_by("-started_at")[:200]]}


@router.post("/echelons", response={201: EchelonOut}, summary="启动应急梯队", operation_id="echelon_activate")
def activate(request: HttpRequest, body: EchelonIn) -> Any:
    """409 when it is called in already."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        org = OrgUnit.objects.filter(pk=body.org_id).first()
        if org is None:
            raise InvalidInput({"org_id": _("没有这个单位，请重新选择")})
        return _echelon(actions.activate_echelon(actor, org=org, echelon=body.echelon, reason=body.reason))

    return Status(201, write(request, actor, "echelon.activate", body, run))


@router.post(
    "/echelons/{activation_id}/release", response=EchelonOut, summary="解除应急梯队", operation_id="echelon_release"
)
def release(request: HttpRequest, activation_id: Key) -> Any:
    """What the reserves have in hand they finish."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return _echelon(actions.release_echelon(actor, activation_id))

    return write(request, actor, f"echelon.release:{activation_id}", {}, run)


@router.post("/contacts/{contact_id}/reroute", response=ContactOut, summary="改派队列", operation_id="contact_reroute")
def reroute(request: HttpRequest, contact_id: Key, body: RerouteIn) -> Any:
    """Move somebody who waits to another queue; the place goes with them."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return contact_out(actor, actions.reroute_contact(actor, contact_id, body.queue_id))

    return write(request, actor, f"contact.reroute:{contact_id}", body, run)
