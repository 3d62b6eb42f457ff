"""REST endpoints of agents: signing on, modes, what rings and is in hand; supervisors set modes and profiles."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.agent_time import agents_day
from denghuo.apps.contacts.api.contacts import ContactOut, contact_out
from denghuo.apps.contacts.choices import AgentMode, AgentState, ContactState
from denghuo.apps.contacts.loads import CLASSES, NOTHING, capacity_of, loads
from denghuo.apps.contacts.models import AgentProfile, AgentSession, Contact
from denghuo.core import moment
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write

router = Router(tags=["agents"], auth=StaffAuth())


class SignOnIn(Schema, extra="forbid"):
    seat_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="坐席位；不填用固定座席")


class ModeIn(Schema, extra="forbid"):
    mode: str = Field(max_length=16, examples=["ready", "break", "meal", "training"])
    reason: str = Field("", max_length=2000)


class ProfileIn(Schema, extra="forbid"):
    capacity: dict[str, int] = Field(default={}, examples=[{"voice": 1, "chat": 3, "deferred": 1}])
    echelon: int = 0
    home_seat_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class AgentOut(Schema):
    """An agent. ``today``: seconds by state; ``load`` and ``capacity`` by channel class; ``next_mode`` waits for the end of
    the work in hand."""

    staff_id: int
    name: str
    org_id: int
    org_name: str
    mode: str
    state: str
    state_label: str
    state_since: dt.datetime | None
    next_mode: str
    reason: str
    seat: str | None
    echelon: int
    load: dict[str, int]
    capacity: dict[str, int]
    today: dict[str, int]


class ModeOut(AgentOut):
    """After a change of mode. ``pending``: it takes effect when the work in hand is done; ``notice`` is to be told."""

    pending: bool
    over_allowance: bool
    notice: str


class MeOut(AgentOut):
    """My session with what rings and what I serve."""

    offers: list[ContactOut]
    in_hand: list[ContactOut]


class AgentsOut(Schema):
    items: list[AgentOut]


class AliveOut(Schema):
    signed_on: bool


def agents_out(rows: list[AgentSession]) -> list[dict[str, Any]]:
    """Agents with their load, capacity and times of today; a fixed number of statements."""
    ids = [row.staff_id for row in rows]
    profiles = AgentProfile.objects.in_bulk(ids, field_name="staff_id")
    held, today = loads(ids), agents_day(ids, timezone.localdate(moment.now()))
    return [_agent(row, profiles.get(row.staff_id), held, today) for row in rows]


def _agent(row: AgentSession, profile: AgentProfile | None, held: Any, today: Any) -> dict[str, Any]:
    load = held.get(row.staff_id, NOTHING)
    return {
        "staff_id": row.staff_id,
        "name": row.staff.display_name,
        "org_id": row.org_id,
        "org_name": row.org.label,
        "mode": row.mode,
        "state": row.state,
        "state_label": str(AgentState(row.state).label),
        "state_since": row.state_since,
        "next_mode": row.next_mode,
        "reason": row.reason,
        "seat": row.seat.code if row.seat else None,
        "echelon": profile.echelon if profile else 0,
        "load": {str(kind): load[column] for column, kind in enumerate(CLASSES)},
        "capacity": capacity_of(profile, row.org),
        "today": today.get(row.staff_id, {}),
    }


def _rows() -> Any:
    return AgentSession.objects.select_related("staff", "org", "seat")


def _out(staff_id: int) -> dict[str, Any]:
    return AgentOut(**agents_out([_rows().get(staff_id=staff_id)])[0]).model_dump(mode="json")


def _changed(change: actions.ModeChange) -> dict[str, Any]:
    notice = _("手上的工作结束后生效") if change.pending else ""
    if change.over:
        told = {"used": round(change.used_minutes), "allowed": round(change.allowed_minutes or 0)}
        notice = "；".join(
            filter(None, [notice, _("今天该项已用 %(used)s 分钟，超过限额 %(allowed)s 分钟，已记录") % told])
        )
    return {**_out(change.session.staff_id), "pending": change.pending, "over_allowance": change.over, "notice": notice}


@router.get("/agent", response=MeOut, summary="我的坐席状态", operation_id="agent_me")
def me(request: HttpRequest) -> Any:
    """My session, what rings at my desk, what I serve; 404 for somebody who never signed on."""
    actor = actor_of(request)
    row = _rows().filter(staff_id=actor.id).first()
    if row is None:
        raise NotFound(_("您还没有签入过"))
    rows = Contact.objects.select_related("org", "queue")
    rung = rows.filter(state=ContactState.OFFERED, offered_to_id=actor.id).order_by("offered_at")
    held = rows.filter(state__in=[ContactState.IN_SERVICE, ContactState.WRAP_UP], agent_id=actor.id).order_by(
        "served_at"
    )
    return {
        **agents_out([row])[0],
        "offers": [contact_out(actor, one) for one in rung],
        "in_hand": [contact_out(actor, one) for one in held],
    }


@router.post("/agent/sign-on", response=AgentOut, summary="签入", operation_id="agent_sign_on")
def sign_on(request: HttpRequest, body: SignOnIn) -> Any:
    """Begin to work, ready. Again is harmless."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return _out(actions.sign_on(actor, seat_id=body.seat_id).staff_id)

    return write(request, actor, "agent.sign_on", body, run)


