"""What the rest of the day is to bring, and what moves would change, by simulation with the rules of the live router.

Days are played in batches of equal size (Law, *Simulation Modeling and Analysis*, 5th ed., 9.5.3): a half hour's service level
differs from batch to batch, and Student's t of the batches gives its interval. Moves are played under the same customers as
the day as it stands (common random numbers), so that their difference is known better than either level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from denghuo.apps.workforce.demand.counting import Floats
from denghuo.apps.workforce.today.centre import PER_SLOT, Change, Floor, changed

if TYPE_CHECKING:
    from denghuo.engine.simulation import Centre, Estimate, Group, Outcome

BATCHES: Final = 10
FEWEST: Final = 0.5  # contacts a half hour below which its service level says nothing


@dataclass(frozen=True)
class Played:
    """Batches of drawn days of one centre, and what each queue promises: share by code."""

    outcomes: tuple[Outcome, ...]
    targets: dict[str, float]
    first_step: int

    @property
    def queues(self) -> tuple[str, ...]:
        return self.outcomes[0].queues

    @property
    def days(self) -> int:
        return sum(one.replications for one in self.outcomes)

    def by_day(self, measure: str, queue: str | None = None) -> Floats:
        """One value a drawn day."""
        return np.concatenate([one.by_day(measure, queue) for one in self.outcomes])

    def estimate(self, measure: str, queue: str | None = None) -> Estimate:
        """Mean of all days with its 95 % interval."""
        from denghuo.engine.simulation.model import estimated

        return estimated(self.by_day(measure, queue))

    @property
    def target(self) -> float:
        """What the queues together promise, weighted by what they expect."""
        came = {code: float(self.by_day("offered", code).mean()) for code in self.queues}
        total = sum(came.values())
        return sum(came[code] * self.targets[code] for code in came) / total if total > 0 else 0.0

    def half_hours(self) -> list[dict[str, Any]]:
        """By half hour of the day from the present one on: contacts, service level and abandonment with intervals."""
        from denghuo.engine.simulation.model import FIELDS, estimated

        at = {name: number for number, name in enumerate(FIELDS)}
        tables = np.stack([one.table.sum(axis=0) for one in self.outcomes])  # (batches, intervals, FIELDS)
        slots = (self.first_step + np.arange(tables.shape[1])) // PER_SLOT
        found = []
        for slot in range(int(slots[0]), int(slots[-1]) + 1):
            part = tables[:, slots == slot].sum(axis=1)
            offered = part[:, at["offered"]]
            row: dict[str, Any] = {
                "slot": slot,
                "contacts": round(float(offered.mean()), 1),
                "level": None,
                "lost": None,
            }
            if offered.mean() >= FEWEST and (offered > 0).all():
                row["level"] = told(estimated(part[:, at["within"]] / offered), 1.0)
                row["lost"] = told(estimated(part[:, at["abandoned"]] / offered), 1.0)
            found.append(row)
        return found


def told(found: Estimate, most: float = math.inf) -> list[float]:
    """Mean, low, high; a single day knows no interval and gives its mean for both. Shares stay within 0 and 1."""
    half = found.half_width if math.isfinite(found.half_width) else 0.0
    low, high = found.mean - half, found.mean + half
    if most < math.inf:
        low, high = max(0.0, low), min(most, high)
    return [round(found.mean, 5), round(low, 5), round(high, 5)]


def play(floor: Floor, centre: Centre, replications: int, seed: int) -> Played:
    """The rest of the day of ``centre``, ``replications`` times (at least two in each batch)."""
    from denghuo.engine.simulation import rest_of_day

    size = max(2, -(-replications // BATCHES))
    outcomes = tuple(rest_of_day(centre, floor.now, size, seed * BATCHES + number) for number in range(BATCHES))
    targets = {code: own.service_level for code, own in floor.aims.items()}
    return Played(outcomes, targets, floor.now.at)


def outlook(floor: Floor, base: Played) -> dict[str, Any]:
    """The projection as it is kept: half hours, queues, and the whole, ``range`` holding nine of ten drawn days."""
    levels = base.by_day("service_level")
    names = {queue.code: queue.pk for queue in floor.queues}
    return {
        "half_hours": base.half_hours(), "target": round(base.target, 4), "replications": base.days,
        "level": told(base.estimate("service_level"), 1.0), "lost": told(base.estimate("abandoned")),
        "contacts": told(base.estimate("offered")), "answer": told(base.estimate("asa")),
        "occupancy": told(base.estimate("occupancy"), 1.0),
        "range": [round(float(value), 4) for value in np.quantile(levels, (0.05, 0.95))],
        "queues": [
            {"id": names[code], "target": base.targets[code], "contacts": round(float(base.by_day("offered", code).mean()), 1),
             "level": told(base.estimate("service_level", code), 1.0), "lost": told(base.estimate("abandonment", code), 1.0)}
            for code in base.queues
        ],
        "heads": [int(sum(group.heads[step] for group in floor.centre.groups)) for step in range(2, 288, PER_SLOT)],
        "missing": len(floor.missing), "states_known": floor.states_known,
    }  # fmt: skip


@dataclass
class Candidate:
    """A move to be tried: what it changes in the centre, whom it means with their hours, minutes of work more (or less)."""

    kind: str
    people: list[Any]
    changes: list[Change]
    minutes: int
    detail: dict[str, Any] = field(default_factory=dict)
    groups: Sequence[Group] = ()


def effect(floor: Floor, base: Played, changes: Sequence[Change], more: Sequence[Group], replications: int, seed: int) -> dict[str, Any]:  # fmt: skip
    """What changes do to the rest of the day: level and customers lost before, after, and the paired difference."""
    from denghuo.engine.simulation.model import estimated

    after = play(floor, changed(floor.centre, changes, more), replications, seed)
    levels = after.by_day("service_level") - base.by_day("service_level")
    lost = after.by_day("abandoned") - base.by_day("abandoned")
    pairs = zip(after.half_hours(), base.half_hours(), strict=True)
    # a half hour that keeps its promise must go on keeping it; one that does not must not get worse
    worst = [row["level"][0] - min(base.target, was["level"][0]) for row, was in pairs if row["level"] and was["level"]]
    return {
        "before": told(base.estimate("service_level"), 1.0), "after": told(after.estimate("service_level"), 1.0),
        "level": told(estimated(levels)), "lost": told(estimated(lost)), "target": round(base.target, 4),
        "worst": round(min(worst, default=0.0), 4), "replications": after.days,
    }  # fmt: skip


def tried(
    floor: Floor, base: Played, candidates: Sequence[Candidate], *, spare: float, replications: int, seed: int,
    advance: Callable[[], None] = lambda: None,
) -> list[tuple[Candidate, dict[str, Any]]]:  # fmt: skip
    """Candidates that do what they are for, the most useful first: those that add must serve or keep customers for certain
    (the interval of the difference leaves out nought); a release must leave the day its promise with ``spare`` and break
    that of no half hour."""
    kept = []
    for one in candidates:
        found = effect(floor, base, one.changes, one.groups, replications, seed)
        advance()
        if _useful(one, found, spare):
            kept.append((one, found))
    return sorted(kept, key=lambda pair: (pair[0].minutes < 0, -pair[1]["level"][0]))


def _useful(one: Candidate, found: dict[str, Any], spare: float) -> bool:
    if one.minutes < 0:
        return bool(found["after"][1] >= found["target"] + spare and found["worst"] >= 0.0)
    return bool(found["level"][1] > 0.0 or found["lost"][2] < 0.0)
