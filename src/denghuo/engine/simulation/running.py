"""Days played through and summed up."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from denghuo.engine.routing.compiling import PolicyArrays, compile_policy
from denghuo.engine.routing.plan import ChannelClass, QueuePlan
from denghuo.engine.simulation.drawing import WORK, Customers, at_work, customers, dice, together
from denghuo.engine.simulation.model import FIELDS, Centre, Comparison, Floats, Outcome, Stopped

CHUNK: Final = 8  # days summed up together, whoever plays them: sums do not hang on the number of processes
WORTH_A_PROCESS: Final = 1_000_000  # contacts below which starting processes costs more than it saves


@dataclass(frozen=True)
class Start:
    """What there is at second 0: seconds already waited, by queue, and calls in work, by group."""

    waited: tuple[tuple[float, ...], ...]
    busy: tuple[int, ...]
    remaining: tuple[float, ...]  # mean seconds a call in work still takes, by group


@dataclass(frozen=True)
class _Plan:
    """A centre as processes can be handed it: no mappings, arrays for the router."""

    centre: Centre
    policy: PolicyArrays | None
    levels: tuple[Any, ...]
    start: Start | None


_Part = tuple[Floats, Floats, Floats, Floats, Floats, int]


def simulate(
    centre: Centre,
    replications: int = 100,
    seed: int = 1,
    *,
    workers: int = 1,
    start: Start | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """``replications`` days of the centre.

    The same seed gives the same figures to the last bit, whatever ``workers`` (processes, started only when there is work
    for them) is. ``progress(done, all)`` is called after every few days; ``cancelled()`` true raises Stopped. Raises
    ValueError and PolicyError for a centre that cannot be.
    """
    if replications < 1:
        raise ValueError("at least one replication is needed")
    plan = _planned(centre, start)
    chunks = [range(n, min(n + CHUNK, replications)) for n in range(0, replications, CHUNK)]
    parts: list[_Part] = []
    for part in _played(plan, chunks, seed, workers):
        parts.append(part)
        if progress is not None:
            progress(min(len(parts) * CHUNK, replications), replications)
        if cancelled is not None and cancelled():
            raise Stopped
    return _summed(centre, parts, replications)


def compare(
    before: Centre,
    after: Centre,
    replications: int = 100,
    seed: int = 1,
    *,
    workers: int = 1,
    start: Start | None = None,
    start_after: Start | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Comparison:
    """Both centres under the same customers (common random numbers), so that few days tell small differences apart."""

    def half(offset: int) -> Callable[[int, int], None]:
        return lambda done, total: progress(offset + done, 2 * total) if progress is not None else None

    first = simulate(
        before, replications, seed, workers=workers, start=start, progress=half(0), cancelled=cancelled
    )  # fmt: skip
    second = simulate(
        after, replications, seed, workers=workers, start=start_after or start, progress=half(replications),
        cancelled=cancelled,
    )  # fmt: skip
    return Comparison(first, second)


def is_plain(centre: Centre) -> bool:
    """Is it one queue and one group that take calls in turn, for which the quick path is exact?"""
    if len(centre.queues) != 1 or len(centre.groups) != 1:
        return False
    queue, group = centre.queues[0], centre.groups[0]
    calls_back = queue.callback_accepted > 0.0 and math.isfinite(queue.callback_after)
    return queue.routing is None and group.capacity[0] == 1 and queue.retry == 0.0 and not calls_back


def _planned(centre: Centre, start: Start | None) -> _Plan:
    bare = replace(
        centre,
        queues=tuple(replace(queue, routing=None) for queue in centre.queues),
        groups=tuple(replace(group, skills={}) for group in centre.groups),
        settings=type(centre.settings)(),
    )
    if is_plain(centre):
        return _Plan(bare, None, (), start)
    plans = [queue.routing or QueuePlan(queue.code) for queue in centre.queues]
    plans = [replace(plan, code=queue.code) for plan, queue in zip(plans, centre.queues, strict=True)]
    skills = sorted({code for group in centre.groups for code in group.skills} | _asked(plans, centre))
    compiled = compile_policy(plans, skills, centre.settings)
    levels = tuple(tuple(group.skills.get(code, 0) for code in skills) for group in centre.groups)
    return _Plan(bare, compiled.arrays, levels, start)


def _asked(plans: Sequence[QueuePlan], centre: Centre) -> set[str]:
    found = set(centre.settings.languages)
    for plan in plans:
        found |= set(plan.required)
        for step in plan.ladder:
            found |= set(step.alternative or {})
    return found


def _played(plan: _Plan, chunks: Sequence[range], seed: int, workers: int) -> Iterator[_Part]:
    contacts = sum(sum(queue.contacts) for queue in plan.centre.queues) * chunks[-1].stop
    if workers <= 1 or len(chunks) < 2 or contacts < WORTH_A_PROCESS:
        for chunk in chunks:
            yield _chunk(plan, chunk, seed)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(chunks)), mp_context=context) as pool:
        waiting = [pool.submit(_chunk, plan, chunk, seed) for chunk in chunks]
        try:
            for future in waiting:
                yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def _chunk(plan: _Plan, days: range, seed: int) -> _Part:
    """(sum of tables, totals by day, busy, staffed, loads by day, events) of some days."""
    centre = plan.centre
    shape = (len(centre.queues), centre.intervals, len(FIELDS))
    table, totals = np.zeros(shape), np.zeros((len(days), shape[0], shape[2]))
    busy, staffed = np.zeros((len(centre.groups), shape[1])), np.zeros((len(centre.groups), shape[1]))
    loads, events = np.zeros((len(days), 2)), 0
    for n, day in enumerate(days):
        out, work, places, count = _day(plan, seed, day)
        table += out
        busy += work
        staffed += places
        totals[n] = out[:, centre.warm_up :].sum(axis=1)
        loads[n] = work[:, centre.warm_up :].sum(), places[:, centre.warm_up :].sum()
        events += count
    return table, totals, busy, staffed, loads, events


def _day(plan: _Plan, seed: int, day: int) -> tuple[Floats, Floats, Floats, int]:
    centre = plan.centre
    people = customers(centre, seed, day)
    out = np.zeros((len(centre.queues), centre.intervals, len(FIELDS)))
    out[:, :, FIELDS.index("contained")] = people.contained
    if plan.start is not None:
        people = _with_waiting(centre, people, plan.start, seed, day)
    work = np.zeros((len(centre.groups), centre.intervals))
    present = [at_work(group, g, seed, day) for g, group in enumerate(centre.groups)]
    places = np.stack([
        sum(group.capacity) * centre.interval * heads for group, (_who, heads) in zip(centre.groups, present, strict=True)
    ])  # fmt: skip
    if plan.policy is None:
        from denghuo.engine.simulation.single import one_queue

        heads = present[0][1]
        busy_until = np.zeros(int(heads[0]))
        if plan.start is not None:
            _lay_out_work(busy_until, plan.start, 0, seed, day)
        events = one_queue(
            people.came, people.service, people.patience, heads, busy_until, centre.interval, centre.queues[0].within,
            out[0], work[0],
        )  # fmt: skip
    else:
        events = _routed(plan, people, [who for who, _heads in present], out, work, seed, day)
    return out, work, places, int(events)


def _lay_out_work(busy_until: Floats, start: Start, g: int, seed: int, day: int) -> None:
    """Calls in work at second 0 last on by an exponential time."""
    count = min(start.busy[g], len(busy_until))
    busy_until[:count] = start.remaining[g] * dice(seed, day, g, WORK).standard_exponential(count)


def _with_waiting(centre: Centre, people: Customers, start: Start, seed: int, day: int) -> Customers:
    """The customers, preceded by those who wait at second 0."""
    from denghuo.engine.simulation.drawing import times

    came = [-np.asarray(waited, np.float64) for waited in start.waited]
    sizes = [len(values) for values in came]
    queue = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    # Generators beyond those of the day's customers, which must stay the same with and without a queue to begin with.
    drawn = [
        [times(dice(seed, day, q, 100 + n), kind, size) for n, kind in enumerate((wanted.handling, wanted.patience))]
        for q, (wanted, size) in enumerate(zip(centre.queues, sizes, strict=True))
    ]
    early = np.concatenate(came)
    order = np.argsort(early, kind="stable")
    count = len(early)
    first: tuple[Any, ...] = (
        early, queue, np.concatenate([pair[0] for pair in drawn]), np.concatenate([pair[1] for pair in drawn]),
        np.zeros(count, np.int32), np.zeros(count), np.zeros(count, np.bool_),
    )  # fmt: skip
    rest: tuple[Any, ...] = (
        people.came, people.queue, people.service, people.patience, people.tries, people.delay, people.accepts
    )  # fmt: skip
    columns: list[Any] = [np.concatenate((a[order], b)) for a, b in zip(first, rest, strict=True)]
    return together(columns, people.contained)


def _routed(
    plan: _Plan, people: Customers, present: Sequence[Any], out: Floats, work: Floats, seed: int, day: int
) -> int:
    from denghuo.engine.routing.state import open_state
    from denghuo.engine.simulation.skilled import many_queues

    centre, policy = plan.centre, plan.policy
    assert policy is not None
    sizes = [len(who) for who in present]
    group = np.repeat(np.arange(len(sizes)), sizes)
    agents = len(group)
    busy_until, load = np.zeros(agents), np.zeros((agents, 3), np.int32)
    if plan.start is not None:
        for g in range(len(sizes)):
            rows = np.flatnonzero(group == g)
            held = np.zeros(len(rows))
            _lay_out_work(held, plan.start, g, seed, day)
            busy_until[rows] = held
        load[busy_until > 0.0, ChannelClass.VOICE] = 1
    ready = np.concatenate(present) if agents else np.zeros((0, centre.intervals), np.bool_)
    levels = np.asarray(plan.levels, np.uint8).reshape(len(sizes), -1)[group]
    capacity = np.asarray([centre.groups[g].capacity for g in group], np.int32).reshape(agents, 3)
    echelon = np.asarray([centre.groups[g].echelon for g in group], np.int32)
    state = open_state(
        policy, np.arange(agents), levels, capacity, load, np.ascontiguousarray(ready[:, 0]), np.zeros(agents), echelon,
        max(1, len(people.came)), 0,
    )  # fmt: skip
    offer_after = np.array([queue.callback_after for queue in centre.queues])
    slowing = np.array([queue.slowing for queue in centre.queues])
    within = np.array([queue.within for queue in centre.queues])
    events: int = many_queues(
        policy, state, people.came, people.queue, people.service, people.patience, people.tries.copy(), people.delay,
        people.accepts, offer_after, slowing, within, group, ready, busy_until, centre.interval, out, work,
    )  # fmt: skip
    return events


def _summed(centre: Centre, parts: Sequence[_Part], replications: int) -> Outcome:
    table, busy, staffed = (
        _sum([part[0] for part in parts]),
        _sum([part[2] for part in parts]),
        _sum([part[3] for part in parts]),
    )
    return Outcome(
        tuple(queue.code for queue in centre.queues),
        tuple(group.code for group in centre.groups),
        table / replications,
        np.concatenate([part[1] for part in parts]),
        busy / replications,
        staffed / replications,
        np.concatenate([part[4] for part in parts]),
        sum(part[5] for part in parts),
    )


def _sum(parts: Sequence[Floats]) -> Floats:
    """In the order of the days, so that it comes out the same whoever played them."""
    total = np.zeros_like(parts[0])
    for part in parts:
        total += part
    return total
