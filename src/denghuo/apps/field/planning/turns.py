"""In which turn a crew works what it has in hand: as the plan of its area has it, so that board and phone say the same."""

from __future__ import annotations

from denghuo.apps.field import queries
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.field.planning import areas
from denghuo.apps.field.planning.models import DispatchPlan, PlanState
from denghuo.apps.requests.choices import Urgency

UNDER_WAY = (OrderState.ARRIVED, OrderState.DEPARTED)


def orders_in_turn(crew_id: int) -> list[WorkOrder]:
    """What a crew has in hand: what it is on, then urgent work that no plan has seen yet, then the plan's sequence, then the
    rest as :func:`queries.crew_orders` has it. A plan that was not accepted because somebody rejected it does not count.

    Indexes field_order_open and field_plan_org; the plan is not read when there is nothing to choose between.
    """
    rows = list(queries.crew_orders(crew_id))
    ahead = [order for order in rows if order.state not in UNDER_WAY]
    if len(ahead) < 2:
        return rows
    turn = {key: place for place, key in enumerate(planned(crew_id))}
    if not turn:
        return rows

    def key(order: WorkOrder) -> tuple[int, int]:
        if order.state in UNDER_WAY:
            return 0, 0
        if order.request_id in turn:
            return 2, turn[order.request_id]
        return (1 if order.request.urgency == Urgency.URGENT else 3), 0

    return sorted(rows, key=key)


def planned(crew_id: int) -> list[int]:
    """Requests of a crew in the newest plan of its area that nobody rejected, in its sequence; empty without one."""
    crew = Crew.objects.select_related("org").filter(pk=crew_id).first()
    area = None if crew is None else areas.area_of(crew.org)
    if area is None:
        return []
    plans = DispatchPlan.objects.filter(org=area).exclude(state=PlanState.REJECTED).order_by("-id")
    stops = plans.values_list(f"body__plan__{crew_id}", flat=True).first()
    return [int(stop["request"]) for stop in stops or ()]
