"""REST endpoints of the field app: thin, typed, documented."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.field import actions, queries
from denghuo.apps.field.access import own_crew_id, personal
from denghuo.apps.field.api_phone import router as phone
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, Crew, OrderPhoto, WorkOrder
from denghuo.apps.field.planning import turns
from denghuo.apps.field.planning.api import router as planning
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write

router = Router(tags=["field"], auth=StaffAuth())
router.add_router("/crew-phone", phone)
router.add_router("", planning)

State = Literal["sent", "accepted", "departed", "arrived", "finished", "passed", "sent_back", "withdrawn"]


class PersonOut(Schema):
    """Whom the crew goes to; masked for readers without the permission."""

    name: str
    phone: str
    address: str


class OrderOut(Schema):
    """A work order with what of its request a crew needs."""

    id: int
    number: str
    state: str
    round: int
    visit: int
    request_id: int
    request_number: str
    crew_id: int
    crew_name: str
    urgency: str
    area_type: str
    fault_class: str
    phenomenon: str
    description: str
    person: PersonOut
    lon: float | None
    lat: float | None
    note: str
    sent_at: dt.datetime
    accepted_at: dt.datetime | None
    departed_at: dt.datetime | None
    arrived_at: dt.datetime | None
    finished_at: dt.datetime | None
    cause: str
    result: str
    restored_at: dt.datetime | None
    send_back_reason: str


class OrdersOut(Schema):
    """A page of orders; ``next`` goes into ``before`` for the next page, null on the last."""

    items: list[OrderOut]
    next: int | None


class DispatchIn(Schema):
    request_id: int = Field(ge=1, le=BIGGEST_KEY)
    crew_id: int = Field(ge=1, le=BIGGEST_KEY)
    note: str = Field("", max_length=4000)
    at: AwareDatetime | None = None


class StepIn(Schema):
    """When the step was taken; omitted: now."""

    at: AwareDatetime | None = None


class ArriveIn(StepIn):
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)


class FinishIn(StepIn):
    cause: str = Field("", max_length=64, description="FaultCause：原因的第一级")
    cause_code: str = Field("", max_length=80, examples=["equipment.fuse"], description="原因分类路径，可只给第一级")
    result: str = Field("", max_length=20000)
    restored_at: AwareDatetime | None = None
    no_signature_reason: str = Field("", max_length=4000, description="没有客户签名时必填")


class WithdrawIn(StepIn):
    reason: str = Field("", max_length=4000)


class RedispatchIn(Schema):
    crew_id: int = Field(ge=1, le=BIGGEST_KEY)
    reason: str = Field("", max_length=4000)


class PositionIn(StepIn):
    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)


class DutyIn(Schema):
    on_duty: bool


class PhotoOut(Schema):
    id: int
    client_id: uuid.UUID
    kind: str
    at: dt.datetime
    width: int | None
    height: int | None


class CrewOut(Schema):
    id: int
    code: str
    name: str
    org_id: int
    skills: list[str]
    on_duty: bool
    state: str
    open_orders: int
    lon: float
    lat: float
    positioned_at: dt.datetime | None


class CrewsOut(Schema):
    items: list[CrewOut]


class SuggestionOut(Schema):
    """A crew that may go; scores in 0–1, minutes are from the crews' journeys (``learned``) or straight-line estimates."""

    crew_id: int
    crew_name: str
    score: float
    parts: dict[str, float]
    reasons: list[str]
    eta_minutes: int | None
    eta_low: int | None
    eta_high: int | None
    road_km: float | None
    open_orders: int
    reach: str
    learned: bool


class SuggestionsOut(Schema):
    items: list[SuggestionOut]


