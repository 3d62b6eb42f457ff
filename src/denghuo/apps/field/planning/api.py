"""Plans over REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.field.planning import actions, areas, dragging
from denghuo.apps.field.planning.models import DispatchPlan
from denghuo.core.errors import NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write

router = Router(tags=["field"], auth=StaffAuth())


class PlanStopOut(Schema):
    """One visit: when the crew leaves for it, arrives, begins, is done; ``late`` minutes after the promise."""

    request: int
    order: int | None
    state: str
    leave_for: dt.datetime
    arrive: dt.datetime
    begin: dt.datetime
    done: dt.datetime
    promised: dt.datetime | None
    late: float
    km: float
    frozen: bool
    emergency: str


class PlanChangeOut(Schema):
    """What accepting would do: ``from_crew`` null sends a waiting request, else an order changes crews."""

    request: int
    order: int | None
    from_crew: int | None
    to_crew: int


class PlanFiguresOut(Schema):
    """Promises missed, minutes late, km driven, minutes of overtime, crews changed, left out, cost."""

    late: int
    late_minutes: float
    km: float
    overtime: float
    moved: int
    left: int
    cost: float


class DispatchPlanOut(Schema):
    """A plan; ``learned``: share of the driving times that are learned, the others are straight-line estimates."""

    id: int
    area_id: int
    state: str
    cause: str
    made_at: dt.datetime
    solve_ms: int
    learned: float
    plan: dict[str, list[PlanStopOut]]
    left: list[int]
    changes: list[PlanChangeOut]
    figures: PlanFiguresOut
    current: PlanFiguresOut


class PlanRejectIn(Schema):
    reason: str = Field("", max_length=4000)


class PlanMoveIn(Schema):
    """To which crew, and before which request of its route; null: at the end."""

    request_id: int = Field(ge=1, le=BIGGEST_KEY)
    crew_id: int = Field(ge=1, le=BIGGEST_KEY)
    before_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class PlanRefusalOut(Schema):
    crew_id: int
    why: str


class PlanMoveOut(Schema):
    """``change`` by figure, negative saves; ``words`` says the same; ``why`` where it is not allowed."""

    allowed: bool
    why: str
    begin: dt.datetime | None
    late: int
    change: dict[str, float]
    words: list[str]


class PlanIdOut(Schema):
    id: int


class PlanDecidedOut(Schema):
    """How many requests were sent, orders moved to another crew, and changes passed over for what happened since."""

    id: int
    state: str
    sent: int
    moved: int
    skipped: int


@router.get("/dispatch/plan", response=DispatchPlanOut, summary="最新派单计划", operation_id="plan_latest")
def latest(request: HttpRequest, area: Annotated[int, Query(ge=1, le=BIGGEST_KEY)]) -> Any:
    """The newest plan of an area; 404 when there is none or the area is not the caller's."""
    actor = actor_of(request)
    unit = next((one for one in areas.areas_for(actor) if one.pk == area), None)
    plan = None if unit is None else actions.latest(unit)
    if plan is None:
        raise NotFound(_("没有派单计划"))
    return plan_out(plan)


@router.post(
    "/dispatch/plans/{plan_id}/accept", response=PlanDecidedOut, summary="采用派单计划", operation_id="plan_accept"
)
def accept(request: HttpRequest, plan_id: Key) -> Any:
    """Send what the plan says; 409 when it is decided or a newer one is there."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        plan = actions.accept_plan(actor, plan_id)
        counts = {name: len(keys) for name, keys in plan.body["done"].items()}
        return {"id": plan.pk, "state": str(plan.state), **counts}

    return write(request, actor, "plan.accept", {"plan_id": plan_id}, run)


@router.post(
    "/dispatch/plans/{plan_id}/reject", response=PlanIdOut, summary="不采用派单计划", operation_id="plan_reject"
)
def reject(request: HttpRequest, plan_id: Key, body: PlanRejectIn) -> Any:
    """Leave everything as it is."""
    actor = actor_of(request)
    payload = body.model_dump() | {"plan_id": plan_id}
    return write(
        request, actor, "plan.reject", payload,
        lambda: {"id": actions.reject_plan(actor, plan_id, reason=body.reason).pk},
    )  # fmt: skip


@router.post(
    "/dispatch/plans/{plan_id}/move-cost", response=PlanMoveOut, summary="移动工单的代价", operation_id="plan_move_cost"
)
def move_cost(request: HttpRequest, plan_id: Key, body: PlanMoveIn) -> Any:
    """What a drag would add; changes nothing."""
    return dragging.cost_of_move(
        actor_of(request), plan_id, body.request_id, crew_id=body.crew_id, before_id=body.before_id
    )


@router.get(
    "/dispatch/plans/{plan_id}/refusals",
    response=list[PlanRefusalOut],
    summary="不能承接工单的班组",
    operation_id="plan_refusals",
)
def refusals(request: HttpRequest, plan_id: Key, request_id: Key) -> Any:
    """Crews that cannot take the order, each with the reason."""
    found = dragging.refusals(actor_of(request), plan_id, request_id)
    return [{"crew_id": pk, "why": why} for pk, why in found.items()]


@router.post("/dispatch/plans/{plan_id}/lock", response=PlanIdOut, summary="移动并锁定工单", operation_id="plan_lock")
def lock(request: HttpRequest, plan_id: Key, body: PlanMoveIn) -> Any:
    """Fix the crew and show the plan with the order there; gives the new plan. 422 when the crew cannot take it."""
    actor = actor_of(request)
    payload = body.model_dump() | {"plan_id": plan_id}
    return write(
        request, actor, "order.lock", payload,
        lambda: {
            "id": dragging.pin(actor, plan_id, body.request_id, crew_id=body.crew_id, before_id=body.before_id).pk
        },
    )  # fmt: skip


@router.post(
    "/dispatch/requests/{request_id}/unlock", response={204: None}, summary="解除锁定", operation_id="order_unlock"
)
def unlock(request: HttpRequest, request_id: Key) -> Any:
    """Let the planner choose the crew again."""
    actor = actor_of(request)
    write(request, actor, "order.unlock", {"request_id": request_id}, lambda: actions.unlock_order(actor, request_id))
    return Status(204, None)


def plan_out(plan: DispatchPlan) -> dict[str, Any]:
    """A plan as the API shows it."""
    body = plan.body
    return {
        "id": plan.pk, "area_id": plan.org_id, "state": plan.state, "cause": plan.cause, "made_at": plan.made_at,
        "solve_ms": plan.solve_ms, "learned": body["learned"], "plan": body["plan"],
        "left": [*body["left"], *body["unplaced"]],
        "changes": [
            {"request": one["request"], "order": one["order"], "from_crew": one["from"], "to_crew": one["to"]}
            for one in body["changes"]
        ],
        "figures": plan.costs["plan"], "current": plan.costs["current"],
    }  # fmt: skip
