"""New weights for the quick rule, proposed from a unit's own finished orders and put into force by a person.

The engine plays the unit's past days again (:func:`denghuo.engine.dispatch.fit_weights`). What crews were on duty on a day
is told by who had orders that day; they begin at their base. Accepting writes dated policies with figures as their source.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.field.queries import live_clocks, promise_of
from denghuo.apps.field.suggestions import skills_for, travel_for, weights_for
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.policies.actions import set_value
from denghuo.core.scoping.models import OrgUnit, units_under
from denghuo.engine import dispatch

APPROVE: Final = "policy.approve"
KEYS: Final = ("distance", "skill", "load")
MOST_ORDERS: Final = 240  # a second or two of playing, which a page may take
EVERY: Final = 3
MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Proposal:
    """What past days say. ``fit`` None: too few days. ``first`` and ``last`` are the days that were played."""

    area: OrgUnit
    present: dispatch.Weights
    fit: dispatch.Fit | None
    days: int
    orders: int
    first: dt.date | None
    last: dt.date | None


def proposal(actor: Actor, area: OrgUnit) -> Proposal:
    """Weights that would have cost the unit's latest days least, beside those in force. Reads only.

    The latest orders that a crew reached and finished (index field_order_org). For who dispatches there or approves its
    policies. Raises NotAllowed.
    """
    if not actor.can(APPROVE, area.path):
        actor.require("order.dispatch", area.path)
    days = _days(area)
    present = _present(area)
    fit = dispatch.fit_weights(list(days.values()), present, every=EVERY) if len(days) >= EVERY else None
    dates = sorted(days)
    orders = sum(len(day.decisions) for day in days.values())
    return Proposal(area, present, fit, len(days), orders, dates[0] if dates else None, dates[-1] if dates else None)


@action("dispatch.accept_weights")
def accept_weights(actor: Actor, area_id: int, *, weights: Mapping[str, float], source: str) -> dict[str, float]:
    """Put α, β and γ into force for a unit from now on. Needs ``policy.approve`` over it.

    Raises NotAllowed, NotFound, InvalidInput (``weights``: not three finite numbers of at least 0 that are not all 0), and
    Conflict where a later value is set already.
    """
    area = OrgUnit.objects.filter(pk=area_id).first()
    if area is None:
        raise NotFound(_("没有这个单位"))
    actor.require(APPROVE, area.path)
    values = {name: float(weights.get(name, math.nan)) for name in KEYS}
    if not all(math.isfinite(value) and value >= 0 for value in values.values()) or not sum(values.values()):
        raise InvalidInput({"weights": _("三项权重须为不小于 0 的数，且不能全为 0")})
    now = timezone.now()
    for name, value in values.items():
        set_value(actor, f"dispatch.weight.{name}", round(value, 3), org=area, valid_from=now, source=source)
    return values


def _present(area: OrgUnit) -> dispatch.Weights:
    told = {name: float(policies.get(f"dispatch.weight.{name}", area)) for name in KEYS}
    half = policies.get_for("dispatch.half_distance_km", "urban", area)
    return dispatch.Weights(**told, half_distance_km=half, half_load=policies.get("dispatch.half_load", area))


def _days(area: OrgUnit) -> dict[dt.date, dispatch.PastDay]:
    """Past days in their sequence. Four queries."""
    rows = WorkOrder.objects.filter(
        org__in=units_under((area.path,)), sent_at__lt=moment.now(), visit=1,
        arrived_at__isnull=False, finished_at__isnull=False, lon__isnull=False, lat__isnull=False,
    )  # fmt: skip
    related = ("org", "request__org", "request__transformer", "request__account")
    orders = list(rows.select_related(*related).order_by("-sent_at", "-pk")[:MOST_ORDERS])
    clocks = live_clocks({order.request_id for order in orders})
    crews = {crew.pk: _candidate(crew, area) for crew in Crew.objects.filter(
        pk__in={order.crew_id for order in orders}).select_related("org")}  # fmt: skip
    by_date: dict[dt.date, list[WorkOrder]] = {}
    for order in reversed(orders):
        by_date.setdefault(timezone.localdate(order.sent_at), []).append(order)
    return {
        date: dispatch.PastDay(
            tuple(crews[key] for key in sorted({order.crew_id for order in many})),
            tuple(_decision(order, promise_of(clocks[order.request_id]), area) for order in many),
        )
        for date, many in by_date.items()
    }


def _candidate(crew: Crew, area: OrgUnit) -> dispatch.Candidate:
    areas = frozenset({area.pk})
    return dispatch.Candidate(crew.pk, (crew.base_lon, crew.base_lat), skills=frozenset(crew.skills), areas=areas)


def _decision(order: WorkOrder, promise: object, area: OrgUnit) -> dispatch.Decision:
    assert order.arrived_at is not None and order.finished_at is not None
    required, wanted = skills_for(order.request)
    due = getattr(promise, "due_at", None)
    midnight = timezone.localtime(order.sent_at).replace(hour=0, minute=0, second=0, microsecond=0)
    place = (float(order.lon or 0.0), float(order.lat or 0.0))
    return dispatch.Decision(
        at=(order.sent_at - midnight) / MINUTE,
        job=dispatch.Job(place, area.pk, required, wanted),
        minutes=max(1.0, (order.finished_at - order.arrived_at) / MINUTE),
        promise=math.inf if due is None else (due - midnight) / MINUTE,
        half_km=weights_for(order.request).half_distance_km,
        travel=travel_for(order.request),
    )
