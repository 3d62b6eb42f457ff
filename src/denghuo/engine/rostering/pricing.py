"""Exact pricing: the cheapest lines of one person under all their rules, for any price of each day and shift."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.rostering import kernels
from denghuo.engine.rostering.automaton import Automaton, Floats, Ints, Node, build
from denghuo.engine.rostering.tracks import Counter, Track, Use

Bools = NDArray[np.bool_]
Actions = NDArray[np.int64]


class Automata:
    """Product automata by their tracks, built once for all people who share them."""

    def __init__(self, days: int, actions: int) -> None:
        self.days, self.actions = days, actions
        self._built: dict[tuple[tuple[Track, ...], tuple[int, ...]], Automaton] = {}
        self._starts: dict[tuple[Track, ...], dict[Node, None]] = {}

    def announce(self, uses: Sequence[Use]) -> None:
        """Note the start of a person, so that one automaton serves all of a group."""
        tracks = tuple(use.track for use in uses)
        self._starts.setdefault(tracks, {})[tuple(use.start for use in uses)] = None

    def of(self, uses: Sequence[Use]) -> Automaton:
        """The automaton of these tracks with the person's start among its entries."""
        tracks = tuple(use.track for use in uses)
        counted = tuple(number for number, use in enumerate(uses) if use.counter is not None)
        start = tuple(use.start for use in uses)
        known = self._built.get((tracks, counted))
        starts = self._starts.setdefault(tracks, {})
        if known is None or start not in starts:
            starts[start] = None
            known = self._built[tracks, counted] = build(tracks, counted, list(starts), self.days, self.actions)
        return known


class Pricer:
    """The dynamic program of one person. ``cost`` and ``allowed`` are per day and action (0: off)."""

    def __init__(self, uses: Sequence[Use], cost: Floats, allowed: Bools, automata: Automata) -> None:
        self.uses, self.cost, self.allowed = list(uses), cost, allowed
        self.automata = automata
        self.active = [use for use in uses if not use.lazy]
        self.asleep = [use for use in uses if use.lazy]
        self._fixed = np.where(allowed, cost, np.inf)
        automata.announce(self.active)
        self._ready = False
        self._rooms: dict[tuple[int, ...], _Room] = {}

    def _prepare(self) -> _Room:
        """The room of the active rules, kept for the next time they are the active ones."""
        key = tuple(id(use) for use in self.active)
        if key not in self._rooms:
            self._rooms[key] = _Room(self.active, self.automata)
        self._ready = True
        return self._rooms[key]

    def relax(self) -> None:
        """Let the lazy rules sleep again: rules woken by odd prices make every later call slow."""
        if len(self.active) + len(self.asleep) != len(self.uses) or any(use.lazy for use in self.active):
            self.active = [use for use in self.uses if not use.lazy]
            self.asleep = [use for use in self.uses if use.lazy]
            self._ready = False

    def cheapest(self, prices: Floats, wanted: int = 1) -> list[tuple[float, Actions]]:
        """Up to ``wanted`` lines, the cheapest first, at own cost plus ``prices`` (day, action); [] when no line is lawful.

        The first is the cheapest of all lawful lines; the others end with other counts and may miss some between.
        """
        while True:
            found = self._relaxed(prices, wanted)
            broken = [use for use in self.asleep if found and not _lawful(use, found[0][1])]
            if not broken:
                return [found[0], *(row for row in found[1:] if self.lawful(row[1]))] if found else []
            self.active += broken
            self.asleep = [use for use in self.asleep if use not in broken]
            self._ready = False

    def below(self, prices: Floats, limit: float, most: int) -> list[Actions] | None:
        """Every lawful line that costs at most ``limit`` at ``prices``; None when there are more than ``most``."""
        if not self.cheapest(prices):
            return []
        room, auto, box = self._room, self._room.automaton, self._room.box
        lines = np.empty((most, self.automata.days), dtype=np.int64)
        count = kernels.all_below(room.arcs, auto.cost, auto.first, box.valid, box.moves, auto.sets, room.prices,
                                  room.values, room.low, room.high, box.terminal, limit, lines)  # fmt: skip
        return None if count < 0 else [line for line in lines[:count].copy() if self.lawful(line)]

    def _relaxed(self, prices: Floats, wanted: int) -> list[tuple[float, Actions]]:
        if not self._ready:
            self._room = self._prepare()
        room, auto, box = self._room, self._room.automaton, self._room.box
        if room.entry < 0:
            return []
        np.add(self._fixed, prices, out=room.prices[:-1])
        kernels.cheapest_of_sets(auto.sets, room.prices, room.best, room.pick)
        kernels.sweep(room.arcs, auto.cost, auto.first, box.valid, box.moves, room.best, room.entry, box.least,
                      room.values, room.low, room.high)  # fmt: skip
        where, costs = np.empty((wanted, 2), dtype=np.int64), np.empty(wanted)
        count = kernels.ends(room.values, room.low, room.high, box.terminal, wanted, where, costs)
        lines = []
        for number in range(count):
            line = np.empty(self.automata.days + 1, dtype=np.int64)
            kernels.backwards(room.arcs, auto.cost, auto.first, box.valid, box.moves, room.best, room.pick,
                              room.values, room.low, room.high, where[number, 0], where[number, 1], line)  # fmt: skip
            lines.append((float(costs[number]), line[:-1].copy()))
        return lines

    def lawful(self, line: Actions) -> bool:
        """Whether a line from the active rules also keeps the sleeping ones."""
        return all(_lawful(use, line) for use in self.asleep)

    def own_cost(self, line: Actions) -> float:
        """What a line costs by itself: wishes and soft rules. Infinite when it breaks a hard rule."""
        total = float(self._fixed[np.arange(len(line)), line].sum())
        for use in self.uses:
            found = follow(use, line)
            if found is None:
                return math.inf
            total += found[0] + (use.counter.cost(found[1]) if use.counter else 0.0)
        return total


