"""The quick rule's weights from past days: days are played again with other weights, and the ones that would have cost the
fewest late minutes and kilometres are proposed.

A day is played in the order of its decisions: the rule ranks the crews as they would stand then, the first one goes, is
there after the straight-line drive, works, and stays. What people decided at the time is not used, so the weights before
and after are compared by the same rule of play. The search is exhaustive over a grid and therefore the same every time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from denghuo.engine.dispatch.quick import Candidate, Job, Travel, Weights, rank, travel_minutes

STEPS = 10
#: What counts: a late minute, a missed promise, a kilometre.
LATE, BREACH, KM = 1.0, 30.0, 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """One order of a past day, minutes on the day's clock: when a crew was looked for, how long the work took, and the
    latest begin that was promised (infinite: none). ``half_km`` and ``travel`` are those of its kind of area."""

    at: float
    job: Job
    minutes: float
    promise: float
    half_km: float
    travel: Travel


@dataclass(frozen=True, slots=True)
class PastDay:
    """Crews as the day began (place, skills, areas) and the decisions of the day."""

    crews: tuple[Candidate, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """What days come to: orders given out, promises missed, minutes late, kilometres, and the cost of these."""

    orders: int
    missed: int
    late_minutes: float
    km: float

    @property
    def cost(self) -> float:
        """Late minutes, missed promises and kilometres in one figure (``LATE``, ``BREACH``, ``KM``)."""
        return LATE * self.late_minutes + BREACH * self.missed + KM * self.km


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights found, and what they and the present ones come to on the days that were not learned from. ``better`` only
    when they cost less on those as well as on the ones learned from."""

    weights: Weights
    before: Played
    after: Played
    days: int
    better: bool


def fit_weights(days: Sequence[PastDay], present: Weights, *, every: int = 3) -> Fit:
    """Weights whose days would have cost least. Each ``every``-th day is kept apart to measure on.

    α, β and γ run over all shares in tenths of their sum; the half-value scales stay as they are. Equal costs keep what
    lies nearest to the present weights. O(66 · decisions · crews).

    Raises:
        ValueError: fewer than ``every`` days, or ``every`` below two: nothing would be left to measure on.
    """
    if every < 2 or len(days) < every:
        raise ValueError("too few days to learn from and to measure on")
    apart = [day for number, day in enumerate(days) if number % every == every - 1]
    known = [day for number, day in enumerate(days) if number % every != every - 1]
    base = play(known, present)
    best = min(_grid(present), key=lambda one: (round(play(known, one).cost, 6), _from(one, present)))
    before, after = play(apart, present), play(apart, best)
    return Fit(best, before, after, len(days), play(known, best).cost < base.cost and after.cost < before.cost)


def play(days: Sequence[PastDay], weights: Weights) -> Played:
    """What the days would have come to had the rule with these weights sent its first crew every time. Orders without a place,
    or that no crew may take, count with no weights."""
    orders = missed = 0
    late = km = 0.0
    for day in days:
        crews = {crew.id: crew for crew in day.crews}
        ends: dict[int, list[float]] = {crew.id: [] for crew in day.crews}
        for decision in sorted(day.decisions, key=lambda one: one.at):
            now = [
                replace(crew, open_orders=sum(end > decision.at for end in ends[crew.id])) for crew in crews.values()
            ]
            local = replace(weights, half_distance_km=decision.half_km)
            ranked = rank(now, decision.job, local, decision.travel)
            if not ranked or decision.job.place is None:
                continue
            first = ranked[0].crew_id
            road, drive = travel_minutes(crews[first].place, decision.job.place, decision.travel)
            begin = max([decision.at, *ends[first]]) + drive
            ends[first].append(begin + decision.minutes)
            crews[first] = replace(crews[first], place=decision.job.place)
            orders, km = orders + 1, km + road
            over = begin - decision.promise
            if over > 0:
                missed, late = missed + 1, late + over
    return Played(orders, missed, late, km)


def _grid(present: Weights) -> list[Weights]:
    return [
        replace(present, distance=a / STEPS, skill=b / STEPS, load=(STEPS - a - b) / STEPS)
        for a in range(STEPS + 1)
        for b in range(STEPS + 1 - a)
    ]


def _from(one: Weights, present: Weights) -> float:
    total = present.distance + present.skill + present.load
    shares = (present.distance / total, present.skill / total, present.load / total)
    return math.dist((one.distance, one.skill, one.load), shares)
