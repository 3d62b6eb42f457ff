"""A day of one queue under other conditions, beside the same day as planned.

Many days are drawn from the forecast's own range: a level for the whole day, then contacts of each half hour around it. Both
sides see the same draws (common random numbers), so their difference is known better than either side. What a half hour gives
follows from the engine's exact formulas with patience (Erlang A; for chats its birth-death chain), as if its load lasted.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from denghuo.apps.contacts.choices import ChannelClass
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.counting import Floats
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.demand.reading import latest
from denghuo.apps.workforce.demand.staffing import slowing_of
from denghuo.engine import queueing

LEVEL: Final = 0.95
CHUNK: Final = 20  # days between looks at the cancel mark
FIGURES: Final = ("service_level", "abandoned", "answer", "occupancy", "contacts", "lost")


@dataclass(frozen=True)
class Plan:
    """One side. ``contacts``, ``handling`` (seconds), ``heads`` by half hour; ``patience`` and ``within`` in seconds."""

    contacts: Floats
    handling: Floats
    heads: Floats
    patience: float
    within: float


def base_of(row: RequirementDay) -> Plan:
    """The day as planned: its forecast, its required heads."""
    patience, within = row.targets.get("patience", math.inf), row.targets.get("within", 20.0)
    return Plan(np.array(row.contacts), np.array(row.handling), np.array(row.heads, float), patience, within)


def changed(base: Plan, changes: Mapping[str, float]) -> Plan:
    """The other side. Shares in per cent: ``volume``, ``handling``, ``patience`` more (or less), ``deflected`` by robots;
    ``heads`` more in every half hour that has some; ``surge`` times the contacts from half hour ``surge_from`` until
    ``surge_to``; ``within`` seconds."""
    contacts = base.contacts * (1 + changes.get("volume", 0.0) / 100) * (1 - changes.get("deflected", 0.0) / 100)
    first, last = int(changes.get("surge_from", 0)), int(changes.get("surge_to", 0))
    contacts = contacts.copy()
    contacts[first:last] *= changes.get("surge", 1.0)
    heads = np.where(base.heads > 0, np.maximum(base.heads + changes.get("heads", 0.0), 0.0), 0.0)
    return replace(
        base, contacts=contacts, heads=heads, handling=base.handling * (1 + changes.get("handling", 0.0) / 100),
        patience=base.patience * (1 + changes.get("patience", 0.0) / 100), within=changes.get("within") or base.within,
    )  # fmt: skip


def compare(
    queue: Queue, base: Plan, other: Plan, *, spread: float, replications: int, seed: int,
    advance: Callable[[int], None] = lambda steps: None,
) -> dict[str, Any]:  # fmt: skip
    """Both sides over ``replications`` drawn days: figures of each and of the difference with 95 % intervals (Student's t),
    and the mean service level by half hour. ``spread``: relative deviation of a day's level. Same seed, same result."""
    rows: dict[str, list[Floats]] = {"base": [], "other": []}
    curves = {"base": np.zeros(SLOTS), "other": np.zeros(SLOTS)}
    done = 0
    while done < replications:
        many = min(CHUNK, replications - done)
        dice = np.random.default_rng([seed, done])
        level = dice.gamma(1 / spread**2, spread**2, size=(many, 1)) if spread > 0 else np.ones((many, 1))
        noise = dice.standard_normal((many, SLOTS))
        for name, plan in (("base", base), ("other", other)):
            mean = plan.contacts * level
            came = np.maximum(mean + np.sqrt(mean) * noise, 0.0)
            figures, curve = _played(queue, plan, came)
            rows[name].append(figures)
            curves[name] += curve.sum(axis=0)
        done += many
        advance(many)
    found = {name: np.vstack(parts) for name, parts in rows.items()}
    return {
        "base": _summary(found["base"]), "other": _summary(found["other"]),
        "difference": _summary(found["other"] - found["base"]), "replications": replications, "seed": seed,
        "curve": {name: [round(float(v), 4) for v in curve / replications] for name, curve in curves.items()},
    }  # fmt: skip


def _played(queue: Queue, plan: Plan, came: Floats) -> tuple[Floats, Floats]:
    """Figures (days x :data:`FIGURES`) and service level (days x half hours) of drawn days."""
    many = len(came)
    handling, heads = np.tile(plan.handling, many), np.tile(plan.heads, many)
    if queue.channel_class == ChannelClass.CHAT:
        found = queueing.chat_measures(
            came.ravel(), handling, heads, slowing_of(queue.org), patience=plan.patience, within=plan.within
        )
    else:
        found = queueing.measures(came.ravel(), handling, heads, patience=plan.patience, within=plan.within)

    def shaped(values: Floats) -> Floats:
        return np.nan_to_num(values, posinf=3600.0).reshape(many, SLOTS)

    level, gone = shaped(found.service_level), shaped(found.abandoned)
    answered = came * (1 - gone)
    total = np.maximum(came.sum(axis=1), 1e-9)
    figures = np.column_stack([
        (came * level).sum(axis=1) / total, (came * gone).sum(axis=1) / total,
        (answered * shaped(found.answer)).sum(axis=1) / np.maximum(answered.sum(axis=1), 1e-9),
        (shaped(found.occupancy) * plan.heads).sum(axis=1) / max(float(plan.heads.sum()), 1e-9),
        came.sum(axis=1), (came * gone).sum(axis=1),
    ])  # fmt: skip
    return figures, level


def _summary(values: Floats) -> dict[str, list[float]]:
    """Mean and 95 % interval of each figure."""
    many = len(values)
    mean = values.mean(axis=0)
    half = np.zeros(len(mean))
    if many > 1:
        half = float(stdtrit(many - 1, 0.5 + LEVEL / 2)) * values.std(axis=0, ddof=1) / math.sqrt(many)
    return {
        name: [round(float(mean[n]), 5), round(float(mean[n] - half[n]), 5), round(float(mean[n] + half[n]), 5)]
        for n, name in enumerate(FIGURES)
    }


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
