"""Small automata that follow one line of duty day by day; the pricing walks their product.

A track takes an action a day (0: off, k + 1: shift k) and says the state after it, what it costs, and how much it adds to
its counter; None where the rule forbids it. The state before the horizon is not part of a track (it is in :class:`Use`),
so that people under the same rules share one product automaton whatever they worked last month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

Step = tuple[Any, float, int]
"""(state after, cost, amount added to the counter)."""


class Track(Protocol):
    """One rule along a line; hashable, equal when the rule is the same."""

    def __hash__(self) -> int: ...

    def step(self, state: Any, day: int, action: int) -> Step | None:
        """What follows an action, or None when it breaks the rule."""

    def finish(self, state: Any) -> Step | None:
        """What the end of the horizon does; None when the line may not end so."""


@dataclass(frozen=True)
class Counter:
    """Bounds of a sum along a line, hard (``lower``, ``upper``) and soft (``weight`` for each unit outside the wanted)."""

    lower: int = 0
    upper: int | None = None
    wanted_low: float = 0.0
    wanted_high: float | None = None
    weight: float = 0.0

    def cost(self, value: int) -> float:
        """Cost of a final value; infinite outside the hard bounds."""
        if value < self.lower or (self.upper is not None and value > self.upper):
            return float("inf")
        high = value if self.wanted_high is None else self.wanted_high
        return self.weight * (max(0.0, value - high) + max(0.0, self.wanted_low - value))


@dataclass(frozen=True)
class Use:
    """A track as one person is subject to it: state and amount at the start, the counter, and the rule's code.

    ``lazy``: seldom binding; the pricing leaves it out until a line breaks it (the bound stays valid).
    """

    code: str
    track: Track
    start: Hashable = ()
    counter: Counter | None = None
    amount: int = 0
    lazy: bool = False


class Open:
    """Every line may end in every state."""

    def finish(self, state: Any) -> Step | None:
        """No cost at the end."""
        return 0, 0.0, 0


@dataclass(frozen=True)
class Runs(Open):
    """Lengths of runs of working days and of days off. State: (days on or -days off, touches an unknown border)."""

    min_run: int
    max_run: int | None
    min_off: int

    def step(self, state: tuple[int, bool], day: int, action: int) -> Step | None:
        length, free = state
        if action:
            if length > 0:
                if self.max_run is not None and length >= self.max_run:
                    return None
                most = self.max_run if self.max_run is not None else self.min_run
                return (min(length + 1, most), free), 0.0, 0
            if length < 0 and -length < self.min_off and not free:
                return None
            return (1, length == 0), 0.0, 0
        if length > 0:
            return None if length < self.min_run and not free else ((-1, False), 0.0, 0)
        return (-self.min_off if length == 0 else max(length - 1, -self.min_off), free), 0.0, 0


@dataclass(frozen=True)
class Follow(Open):
    """Shifts that may not come the day after a shift. State: the set forbidden today."""

    forbidden: tuple[frozenset[int], ...]

    def step(self, state: frozenset[int], day: int, action: int) -> Step | None:
        return None if action in state else (self.forbidden[action], 0.0, 0)


@dataclass(frozen=True)
class Rest(Open):
    """Minutes between two duties. State: the first minute of today at which the person may begin."""

    begins: tuple[int, ...]
    lengths: tuple[int, ...]
    rest: int

    def step(self, state: int, day: int, action: int) -> Step | None:
        if not action:
            return max(0, state - 1440), 0.0, 0
        begin = self.begins[action]
        if begin < state:
            return None
        return max(0, begin + self.lengths[action] + self.rest - 1440), 0.0, 0


@dataclass(frozen=True)
class KindRun:
    """Runs of days with a kind of shift: at most ``most``, at least ``least`` (None and 1: free), each day outside costing
    ``weight``, or forbidden when that is None. State: (days, touches an unknown border). A run at the end may go on."""

    actions: frozenset[int]
    least: int = 1
    most: int | None = None
    weight: float | None = None

    def step(self, state: tuple[int, bool], day: int, action: int) -> Step | None:
        length, free = state
        if action in self.actions:
            over = self.most is not None and length >= self.most
            if over and self.weight is None:
                return None
            cap = self.most if self.most is not None else self.least
            return (min(length + 1, cap), free), (self.weight or 0.0) if over else 0.0, 0
        short = 0 if free or length == 0 else max(0, self.least - length)
        if short and self.weight is None:
            return None
        return (0, False), short * (self.weight or 0.0), 0

    def finish(self, state: tuple[int, bool]) -> Step | None:
        return 0, 0.0, 0


@dataclass(frozen=True)
class WeekCount(Open):
    """Days of a kind in one week from Monday. State: the count. ``first`` is the weekday of day 0."""

    actions: frozenset[int]
    most: int
    first: int
    weight: float | None = None

    def step(self, state: int, day: int, action: int) -> Step | None:
        count = 0 if (self.first + day) % 7 == 0 else state
        if action not in self.actions:
            return count, 0.0, 0
        if count >= self.most:
            return None if self.weight is None else (count, self.weight, 0)
        return count + 1, 0.0, 0


@dataclass(frozen=True)
class Amount(Open):
    """Adds a number for each action, on the days named (None: all)."""

    amounts: tuple[int, ...]
    days: frozenset[int] | None = None

    def step(self, state: Any, day: int, action: int) -> Step | None:
        return (), 0.0, self.amounts[action] if self.days is None or day in self.days else 0


@dataclass(frozen=True)
class Weekends(Open):
    """Counts weekends with any work. State: this weekend is counted already. ``weekend``: its two weekdays."""

    first: int
    weekend: tuple[int, int]

    def step(self, state: bool, day: int, action: int) -> Step | None:
        weekday = (self.first + day) % 7
        if weekday not in self.weekend:
            return False, 0.0, 0
        opens = weekday == self.weekend[0]
        counted = state and not opens
        return (counted or action > 0) and opens, 0.0, 1 if action and not counted else 0


@dataclass(frozen=True)
class WholeWeekends(Open):
    """Both days of a weekend are worked or neither. State: 0 unknown, 1 off, 2 at work on the first day."""

    first: int
    weekend: tuple[int, int]
    weight: float | None

    def step(self, state: int, day: int, action: int) -> Step | None:
        weekday = (self.first + day) % 7
        if weekday == self.weekend[0]:
            return (2 if action else 1), 0.0, 0
        if weekday == self.weekend[1] and state and (state == 2) != (action > 0):
            return None if self.weight is None else (0, self.weight, 0)
        return 0, 0.0, 0


@dataclass(frozen=True)
class Succession(Open):
    """Pairs of actions on neighbouring days that cost ``weight`` (None: forbidden). State: yesterday's action or -1."""

    pairs: frozenset[tuple[int, int]]
    weight: float | None

    def step(self, state: int, day: int, action: int) -> Step | None:
        if (state, action) not in self.pairs:
            return action, 0.0, 0
        return None if self.weight is None else (action, self.weight, 0)


