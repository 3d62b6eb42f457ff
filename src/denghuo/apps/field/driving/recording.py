"""A journey is kept when a crew arrives: where it stood when it left, and how long it took."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.field.driving.models import Journey
from denghuo.apps.field.models import WorkOrder
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber
from denghuo.core.scoping.models import OrgKind, OrgUnit


@subscriber("field.driving", kinds={"order.arrived"})
def follow_arrival(event: Event) -> None:
    """Keep the journey of an order's first arrival."""
    keep_journey(Actor.system("field.driving"), event.subject_id)


@action("journey.keep")
def keep_journey(actor: Actor, order_id: int) -> Journey | None:
    """The journey of an order's first visit; None when the crew's place at departure is not known well enough
    (``crew.position_stale_minutes``), when a time is missing, or when it was kept before."""
    order = WorkOrder.objects.select_related("org", "crew").get(pk=order_id)
    left, came = order.departed_at, order.arrived_at
    if left is None or came is None or came <= left or Journey.objects.filter(order=order).exists():
        return None
    start = place_at(order.crew_id, left, policies.get("crew.position_stale_minutes", order.org))
    end = _end_of(order)
    if start is None or end is None:
        return None
    return Journey.objects.create(
        org=city_of(order.org), order=order, start_lon=start[0], start_lat=start[1], end_lon=end[0], end_lat=end[1],
        departed_at=left, minutes=(came - left).total_seconds() / 60,
    )  # fmt: skip


def place_at(crew_id: int, at: dt.datetime, stale_minutes: float) -> tuple[float, float] | None:
    """Where a crew was last heard of before ``at``, unless that was too long ago (index of events by subject)."""
    rows = Event.objects.filter(
        subject_kind="crew", subject_id=crew_id, kind="crew.positioned", at__lte=at,
        at__gte=at - dt.timedelta(minutes=stale_minutes),
    )  # fmt: skip
    found = rows.order_by("-at", "-id").values_list("payload", flat=True).first()
    return None if found is None else (float(found["lon"]), float(found["lat"]))


def city_of(org: OrgUnit) -> OrgUnit:
    """The city a unit belongs to; the unit itself when there is none above it."""
    return OrgUnit.objects.filter(pk__in=org.ancestor_ids(), kind=OrgKind.CITY).first() or org


def _end_of(order: WorkOrder) -> tuple[float, float] | None:
    for lon, lat in ((order.arrived_lon, order.arrived_lat), (order.lon, order.lat)):
        if lon is not None and lat is not None:
            return lon, lat
    return None