@router.get("/orders", response=OrdersOut, summary="作业工单列表", operation_id="orders_list")
def list_orders(
    request: HttpRequest,
    mine: bool = False,
    open_only: Annotated[bool, Query(alias="open")] = False,
    state: State | None = None,
    crew_id: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
    before: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Orders the caller may see, newest first. ``mine&open``: the caller's crew's, in the order to be worked, unpaged."""
    actor = actor_of(request)
    own = own_crew_id(actor)
    if mine and open_only:
        rows = turns.orders_in_turn(own)[:limit] if own is not None else []
        return {"items": [order_out(actor, row, own) for row in rows], "next": None}
    found = queries.orders_seen(actor).order_by("-pk")
    if mine:
        found = found.filter(crew_id=own) if own is not None else found.none()
    if open_only:
        found = found.filter(state__in=OPEN_STATES)
    if state:
        found = found.filter(state=state)
    if crew_id:
        found = found.filter(crew_id=crew_id)
    if before:
        found = found.filter(pk__lt=before)
    rows = list(found[: limit + 1])
    more = rows[limit - 1].pk if len(rows) > limit else None
    return {"items": [order_out(actor, row, own) for row in rows[:limit]], "next": more}


@router.get("/orders/{order_id}", response=OrderOut, summary="作业工单", operation_id="order_get")
def get_order(request: HttpRequest, order_id: Key) -> Any:
    """One order; 404 when it does not exist or is not the caller's to see."""
    return _order(actor_of(request), order_id)


@router.post("/orders", response={201: OrderOut}, summary="派单", operation_id="order_dispatch")
def dispatch(request: HttpRequest, body: DispatchIn) -> Any:
    """Send a crew to an accepted request. 409 when it does not wait for dispatch, 422 when the crew cannot go."""
    actor = actor_of(request)

    def run() -> dict[str, int]:
        order = actions.dispatch_request(actor, body.request_id, crew_id=body.crew_id, note=body.note, at=body.at)
        return {"id": order.pk}

    return Status(201, _order(actor, write(request, actor, "order.dispatch", body, run)["id"]))


@router.post("/orders/{order_id}/accept", response=OrderOut, summary="接单", operation_id="order_accept")
def accept(request: HttpRequest, order_id: Key, body: StepIn | None = None) -> Any:
    """The crew takes the order on. A repeated step without the same Idempotency-Key is a 409 with the present state."""
    step = body or StepIn(at=None)
    return _step(
        request, "order.accept", order_id, step, lambda actor: actions.accept_order(actor, order_id, at=step.at)
    )


@router.post("/orders/{order_id}/depart", response=OrderOut, summary="出发", operation_id="order_depart")
def depart(request: HttpRequest, order_id: Key, body: StepIn | None = None) -> Any:
    """The crew sets out."""
    step = body or StepIn(at=None)
    return _step(
        request, "order.depart", order_id, step, lambda actor: actions.depart_order(actor, order_id, at=step.at)
    )


@router.post("/orders/{order_id}/arrive", response=OrderOut, summary="到达现场", operation_id="order_arrive")
def arrive(request: HttpRequest, order_id: Key, body: ArriveIn | None = None) -> Any:
    """The crew is there; ``lon`` and ``lat`` (WGS-84) tell from where it says so."""
    step = body or ArriveIn(at=None, lon=None, lat=None)
    return _step(
        request, "order.arrive", order_id, step,
        lambda actor: actions.arrive_order(actor, order_id, at=step.at, lon=step.lon, lat=step.lat),
    )  # fmt: skip


@router.post("/orders/{order_id}/finish", response=OrderOut, summary="回单", operation_id="order_finish")
def finish(request: HttpRequest, order_id: Key, body: FinishIn) -> Any:
    """Cause and result; photos and signature must be there already, or the reason why no signature."""
    return _step(
        request, "order.finish", order_id, body,
        lambda actor: actions.finish_order(
            actor, order_id, cause=body.cause, cause_code=body.cause_code, result=body.result, restored_at=body.restored_at,
            no_signature_reason=body.no_signature_reason, at=body.at,
        ),
    )  # fmt: skip


@router.post("/orders/{order_id}/withdraw", response=OrderOut, summary="撤回工单", operation_id="order_withdraw")
def withdraw(request: HttpRequest, order_id: Key, body: WithdrawIn) -> Any:
    """Call the crew back before it has returned the order; the request waits for dispatch again."""
    return _step(
        request, "order.withdraw", order_id, body,
        lambda actor: actions.withdraw_order(actor, order_id, reason=body.reason, at=body.at),
    )  # fmt: skip


@router.post("/orders/{order_id}/redispatch", response={201: OrderOut}, summary="改派", operation_id="order_redispatch")
def redispatch(request: HttpRequest, order_id: Key, body: RedispatchIn) -> Any:
    """Call one crew back and send another, both or neither; gives the new order."""
    actor = actor_of(request)
    payload = body.model_dump() | {"order_id": order_id}

    def run() -> dict[str, int]:
        return {"id": actions.redispatch_order(actor, order_id, crew_id=body.crew_id, reason=body.reason).pk}

    return Status(201, _order(actor, write(request, actor, "order.redispatch", payload, run)["id"]))


@router.post(
    "/orders/{order_id}/photos",
    response={201: PhotoOut},
    summary="上传照片或签名",
    operation_id="order_photo",
    url_name="order_photo",
)
def add_photo(
    request: HttpRequest,
    order_id: Key,
    file: Annotated[UploadedFile, File()],
    client_id: Annotated[uuid.UUID, Form()],
    kind: Annotated[Literal["before", "after", "scene", "signature"], Form()] = "scene",
) -> Any:
    """An image of at most the policy's size. ``client_id`` is made by the sender: sending again doubles nothing."""
    actor = actor_of(request)
    photo = actions.add_photo(actor, order_id, file=file, kind=kind, client_id=client_id)
    return Status(201, photo_out(photo))


@router.get("/crews", response=CrewsOut, summary="抢修班组", operation_id="crews_list")
def list_crews(request: HttpRequest) -> Any:
    """Crews the caller may see, with place, state and orders in hand."""
    return {"items": [crew_out(row["crew"], row["state"]) for row in queries.crews_on_map(actor_of(request))]}


@router.post("/crews/{crew_id}/position", response=CrewOut, summary="上报班组位置", operation_id="crew_position")
def position(request: HttpRequest, crew_id: Key, body: PositionIn) -> Any:
    """Where the crew is (WGS-84). An older position than the known one changes nothing."""
    actor = actor_of(request)
    actions.position_crew(actor, crew_id, lon=body.lon, lat=body.lat, at=body.at)
    return _crew(actor, crew_id)


@router.post("/crews/{crew_id}/duty", response=CrewOut, summary="班组值班状态", operation_id="crew_duty")
def duty(request: HttpRequest, crew_id: Key, body: DutyIn) -> Any:
    """Put a crew on or off duty; off only with no orders in hand."""
    actor = actor_of(request)
    actions.set_duty(actor, crew_id, on_duty=body.on_duty)
    return _crew(actor, crew_id)


@router.get(
    "/requests/{request_id}/crew-suggestions",
    response=SuggestionsOut,
    summary="推荐班组",
    operation_id="request_crew_suggestions",
)
def suggestions(request: HttpRequest, request_id: Key) -> Any:
    """Crews that may go, best first: α·distance + β·skill match + γ·load balance, each part in 0–1."""
    found = actions.suggest_crews(actor_of(request), request_id)
    return {
        "items": [
            {
                "crew_id": one.crew.pk,
                "crew_name": one.crew.name,
                "score": one.score,
                "parts": one.parts,
                "reasons": list(one.reasons),
                "eta_minutes": one.eta_minutes,
                "eta_low": one.eta_low,
                "eta_high": one.eta_high,
                "road_km": one.road_km,
                "open_orders": one.open_orders,
                "reach": one.reach,
                "learned": one.learned,
            }
            for one in found
        ]
    }


def order_out(actor: Actor, order: WorkOrder, own_crew: int | None) -> dict[str, Any]:
    """An order as the API shows it to ``actor``."""
    request = order.request
    shown = personal(actor, order, request, ("caller_name", "caller_phone", "address"), own_crew=own_crew)
    plain = ("id", "number", "state", "round", "visit", "lon", "lat", "note", "cause", "result", "send_back_reason")
    times = ("sent_at", "accepted_at", "departed_at", "arrived_at", "finished_at", "restored_at")
    return {
        **{name: getattr(order, name) for name in plain + times},
        "request_id": request.pk,
        "request_number": request.number,
        "crew_id": order.crew_id,
        "crew_name": order.crew.name,
        "urgency": request.urgency,
        "area_type": request.area_type,
        "fault_class": request.fault_class,
        "phenomenon": request.phenomenon,
        "description": request.description,
        "person": {"name": shown["caller_name"], "phone": shown["caller_phone"], "address": shown["address"]},
    }


def photo_out(photo: OrderPhoto) -> dict[str, Any]:
    """A photo as the API shows it."""
    file = photo.file
    return {
        "id": photo.pk, "client_id": file.client_id, "kind": photo.kind, "at": photo.at,
        "width": file.width, "height": file.height,
    }  # fmt: skip


def crew_out(crew: Crew, state: str) -> dict[str, Any]:
    """A crew as the API shows it."""
    plain = ("id", "code", "name", "org_id", "skills", "on_duty", "lon", "lat", "positioned_at")
    return {**{name: getattr(crew, name) for name in plain}, "state": state, "open_orders": crew.in_hand}  # type: ignore[attr-defined]


def _order(actor: Actor, order_id: int) -> dict[str, Any]:
    return order_out(actor, queries.order_detail(actor, order_id), own_crew_id(actor))


def _crew(actor: Actor, crew_id: int) -> dict[str, Any]:
    crew = queries.crews_seen(actor).filter(pk=crew_id).first()
    if crew is None:
        raise NotAllowed
    return crew_out(crew, queries.state_of(crew, queries.crew_states([crew_id]).get(crew_id)))


def _step(request: HttpRequest, name: str, order_id: int, body: StepIn, run: Any) -> dict[str, Any]:
    """One step under its Idempotency-Key. What is remembered is the order's id only, never personal data; a replayed
    call is answered with the order as it is now."""
    actor = actor_of(request)
    payload = body.model_dump(mode="json") | {"order_id": order_id}
    write(request, actor, name, payload, lambda: {"id": run(actor).pk})
    return _order(actor, order_id)


assert set(State.__args__) == set(OrderState.values)  # type: ignore[attr-defined]