@dataclass(frozen=True)
class Isolated(Open):
    """One working day between two days off. State: 0 off, 1 first day after off, 2 in a longer run (or unknown)."""

    weight: float | None

    def step(self, state: int, day: int, action: int) -> Step | None:
        if action:
            return (1 if state == 0 else 2), 0.0, 0
        if state == 1:
            return None if self.weight is None else (0, self.weight, 0)
        return 0, 0.0, 0


@dataclass(frozen=True)
class RestAfter(Open):
    """After ``after`` or more days of a kind in a row: ``rest`` days off. State: (days of the kind, days off still due)."""

    actions: frozenset[int]
    after: int
    rest: int

    def step(self, state: tuple[int, int], day: int, action: int) -> Step | None:
        length, due = state
        if action in self.actions:
            return None if due else ((min(length + 1, self.after), 0), 0.0, 0)
        due = self.rest if length >= self.after else due
        if action:
            return None if due else ((0, 0), 0.0, 0)
        return (0, max(0, due - 1)), 0.0, 0


@dataclass(frozen=True)
class Overtime:
    """Adds each week's minutes past ``week`` to the month of the week's last duty.

    State: (minutes of this week, its last duty lies in the month).
    """

    minutes: tuple[int, ...]
    week: int
    start: dt.date
    month: tuple[int, int]

    def step(self, state: tuple[int, bool], day: int, action: int) -> tuple[tuple[int, bool], float, int]:
        date = self.start + dt.timedelta(days=day)
        added = 0
        if date.weekday() == 0:
            added, state = self._extra(state), (0, False)
        if action:
            state = (state[0] + self.minutes[action], (date.year, date.month) == self.month)
        return state, 0.0, added

    def finish(self, state: tuple[int, bool]) -> Step | None:
        return 0, 0.0, self._extra(state)

    def _extra(self, state: tuple[int, bool]) -> int:
        return max(0, state[0] - self.week) if state[1] else 0