@router.post("/agent/sign-off", response=AgentOut, summary="签出", operation_id="agent_sign_off")
def sign_off(request: HttpRequest) -> Any:
    """409 while something is in hand."""
    actor = actor_of(request)
    return write(request, actor, "agent.sign_off", {}, lambda: _out(actions.sign_off(actor).staff_id))


@router.post("/agent/mode", response=ModeOut, summary="改变我的状态", operation_id="agent_mode")
def set_mode(request: HttpRequest, body: ModeIn) -> Any:
    """At once, or when the work in hand is done (``pending``)."""
    actor = actor_of(request)
    return write(request, actor, "agent.mode", body, lambda: _changed(actions.set_mode(actor, body.mode, body.reason)))


@router.post("/agent/heartbeat", response=AliveOut, summary="桌面报活", operation_id="agent_heartbeat")
def heartbeat(request: HttpRequest) -> Any:
    """The desk is alive; false tells it that the agent has been signed off."""
    return {"signed_on": actions.heartbeat(actor_of(request))}


@router.get("/agents", response=AgentsOut, summary="坐席列表", operation_id="agents_list")
def list_agents(
    request: HttpRequest,
    signed_on: bool = Query(True, description="只列已签入的"),
    limit: int = Query(500, ge=1, le=2000),
) -> Any:
    """Agents of the units I watch (partial index of those signed on)."""
    actor = actor_of(request)
    if not (actor.can_somewhere("agent.control") or actor.can_somewhere("floor.view")):
        raise NotAllowed(_("您的角色不能查看坐席状态"))
    permission = "floor.view" if actor.can_somewhere("floor.view") else "agent.control"
    rows = _rows().visible_to(actor, permission)
    if signed_on:
        rows = rows.exclude(mode=AgentMode.LOGGED_OUT)
    return {"items": agents_out(list(rows.order_by("staff_id")[:limit]))}


@router.post("/agents/{staff_id}/mode", response=ModeOut, summary="改变坐席状态", operation_id="agent_supervise")
def supervise(request: HttpRequest, staff_id: Key, body: ModeIn) -> Any:
    """A supervisor changes somebody's mode; the reason is required, kept and told to them."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return _changed(actions.supervise_mode(actor, staff_id, body.mode, body.reason))

    return write(request, actor, f"agent.supervise:{staff_id}", body, run)


@router.put("/agents/{staff_id}/profile", response=ProfileIn, summary="坐席档案", operation_id="agent_profile")
def set_profile(request: HttpRequest, staff_id: Key, body: ProfileIn) -> Any:
    """Capacity by channel class, reserve echelon, usual seat."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        row = actions.set_profile(
            actor, staff_id, capacity=body.capacity, echelon=body.echelon, home_seat_id=body.home_seat_id
        )
        return {"capacity": row.capacity, "echelon": row.echelon, "home_seat_id": row.home_seat_id}

    return write(request, actor, f"agent.profile:{staff_id}", body, run)


class DeclineIn(Schema, extra="forbid"):
    reason: str = Field("", max_length=200)


@router.post(
    "/contacts/{contact_id}/accept", response=ContactOut, summary="接听派来的联络", operation_id="contact_accept"
)
def accept(request: HttpRequest, contact_id: Key) -> Any:
    """409 when the offer ran out."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return contact_out(actor, actions.accept_offer(actor, contact_id))

    return write(request, actor, f"contact.accept:{contact_id}", {}, run)


@router.post("/contacts/{contact_id}/decline", response=ContactOut, summary="拒接", operation_id="contact_decline")
def decline(request: HttpRequest, contact_id: Key, body: DeclineIn) -> Any:
    """Back to the head of its queue; it counts like a missed one."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        return contact_out(actor, actions.decline_offer(actor, contact_id, reason=body.reason))

    return write(request, actor, f"contact.decline:{contact_id}", body, run)


@router.post(
    "/contacts/{contact_id}/end", response=ContactOut, summary="结束对话，进入小结", operation_id="contact_end"
)
def end(request: HttpRequest, contact_id: Key) -> Any:
    """The talk is over; the agent writes it up and closes."""
    actor = actor_of(request)
    if actor.kind != "staff":
        raise Conflict(_("请从原页面操作"))

    def run() -> dict[str, Any]:
        return contact_out(actor, actions.end_contact(actor, contact_id))

    return write(request, actor, f"contact.end:{contact_id}", {}, run)
