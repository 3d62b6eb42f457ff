"""The crew's phone: what we have in hand, and the leader's view of the crew."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field import queries
from denghuo.apps.field.access import own_crew_id, personal
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.field.planning import turns
from denghuo.apps.field.suggestions import travel_for
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.http import actor_of
from denghuo.engine.dispatch import travel_minutes


def own_crew(actor: Actor) -> Crew:
    """The actor's crew. Raises NotAllowed for somebody in none."""
    crew_id = own_crew_id(actor)
    crew = None if crew_id is None else Crew.objects.select_related("org__parent").filter(pk=crew_id).first()
    if crew is None:
        raise NotAllowed(_("您不在任何抢修班组中，请联系班长或系统管理员"))
    return crew


def way_to(crew: Crew, order: WorkOrder) -> dict[str, Any] | None:
    """Straight-line estimate of the way from the crew's last known place; None when the place is unknown."""
    if order.lon is None or order.lat is None:
        return None
    km, minutes = travel_minutes((crew.lon, crew.lat), (order.lon, order.lat), travel_for(order.request))
    return {"km": round(km, 1), "minutes": max(1, round(minutes))}


def cards(actor: Actor, crew: Crew) -> list[dict[str, Any]]:
    """What the crew has in hand, in the order to be worked."""
    orders = turns.orders_in_turn(crew.pk)
    clocks = queries.live_clocks({order.request_id for order in orders})
    return [
        {
            "order": order,
            "person": personal(actor, order, order.request, ("caller_name", "address"), own_crew=crew.pk),
            "promise": queries.promise_of(clocks[order.request_id]) if order.arrived_at is None else None,
            "way": way_to(crew, order) if order.arrived_at is None else None,
        }
        for order in orders
    ]


@staff_page("order.work")
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """The crew's orders of today."""
    actor = actor_of(request)
    crew = own_crew(actor)
    context = {"crew": crew, "cards": cards(actor, crew), "recent": queries.recent_orders(crew.pk)}
    return render(request, "field/orders.html", context | {"live_topics": [f"crew:{crew.pk}"]})


@staff_page("order.work")
@require_GET
def orders_list(request: HttpRequest) -> HttpResponse:
    """The list alone, for live refresh."""
    actor = actor_of(request)
    crew = own_crew(actor)
    context = {"crew": crew, "cards": cards(actor, crew), "recent": queries.recent_orders(crew.pk)}
    return render(request, "field/_orders.html", context)


@staff_page("order.work")
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """The crew: its people, its orders, whether it is on duty."""
    actor = actor_of(request)
    crew = own_crew(actor)
    members = crew.members.select_related("staff").order_by("-is_leader", "staff__employee_no")
    context = {
        "crew": crew,
        "cards": cards(actor, crew),
        "recent": queries.recent_orders(crew.pk, limit=20),
        "members": members,
        "may_manage": actor.can("crew.manage", crew.org.path),
        "live_topics": [f"crew:{crew.pk}"],
    }
    return render(request, "field/crew.html", context)