class _Room:
    """The arrays a set of active rules needs."""

    def __init__(self, active: Sequence[Use], automata: Automata) -> None:
        auto = self.automaton = automata.of(active)
        counted = [use for use in active if use.counter is not None]
        box = self.box = Box([use.counter for use in counted if use.counter], [use.amount for use in counted], auto,
                             automata.days)  # fmt: skip
        self.arcs = np.ascontiguousarray(np.stack([auto.source, auto.target, auto.group, auto.kind]))
        self.entry = auto.entry.get(tuple(use.start for use in active), -1)
        layers = automata.days + 2
        self.values: Floats = np.empty((layers, auto.nodes, box.outers, box.inners))
        self.low: Ints = np.empty((layers, auto.nodes, box.outers), dtype=np.int64)
        self.high: Ints = np.empty_like(self.low)
        self.best: Floats = np.empty((layers - 1, len(auto.sets)))
        self.pick: Ints = np.empty((layers - 1, len(auto.sets)), dtype=np.int64)
        self.prices: Floats = np.full((layers - 1, automata.actions), np.inf)
        self.prices[-1, 0] = 0.0


def follow(use: Use, line: Sequence[int] | Actions) -> tuple[float, int] | None:
    """(cost on the way, final amount) of a line along one track; None when it breaks it."""
    state, cost, amount = use.start, 0.0, use.amount
    for day, action in enumerate(line):
        step = use.track.step(state, day, int(action))
        if step is None:
            return None
        state, cost, amount = step[0], cost + step[1], amount + step[2]
    end = use.track.finish(state)
    return None if end is None else (cost + end[1], amount + end[2])


def _lawful(use: Use, line: Actions) -> bool:
    found = follow(use, line)
    return found is not None and (use.counter is None or use.counter.cost(found[1]) < math.inf)


class Box:
    """The counters of a person as axes: the longest is the inner one, the others are flattened."""

    def __init__(self, counters: Sequence[Counter], amounts: Sequence[int], auto: Automaton, days: int) -> None:
        units = [max(1, int(np.gcd.reduce(column))) for column in auto.amounts.T]
        steps = auto.amounts // np.array(units, dtype=np.int64) if counters else auto.amounts
        sizes = [
            _size(counter, start, unit, int(column.max(initial=0)) * (days + 1))
            for counter, start, unit, column in zip(counters, amounts, units, steps.T, strict=True)
        ]
        order = sorted(range(len(sizes)), key=lambda axis: -sizes[axis])
        inner, outer = (order[0], order[1:]) if order else (None, [])
        self.inners = sizes[inner] if inner is not None else 1
        self.outers = math.prod(sizes[axis] for axis in outer)
        self._lay_out(steps, sizes, inner, outer)
        axes = [
            np.array([counter.cost(start + value * unit) for value in range(size)])
            for counter, start, unit, size in zip(counters, amounts, units, sizes, strict=True)
        ]
        total = np.zeros(1)
        for axis in outer:
            total = np.add.outer(total, axes[axis]).reshape(-1)
        last = axes[inner] if inner is not None else np.zeros(1)
        self.terminal: Floats = np.ascontiguousarray(np.add.outer(total, last))
        self.least = self._least(last, steps, inner, days)

    def _lay_out(self, steps: Ints, sizes: list[int], inner: int | None, outer: list[int]) -> None:
        kinds = len(steps)
        self.moves: Ints = np.zeros((kinds, 2), dtype=np.int64)
        self.valid: Bools = np.ones((kinds, self.outers), dtype=np.bool_)
        if inner is not None:
            self.moves[:, 1] = steps[:, inner]
        grid = np.indices([sizes[axis] for axis in outer]).reshape(len(outer), -1) if outer else None
        stride = self.outers
        for place, axis in enumerate(outer):
            stride //= sizes[axis]
            self.moves[:, 0] += steps[:, axis] * stride
            assert grid is not None
            self.valid &= grid[place][None, :] + steps[:, axis][:, None] < sizes[axis]

    @staticmethod
    def _least(last: Floats, steps: Ints, inner: int | None, days: int) -> Ints:
        least = np.zeros(days + 2, dtype=np.int64)
        possible = np.flatnonzero(np.isfinite(last))
        if inner is not None and len(possible):
            most = int(steps[:, inner].max(initial=0))
            least[:] = possible[0] - most * (days + 1 - np.arange(days + 2))
        return np.maximum(least, 0)


def _size(counter: Counter, start: int, unit: int, reachable: int) -> int:
    """Values a counter can take. With no upper bound: all that can be reached."""
    if counter.upper is None:
        return reachable + 1
    return max(0, min(reachable, (counter.upper - start) // unit)) + 1
