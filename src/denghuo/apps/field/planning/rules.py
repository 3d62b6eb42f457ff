"""The trade's rules of a plan, from policies: shifts and breaks, weights, what counts as an emergency, how long work takes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable

from django.utils import timezone

from denghuo.apps.accounts.skills import SKILLS
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.queries import Told
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.dispatch import PlanWeights

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
_BITS = {code: 1 << number for number, code in enumerate(sorted(SKILLS))}
_UNKNOWN = 1 << len(_BITS)  # a skill nobody can have


def mask(skills: Iterable[str]) -> int:
    """Skills as the engine's bit mask; a code that is not in the catalogue is one that nobody has."""
    found = 0
    for code in skills:
        found |= _BITS.get(code, _UNKNOWN)
    return found


def weights(area: OrgUnit) -> PlanWeights:
    """What a kilometre, a minute and a reassignment cost (``dispatch.plan.weights``)."""
    told = policies.get("dispatch.plan.weights", area)
    names = ("km", "driving", "working", "overtime", "reassignment")
    return PlanWeights(**{name: max(0.0, float(told.get(name, 0.0))) for name in names})


def costs(area: OrgUnit) -> dict[str, float]:
    """What breaking a promise or leaving an order out costs (``dispatch.plan.costs``)."""
    told = policies.get("dispatch.plan.costs", area)
    names = {"breach": 60.0, "late": 1.0, "unserved": 1000.0, "priority": 0.0, "emergency": 1.0}
    return {name: max(0.0, float(told.get(name, otherwise))) for name, otherwise in names.items()}


def frozen_next(area: OrgUnit) -> int:
    """How many accepted orders of a crew the planner leaves with it (``dispatch.plan.frozen_next``)."""
    return int(policies.get("dispatch.plan.frozen_next", area))


def minutes_until(at: dt.datetime | None, now: dt.datetime) -> float:
    """Minutes from ``now``; infinite for None."""
    return math.inf if at is None else (at - now) / MINUTE


def shift_end(team: OrgUnit, now: dt.datetime) -> float:
    """Minutes to the team's next change of shift (``dispatch.plan.shift_changes``); infinite where none is set."""
    local = timezone.localtime(now)
    ahead = []
    for text in policies.get("dispatch.plan.shift_changes", team):
        at = _today(local, text)
        ahead.append((at if at > local else at + DAY) - local)
    return min(ahead) / MINUTE if ahead else math.inf


def overtime_max(team: OrgUnit) -> float:
    """Minutes beyond the change of shift that may still be planned."""
    return float(policies.get("dispatch.plan.overtime_max", team))


def break_from(team: OrgUnit, now: dt.datetime) -> tuple[float, float] | None:
    """Minutes until today's break and how long it is; None when it has begun, is over, or is of no length."""
    local, window = timezone.localtime(now), policies.get("dispatch.plan.break", team)
    begin, length = _today(local, window["from"]), float(policies.get("dispatch.plan.break_minutes", team))
    return None if begin <= local or length <= 0 else ((begin - local) / MINUTE, length)


def _today(local: dt.datetime, text: str) -> dt.datetime:
    return dt.datetime.combine(local.date(), dt.time.fromisoformat(text.strip()), local.tzinfo)


def minutes_on_site(request: Request, order: WorkOrder | None, told: Told | None, now: dt.datetime) -> float:
    """How long the crew will (still) work there: from the prediction's medians where it tells both, else by class."""
    wanted = _usual(request)
    if told is not None and told.restore is not None and told.arrival is not None:
        wanted = (told.restore.median - told.arrival.median) / MINUTE
    least = float(policies.get("dispatch.plan.minutes_least", request.org))
    if order is not None and order.state == OrderState.ARRIVED and order.arrived_at is not None:
        now = max(now, order.last_step_at)  # a phone's clock may run ahead: work has not begun before it began
        if told is not None and told.restore is not None:
            return max(least, (told.restore.median - now) / MINUTE)
        return max(least, wanted - (now - order.last_step_at) / MINUTE)
    return max(least, wanted)


def _usual(request: Request) -> float:
    by_class = policies.get("dispatch.plan.minutes_by_class", request.org)
    return float(by_class.get(request.fault_class, by_class.get("default", 45.0)))


def emergency(request: Request, traits: Collection[str]) -> str:
    """The first rule of ``dispatch.emergency`` that holds, "" when none does."""
    facts = {
        "phenomenon": {request.phenomenon}, "urgency": {request.urgency}, "class": {request.fault_class},
        "trait": set(traits),
    }  # fmt: skip
    for rule in policies.get("dispatch.emergency", request.org):
        parts = [part.strip().partition(":") for part in rule.split("+")]
        if all(value in facts.get(name, ()) for name, _colon, value in parts):
            return str(rule)
    return ""
