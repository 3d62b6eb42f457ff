"""Why a share moved between two periods: more of the worse kind, or every kind worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from denghuo.engine.analysis.model import Unfit

Counts = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Part:
    """What one group brings to the change, in the share's own unit: ``rate`` by doing better or worse, ``mix`` by being more
    or fewer of the cases."""

    name: str
    before: float | None
    after: float | None
    rate: float
    mix: float

    @property
    def whole(self) -> float:
        return self.rate + self.mix


def shift(before: Counts, after: Counts) -> tuple[Part, ...]:
    """The change of a share, group by group; the parts add up to it exactly (Kitagawa 1955).

    ``(hits, of)`` by group. The mix is counted against the mean share of both periods: a group that grows counts as bad only
    when it is worse than the whole. A group absent from one period changes by mix alone. Raises :class:`Unfit` (``empty``).
    """
    total = [sum(of for _hits, of in counts.values()) for counts in (before, after)]
    if min(total) <= 0:
        raise Unfit("empty")
    whole = [sum(hits for hits, _of in counts.values()) / of for counts, of in zip((before, after), total, strict=True)]
    middle = sum(whole) / 2
    parts = []
    for name in sorted({*before, *after}):
        old, new = before.get(name, (0.0, 0.0)), after.get(name, (0.0, 0.0))
        weight = [old[1] / total[0], new[1] / total[1]]
        share = [hits / of if of else None for hits, of in (old, new)]
        first = share[0] if share[0] is not None else share[1]
        second = share[1] if share[1] is not None else share[0]
        if first is None or second is None:
            continue
        rate = (second - first) * (weight[0] + weight[1]) / 2
        mix = (weight[1] - weight[0]) * ((first + second) / 2 - middle)
        parts.append(Part(name, share[0], share[1], rate, mix))
    return tuple(sorted(parts, key=lambda part: (-abs(part.whole), part.name)))
