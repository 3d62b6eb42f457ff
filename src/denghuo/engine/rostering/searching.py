"""From the bound to a roster: dive into the master, then re-optimise some people exactly beside the others."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from denghuo.engine.rostering.automaton import Floats
from denghuo.engine.rostering.generating import EPS, Clock, Node, best_responses, generate
from denghuo.engine.rostering.master import Master
from denghuo.engine.rostering.needs import Needs
from denghuo.engine.rostering.pricing import Actions, Pricer

BASE = 0.3
"""Weight of a person with whom no part of the gap lies."""


class Search:
    """The best roster so far, the bound, and the ways to better both. Raises StoppedError when the clock says so."""

    def __init__(self, needs: Needs, pricers: Sequence[Pricer], grain: float, clock: Clock, seed: int) -> None:
        self.needs, self.pricers, self.grain, self.clock = needs, pricers, grain, clock
        self.dice = np.random.default_rng(seed)
        self.people = len(pricers)
        self.lines: list[Actions] = []
        self.own: list[float] = []
        self.given: Floats = np.zeros(needs.count)
        self.cost = math.inf
        self.bound = -math.inf
        self.stage = "start"
        self.root_duals: Floats = np.zeros(needs.count)
        self.root_lowest: list[float] = []
        self.wanted, self.seeds = 6, 30
        self.pool: list[dict[bytes, tuple[float, Actions]]] = [{} for _ in pricers]

    # -- keeping score

    def check(self, _bound: float) -> None:
        """Report and look at the clock."""
        self.clock.check(self.stage, self.cost, self.bound)

    def rounded(self, bound: float) -> float:
        """A bound, raised to the next cost that can occur."""
        if self.grain <= 0 or not math.isfinite(bound):
            return bound
        return math.ceil(bound / self.grain - EPS) * self.grain

    @property
    def done(self) -> bool:
        """The roster is proven best."""
        return self.cost <= self.bound + EPS

    def offer(self, lines: Sequence[Actions]) -> bool:
        """Keep a roster if it costs no more; whether it costs less."""
        own = [pricer.own_cost(line) for pricer, line in zip(self.pricers, lines, strict=True)]
        given = np.zeros(self.needs.count)
        for person, line in enumerate(lines):
            given += self.needs.of(person, line)
        cost = sum(own) + self.needs.cost(given)
        if cost > self.cost + EPS:
            return False
        better = cost < self.cost - EPS
        self.lines, self.own, self.given, self.cost = list(lines), own, given, cost
        return better

    def keep(self, master: Master) -> None:
        """Put a master's columns into the pool."""
        for person, cost, line in zip(master.person, master.costs, master.lines, strict=True):
            self.pool[person].setdefault(line.tobytes(), (cost, line))

    # -- ways

    def start(self, sweeps: int = 3) -> None:
        """A first roster: each person in turn takes the best line beside the others. ValueError: somebody has none."""
        zero = np.zeros((self.needs.days, self.needs.actions))
        lines: list[Actions] = []
        for person, pricer in enumerate(self.pricers):
            found = pricer.cheapest(zero)
            if not found:
                raise NoLineError(person)
            lines.append(found[0][1])
        given = np.sum([self.needs.of(person, line) for person, line in enumerate(lines)], axis=0)
        for _sweep in range(sweeps):
            order = self.dice.permutation(self.people).tolist()
            given = best_responses(self.needs, self.pricers, lines, given, order)
            self.offer(lines)
            self.check(0.0)

    def root(self) -> tuple[Master, Node]:
        """The master of all people, solved to its end: the bound."""
        self.stage = "bound"
        master = Master(self.needs, list(range(self.people)), np.zeros(self.needs.count))
        self._seed(master)

        def check(bound: float) -> None:
            self.bound = max(self.bound, self.rounded(bound))
            self.check(bound)

        node = generate(master, self.pricers, check)
        self.bound = max(self.bound, self.rounded(node.bound))
        self.root_duals = master.duals
        self.root_lowest = [
            pricer.cheapest(self.needs.prices(person, self.root_duals))[0][0]
            for person, pricer in enumerate(self.pricers)
        ]
        self.keep(master)
        for pricer in self.pricers:
            pricer.relax()
        return master, node

    def _seed(self, master: Master) -> None:
        """Artificial beginning: the people's lines in the best roster."""
        master.add([(person, self.own[person], self.lines[person]) for person in master.free])

    def _seed_from_pool(self, master: Master, count: int) -> None:
        """Lines found before that are cheap at the duals of the bound."""
        days = np.arange(self.needs.days)
        found = []
        for person in master.free:
            prices = self.needs.prices(person, self.root_duals)
            rows = sorted(self.pool[person].values(), key=lambda row: row[0] + float(prices[days, row[1]].sum()))
            found += [(person, cost, line) for cost, line in rows[:count]]
        master.add(found)

    def dive(self, master: Master, node: Node, *, rounds: int, share: float, noise: float = 0.0) -> bool:
        """Fix the likeliest lines, price again, until everybody has one; whether the roster got better."""
        outside = [person for person in range(self.people) if person not in master.row_of]
        base = sum(self.own[person] for person in outside)
        while len(master.fixed) < len(master.free):
            if self.rounded(base + node.bound) >= self.cost - EPS:
                break
            for column in self._likely(master, node.columns, share, noise):
                master.fix(column)
            node = generate(
                master,
                self.pricers,
                self.check,
                rounds=rounds,
                wanted=self.wanted,
                cutoff=self.cost - base,
                smoothing=0.0,
            )
        self.keep(master)
        better = False
        if len(master.fixed) == len(master.free):
            lines = list(self.lines)
            for person, column in master.fixed.items():
                lines[person] = master.lines[column]
            better = self.offer(lines)
        master.release()
        return better

    def _likely(self, master: Master, values: Floats, share: float, noise: float) -> list[int]:
        whose = master.whose()[: len(values)]
        open_ = np.array([person not in master.fixed for person in whose])
        score = np.where(open_, values, -1.0)
        if noise:
            score = score + np.where(open_ & (values > EPS), noise * self.dice.random(len(score)), 0.0)
        left = len(master.free) - len(master.fixed)
        chosen: list[int] = []
        for column in np.argsort(-score, kind="stable")[: 4 * left]:
            if len(chosen) >= max(1, int(share * left)) or score[column] < 0 or values[column] <= EPS:
                break
            if chosen and values[column] < 0.6:
                break
            if whose[column] not in {whose[one] for one in chosen}:
                chosen.append(int(column))
        return chosen

    def prove(self, seconds: float, most: int) -> bool:
        """Take every line that a better roster could have, and choose among them by branch and bound.

        A line whose reduced cost at the duals of the bound passes the gap is in no better roster. Nothing is done when more
        than ``most`` lines are left. Whether the roster is proven best now.
        """
        duals = self.root_duals
        master = Master(self.needs, list(range(self.people)), np.zeros(self.needs.count))
        prices = [self.needs.prices(person, duals) for person in range(self.people)]
        lowest = [pricer.cheapest(price)[0][0] for pricer, price in zip(self.pricers, prices, strict=True)]
        gap = self.cost - self.grain - (self.needs.worth(duals) + sum(lowest)) + 10 * EPS
        self._seed(master)
        left = most
        for person, pricer in enumerate(self.pricers):
            self.check(self.bound)
            lines = pricer.below(prices[person], lowest[person] + gap, left)
            if lines is None:
                return False
            left -= len(lines)
            master.add([(person, pricer.own_cost(line), line) for line in lines])
        seconds = min(seconds, self.clock.left)
        cost, chosen, bound = master.whole(seconds, self.cost, list(range(self.people)))
        if chosen and cost < self.cost - EPS:
            found = {master.person[column]: master.lines[column] for column in chosen}
            self.offer([found[person] for person in range(self.people)])
        self.bound = max(self.bound, min(self.cost, self.rounded(bound)))
        self.check(self.bound)
        return self.done

    def choose(self, size: int) -> list[int]:
        """People to free together, likelier those the gap lies with.

        At the duals of the bound, cost - bound is exactly the sum of what each line costs above its person's cheapest and of
        what each row's slack costs above its dual: one row is drawn by that, then people by it and by whether they count
        for the row.
        """
        size = min(size, self.people)
        days, duals = np.arange(self.needs.days), self.root_duals
        weight = np.full(self.people, 0.0)
        for person, line in enumerate(self.lines):
            prices = self.needs.prices(person, duals)
            weight[person] = self.own[person] + float(prices[days, line].sum()) - self.root_lowest[person]
        weight = np.maximum(weight, 0.0) / max(EPS, weight.max(initial=0.0)) + BASE
        short = np.maximum(0.0, self.needs.lower - self.given) * np.maximum(0.0, self.needs.under - duals)
        over = np.maximum(0.0, self.given - self.needs.upper) * np.maximum(0.0, self.needs.over + duals)
        rows = np.where(np.isfinite(short), short, 0.0) + np.where(np.isfinite(over), over, 0.0)
        if rows.sum() > EPS:
            row = int(self.dice.choice(len(rows), p=rows / rows.sum()))
            for person, pricer in enumerate(self.pricers):
                cells = self.needs.matrix[person][:, row].reshape(self.needs.days, -1)
                weight[person] += float(bool((cells[pricer.allowed] != 0).any()))
        return [int(one) for one in self.dice.choice(self.people, size, replace=False, p=weight / weight.sum())]

    def around(self, free: list[int], *, rounds: int = 3, share: float = 0.2) -> bool:
        """Re-optimise ``free`` people beside the others' lines; whether the roster got better."""
        for person in free:
            self.pricers[person].relax()
        taken = np.zeros(self.needs.count)
        for person in range(self.people):
            if person not in free:
                taken += self.needs.of(person, self.lines[person])
        master = Master(self.needs, free, taken)
        self._seed(master)
        if self.seeds:
            self._seed_from_pool(master, self.seeds)
        base = sum(self.own) - sum(self.own[person] for person in free)
        node = generate(
            master, self.pricers, self.check, wanted=self.wanted, cutoff=self.cost - self.grain + EPS - base
        )
        self.keep(master)
        if self.rounded(base + node.bound) >= self.cost - EPS:
            return False
        return self.dive(master, node, rounds=rounds, share=share, noise=0.1)


class NoLineError(ValueError):
    """A person has no lawful line at all; ``person`` is the number."""

    def __init__(self, person: int) -> None:
        super().__init__(f"people: number {person} has no lawful line")
        self.person = person
