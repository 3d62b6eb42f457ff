"""The few causes that make most of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from denghuo.engine.analysis.model import Unfit


@dataclass(frozen=True)
class Cause:
    """``share`` of the whole, ``together`` with all that are larger, and ``vital``: among the few that reach the line."""

    name: str
    count: float
    share: float
    together: float
    vital: bool


def pareto(counts: Mapping[str, float], *, line: float = 0.8) -> tuple[Cause, ...]:
    """Causes from the largest down (Juran's vital few). Those are vital that are needed to reach ``line`` of the whole.

    Equal counts stand by name, so that the same data give the same picture. Raises :class:`Unfit` for a negative count
    (``negative``) or nothing at all (``empty``).
    """
    if any(count < 0 for count in counts.values()):
        raise Unfit("negative")
    whole = float(sum(counts.values()))
    if whole <= 0:
        raise Unfit("empty")
    causes, before = [], 0.0
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        causes.append(Cause(name, float(count), count / whole, (before + count) / whole, before < line * whole))
        before += count
    return tuple(causes)
