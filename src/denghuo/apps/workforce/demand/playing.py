"""A day of one queue under other conditions, beside the same day as planned: both played event by event.

Many days are drawn from the forecast's own range: a level for the whole day, then the contacts of each half hour. Both sides
meet the same customers (common random numbers), so their difference is known better than either side.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from denghuo.apps.contacts.choices import ChannelClass
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.counting import Floats
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.demand.reading import latest
from denghuo.apps.workforce.demand.staffing import slowing_of

if TYPE_CHECKING:  # the engine compiles when it is first used: in a worker, not on a page
    from denghuo.engine.simulation import Centre, Estimate, Outcome

#: figure -> the engine's measure
MEASURES: Final = {
    "service_level": "service_level", "abandoned": "abandonment", "answer": "asa", "occupancy": "occupancy",
    "contacts": "offered", "lost": "abandoned", "called_back": "called_back", "retried": "retried",
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One side. ``contacts``, ``handling`` (seconds), ``heads`` by half hour; ``patience`` and ``within`` in seconds.

    ``absence``: chance that a planned person does not come; ``retry``: share of those who gave up that call again;
    ``callback_after``: seconds of waiting after which a call-back is offered, ``callback_accepted`` the share that takes it.
    """

    contacts: Floats
    handling: Floats
    heads: Floats
    patience: float
    within: float
    absence: float = 0.0
    retry: float = 0.0
    callback_after: float = math.inf
    callback_accepted: float = 0.0


def base_of(row: RequirementDay) -> Plan:
    """The day as planned: its forecast, its required heads."""
    patience, within = row.targets.get("patience", math.inf), row.targets.get("within", 20.0)
    return Plan(np.array(row.contacts), np.array(row.handling), np.array(row.heads, float), patience, within)


def changed(base: Plan, changes: Mapping[str, float]) -> Plan:
    """The other side. Shares in per cent: ``volume``, ``handling``, ``patience`` more (or less), ``deflected`` by robots,
    ``absence``, ``retry``, ``callback_accepted``; ``heads`` more in every half hour that has some; ``surge`` times the
    contacts from half hour ``surge_from`` until ``surge_to``; ``within`` and ``callback_after`` seconds (0: as planned)."""
    contacts = base.contacts * (1 + changes.get("volume", 0.0) / 100) * (1 - changes.get("deflected", 0.0) / 100)
    first, last = int(changes.get("surge_from", 0)), int(changes.get("surge_to", 0))
    contacts = contacts.copy()
    contacts[first:last] *= changes.get("surge", 1.0)
    heads = np.where(base.heads > 0, np.maximum(base.heads + changes.get("heads", 0.0), 0.0), 0.0)
    return replace(
        base, contacts=contacts, heads=heads, handling=base.handling * (1 + changes.get("handling", 0.0) / 100),
        patience=base.patience * (1 + changes.get("patience", 0.0) / 100), within=changes.get("within") or base.within,
        absence=changes.get("absence", 0.0) / 100, retry=changes.get("retry", 0.0) / 100,
        callback_after=changes.get("callback_after") or base.callback_after,
        callback_accepted=changes.get("callback_accepted", 0.0) / 100,
    )  # fmt: skip


def centre_of(queue: Queue, plan: Plan, spread: float) -> Centre:
    """The plan as the engine plays it: one queue, one group. Chats are held side by side, as many as their table names."""
    from denghuo.engine import routing, simulation

    total = float(plan.contacts.sum())
    handling = float((plan.contacts * plan.handling).sum() / total) if total > 0 else float(plan.handling.mean())
    chat = queue.channel_class == ChannelClass.CHAT
    beside = slowing_of(queue.org) if chat else [1.0]
    slowing = (beside[-1] - 1.0) / (len(beside) - 1) if len(beside) > 1 else 0.0
    kind = routing.ChannelClass.CHAT if chat else routing.ChannelClass.VOICE
    stream = simulation.Queue(
        queue.code, tuple(float(n) for n in np.maximum(plan.contacts, 0.0)), simulation.Times(handling),
        simulation.Times(plan.patience), within=plan.within, retry=plan.retry, slowing=slowing,
        callback_after=plan.callback_after, callback_accepted=plan.callback_accepted,
        routing=routing.QueuePlan(queue.code, channel=kind) if chat else None,
    )  # fmt: skip
    people = simulation.Group(
        "planned", tuple(round(float(n)) for n in plan.heads), absence=plan.absence,
        capacity=(0, len(beside), 0) if chat else (1, 0, 0),
    )  # fmt: skip
    return simulation.Centre((stream,), (people,), busyness=spread)


def compare(
    queue: Queue, base: Plan, other: Plan, *, spread: float, replications: int, seed: int,
    advance: Callable[[int], None] = lambda steps: None,
) -> dict[str, Any]:  # fmt: skip
    """Both sides over ``replications`` drawn days: figures of each and of the difference with 95 % intervals (Student's t of
    paired days), and the service level by half hour. ``spread``: relative deviation of a day's level. Same seed, same result.
    ``advance`` hears of days done on both sides and may raise to stop."""
    from denghuo.engine import simulation

    told = 0

    def progress(done: int, _all: int) -> None:
        nonlocal told
        advance(done // 2 - told)
        told = done // 2

    played = simulation.compare(
        centre_of(queue, base, spread), centre_of(queue, other, spread), replications, seed, progress=progress
    )
    return {
        "base": _figures(played.before), "other": _figures(played.after),
        "difference": {name: _told(played.difference(measure)) for name, measure in MEASURES.items()},
        "replications": replications, "seed": seed, "events": played.before.events + played.after.events,
        "curve": {"base": _curve(played.before), "other": _curve(played.after)},
    }  # fmt: skip


def _figures(outcome: Outcome) -> dict[str, list[float]]:
    return {name: _told(outcome.estimate(measure)) for name, measure in MEASURES.items()}


def _told(found: Estimate) -> list[float]:
    """Mean, low, high; a single day knows no interval and gives its mean for both."""
    half = found.half_width if math.isfinite(found.half_width) else 0.0
    return [round(found.mean, 5), round(found.mean - half, 5), round(found.mean + half, 5)]


def _curve(outcome: Outcome) -> list[float]:
    return [round(float(value), 4) for value in outcome.by_interval()["service_level"]]


def spread_of(queue: Queue, day: dt.date) -> float:
    """Relative deviation of the day's level, from the forecast's error at rolling origins; 0.08 where none is known."""
    row = latest(queue.org_id, queue.pk, day, day).get(day)
    wape = float(row.tried.get("wape", 0.0)) if row else 0.0
    counts = sum(row.mean) / SLOTS if row else 0.0
    own = math.sqrt(2 / math.pi / counts) if counts > 0 else 0.0  # what chance alone makes of the error in a half hour
    return max(0.03, min(0.5, math.sqrt(max(wape**2 - own**2, 0.0)))) if wape else 0.08


def plain_of(plan: Plan) -> dict[str, list[float]]:
    """A side by half hour as JSON holds it."""
    return {name: [round(float(v), 3) for v in getattr(plan, name)] for name in ("contacts", "handling", "heads")}
