"""Reads of orders and crews that several callers need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from denghuo.apps.field.access import may_see, orders_seen_by, own_crew_id
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, Crew, CrewReport, WorkOrder
from denghuo.apps.requests.choices import RequestState, RequestType, Urgency
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clocks_for_many
from denghuo.core.errors import NotFound

VIEW = "field.view"
PROMISE = ("arrival.standard", "arrival.mean")  # the first that is there is shown as the promise
# What a crew is doing decides what it should see first; a busier state also names what the crew does on the map.
PROGRESS = {"arrived": 0, "departed": 1, "accepted": 2, "sent_back": 3, "sent": 4}
_RELATED = ("org", "crew__org", "request__org", "request__transformer__feeder__substation")
_LIVE = Q(state__in=OPEN_STATES) & ~Q(state__in=[OrderState.PASSED, OrderState.WITHDRAWN])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for a crew, with its clocks by kind."""

    request: Request
    clocks: dict[str, Clock]

    @property
    def dispatch_clock(self) -> Clock | None:
        return self.clocks.get("dispatch")

    @property
    def promise(self) -> Clock | None:
        return promise_of(self.clocks)


def waiting_for_dispatch(actor: Actor, limit: int = 100) -> list[Waiting]:
    """Accepted fault reports without a crew, urgent ones first, then longest waiting (index requests_org_state)."""
    rows = (
        Request.objects.visible_to(actor, "order.dispatch")
        .filter(state=RequestState.ACCEPTED, type=RequestType.FAULT_REPORT)
        .select_related("org", "transformer__feeder", "account", "outage")
        .order_by(_urgent_first(), "accepted_at", "pk")[:limit]
    )
    found = list(rows)
    clocks = live_clocks(request.pk for request in found)
    return [Waiting(request, clocks[request.pk]) for request in found]


def live_clocks(request_ids: Iterable[int]) -> dict[int, dict[str, Clock]]:
    """Request id → its newest clock of each kind, in one query."""
    found = clocks_for_many("request", request_ids)
    return {key: {clock.kind: clock for clock in clocks} for key, clocks in found.items()}


def promise_of(clocks: dict[str, Clock]) -> Clock | None:
    """The clock a crew races against: the arrival limit of this order."""
    return next((clocks[kind] for kind in PROMISE if kind in clocks), None)


def running_orders(actor: Actor, limit: int = 200) -> list[WorkOrder]:
    """Orders in a crew's hands in the units the actor watches, oldest first (index field_order_running).

    ``late`` on each: a crew went on working for its request, without a line, after its own order was called back (index
    field_report_kept).
    """
    kept = CrewReport.objects.filter(outcome="kept", order__request_id=OuterRef("request_id"))
    rows = WorkOrder.objects.filter(orders_seen_by(actor), state__in=OPEN_STATES).annotate(late=Exists(kept))
    return list(rows.select_related("crew", "request__org", "org").order_by("sent_at", "pk")[:limit])


def orders_seen(actor: Actor) -> QuerySet[WorkOrder]:
    """All orders the actor may read, newest first (index field_order_org)."""
    return WorkOrder.objects.filter(orders_seen_by(actor)).select_related(*_RELATED).order_by("-sent_at", "-pk")


def crew_orders(crew_id: int) -> QuerySet[WorkOrder]:
    """What a crew has in hand: what it is on first, then urgent, then longest waiting (index field_order_open)."""
    urgent = Case(When(request__urgency=Urgency.URGENT, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = WorkOrder.objects.filter(_LIVE, crew_id=crew_id).select_related(*_RELATED)
    return rows.order_by(_step(), urgent, "sent_at", "pk")


def recent_orders(crew_id: int, limit: int = 10) -> list[WorkOrder]:
    """What a crew returned lately and is not in its hands now, newest first."""
    rows = WorkOrder.objects.filter(crew_id=crew_id).exclude(state__in=[*OPEN_STATES, OrderState.WITHDRAWN])
    return list(rows.select_related("request", "org").order_by("-sent_at")[:limit])


def order_detail(actor: Actor, order_id: int) -> WorkOrder:
    """One order with request, crew and supply path. Raises NotFound also when the actor may not see it."""
    rows = WorkOrder.objects.select_related(*_RELATED, "request__account__customer")
    order = rows.filter(pk=order_id).first()
    if order is None or not may_see(actor, order):
        raise NotFound(_("没有这张工单"))
    return order


def crews_seen(actor: Actor) -> QuerySet[Crew]:
    """Crews under the actor's ``field.view``, and their own, each with ``in_hand`` orders and the state
    of the one it is ``doing``."""
    mine = own_crew_id(actor)
    visible = Crew.objects.visible_to(actor, VIEW)
    rows = visible if mine is None else Crew.objects.filter(Q(pk__in=visible.values("pk")) | Q(pk=mine))
    # Sub-selects that keep to the partial index of open orders: a join would read every order a crew ever had.
    live = WorkOrder.objects.filter(_LIVE, crew=OuterRef("pk")).order_by()
    held = live.values("crew").annotate(n=Count("pk")).values("n")
    on = live.order_by(_step(), "sent_at").values("state")[:1]
    told = rows.annotate(in_hand=Coalesce(Subquery(held), 0), doing=Subquery(on))
    return told.select_related("org__parent").order_by("code")


def crew_states(crew_ids: Iterable[int]) -> dict[int, WorkOrder]:
    """The order each crew is on: the furthest along of those in its hands."""
    rows = WorkOrder.objects.filter(_LIVE, crew_id__in=list(crew_ids)).select_related("request").order_by("sent_at")
    busy: dict[int, WorkOrder] = {}
    for order in rows:
        held = busy.get(order.crew_id)
        if held is None or PROGRESS[order.state] < PROGRESS[held.state]:
            busy[order.crew_id] = order
    return busy


def crews_on_map(actor: Actor) -> list[dict[str, Any]]:
    """Crews with their place and what each is doing: ``state`` is free, off, or the state of its order."""
    crews = list(crews_seen(actor))
    busy = crew_states(crew.pk for crew in crews)
    return [{"crew": crew, "order": busy.get(crew.pk), "state": state_of(crew, busy.get(crew.pk))} for crew in crews]


def state_of(crew: Crew, order: WorkOrder | None) -> str:
    """What a crew is doing, in one word."""
    if order is not None:
        return str(order.state)
    return "free" if crew.on_duty else "off"


def _step() -> Case:
    return Case(*(When(state=state, then=Value(rank)) for state, rank in PROGRESS.items()), default=Value(9))


def _urgent_first() -> Case:
    return Case(When(urgency=Urgency.URGENT, then=Value(0)), default=Value(1), output_field=IntegerField())
