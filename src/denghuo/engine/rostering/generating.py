"""Column generation: price every free person exactly until no line can lower the master, with a bound at each round."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from denghuo.engine.rostering.automaton import Floats
from denghuo.engine.rostering.master import Master
from denghuo.engine.rostering.needs import Needs
from denghuo.engine.rostering.pricing import Actions, Pricer

EPS = 1e-6


class StoppedError(Exception):
    """Time is up or the caller said no; the best so far stands."""


@dataclass
class Clock:
    """Ends the work: after ``seconds``, or when ``on_progress`` returns False. ``cpu``: count processor time."""

    seconds: float
    on_progress: Callable[[str, float, float], bool] | None = None
    now: Callable[[], float] = time.monotonic
    cancelled: bool = False
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.now()

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return self.now() - self.began

    @property
    def left(self) -> float:
        """Seconds that remain."""
        return max(0.0, self.seconds - self.spent)

    def check(self, stage: str, cost: float, bound: float) -> None:
        """Raise StoppedError when it is time to stop."""
        if self.on_progress is not None and not self.cancelled and not self.on_progress(stage, cost, bound):
            self.cancelled = True
        if self.cancelled or self.spent >= self.seconds:
            raise StoppedError


@dataclass(frozen=True)
class Node:
    """A solved master: its value, the columns' values, a bound on what any integral choice here costs."""

    value: float
    columns: Floats
    bound: float


def generate(
    master: Master, pricers: Sequence[Pricer], check: Callable[[float], None], *, rounds: int = 10_000,
    smoothing: float = 0.5, wanted: int = 2, cutoff: float = math.inf,
) -> Node:  # fmt: skip
    """Solve the master of the people not fixed, by at most ``rounds`` of pricing; stop early when the bound passes ``cutoff``.

    ``smoothing``: share of the best duals so far in those that price (Wentges 1997); a round that finds nothing with them
    is repeated with the master's own, so the end is exact. ``check(bound)`` is called each round and may raise.
    """
    best, centre = -math.inf, None
    while True:
        value, columns, duals = master.solve()
        check(best)
        rounds -= 1
        if rounds < 0 or best >= value - EPS * max(1.0, abs(value)) or best >= cutoff:
            return Node(value, columns, best)
        ways = [duals[: master.needs.count]]
        if centre is not None and smoothing:
            ways.insert(0, smoothing * centre + (1 - smoothing) * ways[0])
        found: list[tuple[int, float, Actions]] = []
        for prices in ways:
            bound, found = _round(master, pricers, prices, duals, wanted)
            if bound > best:
                best, centre = bound, prices
            if found:
                break
        if not master.add(found):
            return Node(value, columns, max(best, -math.inf))


def _round(
    master: Master, pricers: Sequence[Pricer], prices: Floats, duals: Floats, wanted: int
) -> tuple[float, list[tuple[int, float, Actions]]]:  # fmt: skip
    """One round at ``prices``: the Lagrangian bound, and the lines that improve at the master's ``duals``."""
    needs = master.needs
    bound = needs.worth(prices) - float(prices @ master.taken)
    days = np.arange(needs.days)
    found = []
    for person in master.free:
        if person in master.fixed:
            column = master.fixed[person]
            bound += master.costs[column] - float(prices @ master.given[column])
            continue
        own_prices = needs.prices(person, prices)
        true_prices = own_prices if prices is duals else needs.prices(person, duals[: needs.count])
        lines = pricers[person].cheapest(own_prices, wanted)
        bound += lines[0][0]
        target = duals[master.row_of[person]]
        for cost, line in lines:
            own = cost - float(own_prices[days, line].sum())
            if own + float(true_prices[days, line].sum()) < target - EPS:
                found.append((person, own, line))
    return bound, found


def best_responses(
    needs: Needs, pricers: Sequence[Pricer], lines: list[Actions], given: Floats, order: Sequence[int],
    dice: np.random.Generator | None = None, noise: float = 0.0,
) -> Floats:  # fmt: skip
    """Give each person in turn the cheapest line beside the others' (exact for rows whose steps are of one head).

    ``noise``: standard deviation added to the worth of each row. Changes ``lines`` in place and returns what all lines now
    give to the rows.
    """
    for person in order:
        given = given - needs.of(person, lines[person])
        worth = np.where(given < needs.lower, needs.under, 0.0) - np.where(given >= needs.upper, needs.over, 0.0)
        if dice is not None and noise > 0:
            worth = worth + dice.normal(0.0, noise, needs.count)
        lines[person] = pricers[person].cheapest(needs.prices(person, worth))[0][1]
        given = given + needs.of(person, lines[person])
    return given
