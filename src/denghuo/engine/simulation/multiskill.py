"""The fewest people of several skills that keep every queue's promise, by simulation.

A head who can do two things counts once: what one group gives a queue hangs on what it does for the others, so no sum of
single queues' formulas is right. The search walks over whole numbers with simulated days as its judge, every candidate under
the same customers (common random numbers), in the spirit of Atlason, Epelman and Henderson (Management Science 54, 2008) and
the local search of Pot, Bhulai and Koole (European Journal of Operational Research 190, 2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from denghuo.engine.simulation.model import Centre, Stopped
from denghuo.engine.simulation.running import simulate

Heads = tuple[int, ...]


@dataclass(frozen=True)
class MultiSkill:
    """Heads by group over the whole centre's time, their cost, the service level by queue, how many mixes were simulated.

    ``met``: every queue reached its target; else the best mix within ``most`` heads a group.
    """

    heads: Mapping[str, int]
    cost: float
    service_level: Mapping[str, float]
    simulated: int
    met: bool


def fewest_heads(
    centre: Centre,
    targets: Mapping[str, float],
    costs: Mapping[str, float] | None = None,
    *,
    replications: int = 40,
    seed: int = 1,
    most: int = 2_000,
    cancelled: Callable[[], bool] | None = None,
) -> MultiSkill:
    """The cheapest heads by group (the same in every interval) with which each queue of ``targets`` reaches its share
    answered in time over the simulated days, warm-up left out.

    ``costs`` by group, 1 where none is given. Begins at the groups' own heads. Local optimum: no single head can go, no
    exchange of one head for a cheaper one of another group holds, and no equally dear exchange leaves more to spare. Raises ValueError (unknown queue or group, a target not
    between 0 and 1, a cost not above 0), Stopped.
    """
    search = _Search(centre, targets, costs or {}, replications, seed, most, cancelled)
    heads = search.reach(tuple(max(group.heads) for group in centre.groups))
    if search.shortfall(heads) > 0.0:
        return search.told(heads, met=False)
    while True:
        better = search.reduced(heads) or search.exchanged(heads) or search.roomier(heads)
        if better is None:
            return search.told(heads, met=True)
        heads = better


class _Search:
    def __init__(
        self, centre: Centre, targets: Mapping[str, float], costs: Mapping[str, float], replications: int, seed: int,
        most: int, cancelled: Callable[[], bool] | None,
    ) -> None:  # fmt: skip
        queues, groups = [one.code for one in centre.queues], [one.code for one in centre.groups]
        if not targets or set(targets) - set(queues) or not all(0.0 < share < 1.0 for share in targets.values()):
            raise ValueError("targets name queues of the centre, each with a share between 0 and 1")
        if set(costs) - set(groups) or not all(cost > 0.0 for cost in costs.values()):
            raise ValueError("costs name groups of the centre and are above 0")
        self.centre, self.targets, self.most, self.cancelled = centre, dict(targets), most, cancelled
        self.costs = np.array([costs.get(code, 1.0) for code in groups])
        self.replications, self.seed = replications, seed
        self.seen: dict[Heads, dict[str, float]] = {}

    def levels(self, heads: Heads) -> dict[str, float]:
        """Service level by queue; simulated once for each mix."""
        if heads not in self.seen:
            groups = tuple(
                replace(group, heads=(number,) * self.centre.intervals)
                for group, number in zip(self.centre.groups, heads, strict=True)
            )
            found = simulate(
                replace(self.centre, groups=groups), self.replications, self.seed, cancelled=self.cancelled
            )
            totals = found.totals.sum(axis=0)
            self.seen[heads] = {
                code: float(totals[n, 2] / totals[n, 0]) if totals[n, 0] > 0.0 else 1.0
                for n, code in enumerate(found.queues)
            }
        if self.cancelled is not None and self.cancelled():
            raise Stopped
        return self.seen[heads]

    def shortfall(self, heads: Heads) -> float:
        """Sum over the queues of what is missing to the target."""
        levels = self.levels(heads)
        return sum(max(0.0, share - levels[code]) for code, share in self.targets.items())

    def cost(self, heads: Heads) -> float:
        return float(self.costs @ np.array(heads))

    def reach(self, heads: Heads) -> Heads:
        """Add heads where a unit of cost takes most of the shortfall away, in large steps while much is missing."""
        missing = self.shortfall(heads)
        while missing > 0.0:
            step = max(1, math.ceil(missing * math.sqrt(max(sum(heads), 1)) / 2))
            tried = [(one, self.shortfall(one)) for one in self._more(heads, step)]
            tried = [(one, left) for one, left in tried if left < missing]
            if not tried:
                wider = self._more(heads, 4 * step)
                tried = [(one, left) for one in wider if (left := self.shortfall(one)) < missing]
            if not tried:
                return heads
            start, gap = self.cost(heads), missing
            heads, missing = max(tried, key=lambda pair: (gap - pair[1]) / (self.cost(pair[0]) - start))
        return heads

    def _more(self, heads: Heads, step: int) -> list[Heads]:
        return [_with(heads, n, step) for n in range(len(heads)) if heads[n] + step <= self.most]

    def reduced(self, heads: Heads) -> Heads | None:
        """The cheapest mix with fewer heads of one group that still keeps every promise: as many as can go at once."""
        found: list[Heads] = []
        for n in range(len(heads)):
            step, best = 1, None
            while step <= heads[n] and self.shortfall(_with(heads, n, -step)) <= 0.0:
                best, step = _with(heads, n, -step), step * 2
            if best is not None:
                found.append(best)
        return min(found, key=self.cost, default=None)

    def exchanged(self, heads: Heads) -> Heads | None:
        """One head less here, one more of a cheaper group there; or two less for one more where that is cheaper."""
        moves = []
        for n, other in permutations(range(len(heads)), 2):
            for less, more in ((1, 1), (2, 1)):
                if heads[n] >= less and heads[other] + more <= self.most:
                    moves.append(_with(_with(heads, n, -less), other, more))
        cheaper = sorted((one for one in moves if self.cost(one) < self.cost(heads) - 1e-9), key=self.cost)
        return next((one for one in cheaper if self.shortfall(one) <= 0.0), None)

    def roomier(self, heads: Heads) -> Heads | None:
        """A mix of the same cost that keeps the tightest promise with more to spare, from where a head may go after all."""
        equal = [
            _with(_with(heads, n, -1), other, 1)
            for n, other in permutations(range(len(heads)), 2)
            if heads[n] and heads[other] < self.most and abs(self.costs[n] - self.costs[other]) < 1e-9
        ]
        best = max(equal, key=self.slack, default=heads)
        return best if self.slack(best) > max(self.slack(heads), 0.0) else None

    def slack(self, heads: Heads) -> float:
        """By how much the tightest promise is kept; below 0: broken."""
        levels = self.levels(heads)
        return min(levels[code] - share for code, share in self.targets.items())

    def told(self, heads: Heads, *, met: bool) -> MultiSkill:
        codes = [group.code for group in self.centre.groups]
        return MultiSkill(
            dict(zip(codes, heads, strict=True)), self.cost(heads), self.levels(heads), len(self.seen), met
        )


def _with(heads: Heads, at: int, more: int) -> Heads:
    return (*heads[:at], heads[at] + more, *heads[at + 1 :])
