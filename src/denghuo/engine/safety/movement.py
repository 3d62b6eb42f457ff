"""Believing a reading, and knowing that somebody does not move."""

from __future__ import annotations

import enum
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from denghuo.engine.safety.plane import metres, offset


@dataclass(frozen=True, slots=True)
class Fix:
    """One reading: degrees, accuracy in metres (68 % radius), time in seconds."""

    lon: float
    lat: float
    accuracy: float
    at: float


@dataclass(frozen=True, slots=True)
class PathState:
    """The last reading that was believed, and the last that was not, with how many in a row agreed with it."""

    last: Fix | None = None
    strange: Fix | None = None
    agreeing: int = 0


def accept(state: PathState, fix: Fix, *, fastest: float, needed: int) -> tuple[PathState, bool]:
    """Whether to believe a reading: nobody gets farther than ``fastest`` (m/s) allows, accuracies taken off.

    A jump is dropped. ``needed`` readings in a row that agree with each other and not with the past are believed: then
    it was the past that was wrong. A reading older than the last believed one is not believed.
    """
    if state.last is None or _reachable(state.last, fix, fastest):
        return PathState(last=fix), True
    if fix.at <= state.last.at:
        return state, False
    agrees = state.strange is not None and _reachable(state.strange, fix, fastest)
    count = state.agreeing + 1 if agrees else 1
    if count >= needed:
        return PathState(last=fix), True
    return PathState(state.last, fix, count), False


def _reachable(before: Fix, after: Fix, fastest: float) -> bool:
    seconds = after.at - before.at
    if seconds <= 0.0:
        return False
    way = metres(before.lon, before.lat, after.lon, after.lat) - before.accuracy - after.accuracy
    return way <= fastest * seconds


class Movement(enum.Enum):
    """What the readings of a window say."""

    MOVING = "moving"
    STILL = "still"
    UNKNOWN = "unknown"  # too few readings, or too vague ones, to say


@dataclass(frozen=True, slots=True)
class Stillness:
    """The verdict, the largest displacement in metres, and how many readings it rests on."""

    movement: Movement
    displacement: float
    readings: int


def stillness(
    fixes: Sequence[Fix], now: float, *, window: float, radius: float, least: int, vaguest: float
) -> Stillness:
    """Whether somebody stayed within ``radius`` metres during the last ``window`` seconds before ``now``.

    Only readings with an accuracy of ``vaguest`` metres or better count. One pair farther apart than the radius is
    enough to know of movement. Standing still is known when at least ``least`` readings cover the window: the first in
    its first fifth, none missing for longer than half of it, also up to ``now``. ``fixes`` in order of time.
    """
    used = [fix for fix in fixes if now - window <= fix.at <= now and fix.accuracy <= vaguest]
    far = _diameter(used)
    if far > radius:
        return Stillness(Movement.MOVING, far, len(used))
    if len(used) < max(2, least) or used[0].at > now - 0.8 * window:
        return Stillness(Movement.UNKNOWN, far, len(used))
    times = [fix.at for fix in used] + [now]
    if max(b - a for a, b in itertools.pairwise(times)) > window / 2:
        return Stillness(Movement.UNKNOWN, far, len(used))
    return Stillness(Movement.STILL, far, len(used))


def _diameter(fixes: Sequence[Fix]) -> float:
    """Largest distance in metres between two readings: over the corners of their convex hull (Andrew's monotone chain,
    1979), since the two that lie farthest apart are always corners of it."""
    if len(fixes) < 2:
        return 0.0
    first = fixes[0]
    points = sorted({offset(first.lon, first.lat, fix.lon, fix.lat) for fix in fixes})
    hull = points if len(points) < 3 else _half(points) + _half(points[::-1])
    return max((math.dist(a, b) for n, a in enumerate(hull) for b in hull[n + 1 :]), default=0.0)


def _half(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0.0:
            chain.pop()
        chain.append(point)
    return chain[:-1]


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
