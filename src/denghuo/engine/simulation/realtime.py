"""Ahead from the state of the moment: the rest of the day as it stands, and with people moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from denghuo.engine.simulation.model import Centre, Comparison, Group, Outcome, Queue
from denghuo.engine.simulation.running import Start, compare, simulate


@dataclass(frozen=True)
class Now:
    """The floor at the beginning of interval ``at`` of the day.

    ``waiting``: seconds waited so far of everyone in a queue, by code of the queue; ``busy``: calls in work, by code of the
    group. What a call in work still takes is exponential with the longest mean handling of the queues, unless ``remaining`` says.
    """

    at: int
    waiting: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    busy: Mapping[str, int] = field(default_factory=dict)
    remaining: float | None = None


def rest_of_day(centre: Centre, now: Now, replications: int = 100, seed: int = 1) -> Outcome:
    """What the rest of the day is to bring. Interval 0 of the outcome is ``now.at``; those who wait already count in it.

    Patience of those who wait begins anew, which is exact for exponential patience. Raises ValueError.
    """
    rest, start = _from(centre, now)
    return simulate(rest, replications, seed, start=start)


def moved(
    centre: Centre, source: str | None, target: str | None, heads: int, since: int, until: int | None = None
) -> Centre:
    """The centre with ``heads`` people of group ``source`` in ``target`` from interval ``since`` up to ``until`` (the end).

    Without ``source`` they are called in, without ``target`` released. Raises ValueError when ``source`` has too few.
    """
    end = centre.intervals if until is None else until

    def shifted(group: Group) -> Group:
        change = (heads if group.code == target else 0) - (heads if group.code == source else 0)
        if not change:
            return group
        row = tuple(n + change if since <= k < end else n for k, n in enumerate(group.heads))
        if min(row) < 0:
            raise ValueError(f"group {group.code} has fewer than {heads} heads in an interval")
        return replace(group, heads=row)

    unknown = {code for code in (source, target) if code is not None} - {group.code for group in centre.groups}
    if unknown:
        raise ValueError(f"unknown group: {', '.join(sorted(unknown))}")
    return replace(centre, groups=tuple(shifted(group) for group in centre.groups))


def effect_of_move(
    centre: Centre, now: Now, source: str | None, target: str | None, heads: int, until: int | None = None,
    replications: int = 100, seed: int = 1,
) -> Comparison:  # fmt: skip
    """The rest of the day as it stands and with the move of :func:`moved` made at once, under the same customers."""
    before, start = _from(centre, now)
    after, _start = _from(moved(centre, source, target, heads, now.at, until), now)
    return compare(before, after, replications, seed, start=start)


def _from(centre: Centre, now: Now) -> tuple[Centre, Start]:
    if not 0 <= now.at < centre.intervals:
        raise ValueError(f"the day has intervals 0 to {centre.intervals - 1}, not {now.at}")
    unknown = set(now.waiting) - {queue.code for queue in centre.queues}
    unknown |= set(now.busy) - {group.code for group in centre.groups}
    if unknown:
        raise ValueError(f"unknown queue or group: {', '.join(sorted(unknown))}")

    def queue(whole: Queue) -> Queue:
        return replace(whole, contacts=whole.contacts[now.at :], surge=whole.surge[now.at :])

    def group(whole: Group) -> Group:
        return replace(whole, heads=whole.heads[now.at :], breaks=whole.breaks[now.at :])

    lasting = now.remaining or max(queue.handling.mean for queue in centre.queues)
    rest = replace(
        centre, queues=tuple(queue(q) for q in centre.queues), groups=tuple(group(g) for g in centre.groups),
        warm_up=max(0, centre.warm_up - now.at),
    )  # fmt: skip
    start = Start(
        tuple(now.waiting.get(q.code, ()) for q in centre.queues),
        tuple(now.busy.get(g.code, 0) for g in centre.groups),
        (lasting,) * len(centre.groups),
    )
    return rest, start
