"""Simulated time: what is to happen, in order, each thing with business time held at its moment."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from django.utils import timezone

from denghuo.core import moment
from denghuo.core.clocks.sweeper import sweep_all
from denghuo.core.events import consumers, log

SWEEP_EVERY = dt.timedelta(hours=1)

Step = Callable[[], object]


class Story:
    """A queue of moments. What lies beyond ``until`` never happens: it is what is still under way when people look."""

    def __init__(self, start: dt.datetime, until: dt.datetime, seed: int) -> None:
        self.now, self.until = start, until
        self.rng = Random(f"history:{seed}")
        self._queue: list[tuple[dt.datetime, int, Step]] = []
        self._order = itertools.count()
        self._swept = start
        self._start = start

    def start_of(self, day: int) -> dt.datetime:
        """Midnight, in local time, of the ``day``-th day of the story (0 is the first whole one or its rest)."""
        local = timezone.localtime(self._start + dt.timedelta(days=day))
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    def plan(self, when: dt.datetime, step: Callable[..., object], *args: Any) -> None:
        """Let ``step(*args)`` happen at ``when``."""
        if when <= self.until:
            heapq.heappush(self._queue, (max(when, self.now), next(self._order), lambda: step(*args)))

    def later(self, low: float, high: float, step: Callable[..., object], *args: Any) -> None:
        """Let it happen after ``low`` to ``high`` minutes."""
        self.plan(self.now + dt.timedelta(minutes=self.rng.uniform(low, high)), step, *args)

    def mostly(
        self,
        share: float,
        usual: tuple[float, float],
        seldom: tuple[float, float],
        step: Callable[..., object],
        *args: Any,
    ) -> None:
        """As :meth:`later`, within ``usual`` minutes in ``share`` of cases and within ``seldom`` otherwise."""
        self.later(*(usual if self.chance(share) else seldom), step, *args)

    def chance(self, share: float) -> bool:
        """True in ``share`` of cases."""
        return self.rng.random() < share

    def new_id(self) -> uuid.UUID:
        """A client-made id; the same in every run of one seed."""
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def run(self, tell: Callable[[dt.datetime], None]) -> None:
        """Live through all of it."""
        while self._queue:
            self.now, _order, step = heapq.heappop(self._queue)
            if self.now - self._swept >= SWEEP_EVERY:
                self._sweep()
            with moment.held(self.now):
                step()
            tell(self.now)
        self.now = self.until
        self._sweep()

    def settle(self) -> None:
        """Let the field app react to what was just decided."""
        # Nobody else writes here, so what is committed can be read at once; the ordinary limit would also wait for
        # transactions of other databases on the server.
        consumers.run_once(["field.requests"], below=log.own_horizon)

    def _sweep(self) -> None:
        """Warnings and breaches come at their time, not all at the end."""
        at = self._swept
        while at + SWEEP_EVERY <= self.now:
            at += SWEEP_EVERY
            with moment.held(at):
                sweep_all(at)
        self._swept = at
