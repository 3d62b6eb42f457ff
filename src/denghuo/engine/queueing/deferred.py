"""Work that can lie for a while: e-mails, forms, call-backs promised for later."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.queueing.model import Floats, columns
from denghuo.engine.queueing.steady import HALF_HOUR


@dataclass(frozen=True)
class Deferred:
    """By interval, in seconds of work: ``done``, of which ``late`` after its deadline; ``waiting`` at the interval's end, of
    which ``overdue``."""

    done: Floats
    late: Floats
    waiting: Floats
    overdue: Floats

    @property
    def in_time(self) -> float:
        """Share of all work that came which was done in time; what still waits within its deadline does not count."""
        settled = self.done.sum() + self.overdue[-1]
        return 1.0 if settled <= 0.0 else float((self.done.sum() - self.late.sum()) / settled)


def spread_deferred(
    items: ArrayLike, handling: ArrayLike, heads: ArrayLike, within: int, *, interval: float = HALF_HOUR
) -> Deferred:
    """Lay work into what is free, the oldest first, which is also the earliest due.

    ``items`` come at the beginning of each interval and take ``handling`` seconds each; ``heads`` is how many people (parts
    count) are free for it; an item is in time when done in its own interval or the ``within`` next. Raises ValueError.
    """
    if within < 0:
        raise ValueError("within is a number of intervals, not negative")
    given = columns(interval, {"items": items, "handling": handling, "heads": heads})
    work, room = given["items"] * given["handling"], given["heads"] * interval
    waiting: deque[tuple[int, float]] = deque()
    rows = np.zeros((len(work), 4))
    for row, (new, free) in enumerate(zip(work, room, strict=True)):
        if new > 0.0:
            waiting.append((row, float(new)))
        left = float(free)
        while waiting and left > 0.0:
            came, amount = waiting.popleft()
            part = min(amount, left)
            left -= part
            rows[row, 0] += part
            rows[row, 1] += part if row > came + within else 0.0
            if amount > part:
                waiting.appendleft((came, amount - part))
        rows[row, 2] = sum(amount for _came, amount in waiting)
        rows[row, 3] = sum(amount for came, amount in waiting if row >= came + within)
    return Deferred(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])


def deferred_requirement(
    items: ArrayLike, handling: ArrayLike, free: ArrayLike, within: int, *, interval: float = HALF_HOUR
) -> float:
    """The fewest heads (parts count, to a hundredth) to add to every interval, beside those ``free``, so that nothing is late
    and nothing overdue is left. Arguments as in :func:`spread_deferred`. Raises ValueError."""
    given = columns(interval, {"items": items, "handling": handling, "free": free})

    def late(more: float) -> bool:
        laid = spread_deferred(given["items"], given["handling"], given["free"] + more, within, interval=interval)
        return bool(laid.late.sum() + laid.overdue[-1] > 1e-6)

    low, high = 0, int(np.ceil((given["items"] * given["handling"]).max() / interval * 100.0))
    if not late(0.0):
        return 0.0
    while high - low > 1:
        middle = (low + high) // 2
        if late(middle / 100.0):
            low = middle
        else:
            high = middle
    return high / 100.0
