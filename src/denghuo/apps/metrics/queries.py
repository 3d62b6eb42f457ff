"""What the floor board shows. Every figure here comes from the projections the events keep."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg, Count, Q, Sum
from django.utils import timezone

from denghuo.apps.contacts.models import Contact
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.metrics.models import ArrivalRecord, FloorTally
from denghuo.apps.metrics.states import FINAL
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.clocks.models import Clock, ClockState
from denghuo.core.events.consumers import lag
from denghuo.core.scoping.models import units_under

PERMISSION = "floor.view"


@dataclass(frozen=True)
class Floor:
    """Everything the board shows at one moment, for the units an actor may watch."""

    at: dt.datetime
    contacts: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    today: dict[str, dict[str, int]] = field(default_factory=dict)
    arrivals: list[dict[str, Any]] = field(default_factory=list)


def floor(actor: Actor, now: dt.datetime | None = None) -> Floor:
    """Gauges and today's figures in one query on the tally table (index ``metrics_tally_day``), arrivals in another."""
    now = now or moment.now()
    today = timezone.localtime(now).date()
    rows = (
        FloorTally.objects.visible_to(actor, PERMISSION)
        .filter(Q(day=None) | Q(day=today))
        .values("day", "measure", "part")
        .annotate(n=Sum("count"))
    )
    gauges: dict[str, dict[str, int]] = defaultdict(dict)
    daily: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        (gauges if row["day"] is None else daily)[row["measure"]][row["part"]] = row["n"]
    return Floor(
        at=now,
        contacts=gauges.get("contact.state", {}),
        requests=gauges.get("request.state", {}),
        orders=gauges.get("order.state", {}),
        today=dict(daily),
        arrivals=arrivals_by_area(actor, today),
    )


def arrivals_by_area(actor: Actor, day: dt.date) -> list[dict[str, Any]]:
    """Mean minutes, count and share within the per-order standard, per area; the mean is held against the promise."""
    start = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    rows = (
        ArrivalRecord.objects.visible_to(actor, PERMISSION)
        .filter(arrived_at__gte=start, arrived_at__lt=start + dt.timedelta(days=1))
        .values("area_type")
        .annotate(n=Count("id"), mean=Avg("minutes"), met=Count("id", filter=Q(met=True)))
        .order_by("area_type")
    )
    promise = policies.get("clock.arrival.mean")
    standard = policies.get("clock.arrival.standard")
    return [
        row
        | {
            "promise": promise.get(row["area_type"]),
            "standard": standard.get(row["area_type"]),
            "kept": row["area_type"] in promise and row["mean"] <= promise[row["area_type"]],
            "met_share": row["met"] / row["n"],
        }
        for row in rows
    ]


def arrival_orders(actor: Actor, day: dt.date, limit: int = 400) -> list[ArrivalRecord]:
    """Today's arrivals one by one, newest first: the dots of the chart and the rows behind the mean."""
    start = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    return list(
        ArrivalRecord.objects.visible_to(actor, PERMISSION)
        .filter(arrived_at__gte=start, arrived_at__lt=start + dt.timedelta(days=1))
        .order_by("-arrived_at")[:limit]
    )


def clocks_running_out(actor: Actor, limit: int = 12) -> list[Clock]:
    """Running clocks nearest to their limit, overdue ones first (partial index on running clocks by due time)."""
    rows = Clock.objects.filter(state=ClockState.RUNNING).order_by("due_at")
    paths = actor.paths_for(PERMISSION)
    return list((rows if ROOT_PATH in paths else rows.filter(org__in=units_under(paths)))[:limit])


def numbers_of(request_ids: Iterable[int]) -> dict[int, str]:
    """Request id → number, for clocks that the actor may see anyway."""
    return dict(Request.objects.filter(pk__in=set(request_ids)).values_list("pk", "number"))


def crews_on_map(actor: Actor) -> list[dict[str, Any]]:
    """Crews with their place and what they are doing now."""
    crews = list(Crew.objects.visible_to(actor, PERMISSION).order_by("code"))
    busy: dict[int, WorkOrder] = {}
    running = WorkOrder.objects.filter(
        crew__in=[crew.pk for crew in crews], state__in=["sent", "accepted", "departed", "arrived", "sent_back"]
    ).order_by("sent_at")
    rank = {"arrived": 4, "departed": 3, "accepted": 2, "sent_back": 2, "sent": 1}
    for order in running:
        held = busy.get(order.crew_id)
        if held is None or rank[order.state] > rank[held.state]:
            busy[order.crew_id] = order
    return [
        {
            "id": crew.pk,
            "name": crew.name,
            "lon": crew.lon,
            "lat": crew.lat,
            "on_duty": crew.on_duty,
            "state": busy[crew.pk].state if crew.pk in busy else ("free" if crew.on_duty else "off"),
            "order": busy[crew.pk].number if crew.pk in busy else None,
            "positioned_at": crew.positioned_at,
        }
        for crew in crews
    ]


def differences() -> list[str]:
    """Where the event-kept gauges disagree with a count of the tables; empty when every event has been applied.

    Compares per unit and state. Meant for the accounting check after a replay or a crash, with writers at rest.
    """
    found = []
    for kind, model in (("contact", Contact), ("request", Request), ("order", WorkOrder)):
        fresh = {
            (row["org_id"], row["state"]): row["n"]
            for row in model._default_manager.exclude(state__in=FINAL[kind])
            .values("org_id", "state")
            .annotate(n=Count("pk"))
        }
        kept = {
            (row.org_id, row.part): row.count
            for row in FloorTally.objects.filter(day=None, measure=f"{kind}.state")
            if row.count
        }
        found += [
            f"{kind} org {key[0]} {key[1]}: table {fresh.get(key, 0)}, events {kept.get(key, 0)}"
            for key in sorted(fresh.keys() | kept.keys())
            if fresh.get(key, 0) != kept.get(key, 0)
        ]
    return found


def live_lag_seconds() -> float:
    """Age in seconds of the oldest event the floor has not yet applied; 0 when it is up to date."""
    return lag(["metrics.floor"])[0].seconds
