"""From what was observed to the devices that are open: exact over the tree, joined by a count rule for small faults.

The likeliest set of open devices is found by dynamic programming: below an open device everything is out, so a device is
either open, or its children stand each for themselves. The time an outage began is unknown; every device is weighed over
a grid of starts, and the starts are averaged. Work grows with devices and reports, not with their product.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from denghuo.engine.outage import kernels
from denghuo.engine.outage.types import (
    KINDS,
    MV_KINDS,
    Call,
    DeviceKind,
    Flags,
    Floats,
    Forest,
    Found,
    Grade,
    Ints,
    Marks,
    Observations,
    Parameters,
    Reason,
    forest,
)

GRID: Floats = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12.5, 15, 20, 25, 30, 45, 60, 90, 120, 180, 240, 360], np.float64)
CLEAR = 5.0  # logarithm of the odds from which a first look is built on
OLDER = 1.0  # minutes a report must precede an outage above to speak of another one below


class _Seen:
    """Observations as arrays: one report per customer, the latest; what has come back is left out."""

    def __init__(self, forest: Forest, seen: Observations, rules: Parameters) -> None:
        now = seen.now
        self.meters = forest.meters if seen.meters else np.zeros_like(forest.meters)
        back: dict[int, float] = {}
        for customer, at in seen.power_on:
            back[customer] = max(at, back.get(customer, -np.inf))
        alive = dict(back)
        for customer, at in seen.supplied:
            alive[customer] = max(at, alive.get(customer, -np.inf))
        calls: dict[int, tuple[float, float]] = {}
        for call in seen.calls:
            if not call.groupable or call.at > now or call.at <= alive.get(call.customer, -np.inf):
                continue
            if call.customer not in calls or calls[call.customer][0] < call.at:
                calls[call.customer] = (call.at, 1.0 if call.sure else rules.unsure_weight)
        gasps: dict[int, float] = {}
        for customer, at in seen.gasps:
            if at <= now and at > alive.get(customer, -np.inf):
                gasps[customer] = max(at, gasps.get(customer, -np.inf))
        self.callers = np.array(sorted(calls), np.int32)
        self.call_age = np.array([now - calls[c][0] for c in self.callers.tolist()], np.float64)
        self.call_weight = np.array(
            [calls[c][1] * rules.worth("call", now - calls[c][0]) for c in self.callers.tolist()], np.float64
        )
        self.gaspers = np.array(sorted(gasps), np.int32)
        self.gasp_age = np.array([now - gasps[c] for c in self.gaspers.tolist()], np.float64)
        self.gasp_weight = np.array([rules.worth("gasp", age) for age in self.gasp_age.tolist()], np.float64)
        told = np.array(sorted(alive), np.int32)
        self.alive_age = np.array([now - alive[c] for c in told.tolist()], np.float64)
        self.call_device = forest.customer_device[self.callers]
        self.gasp_device = forest.customer_device[self.gaspers]
        self.alive_device = forest.customer_device[told]


def infer(forest: Forest, seen: Observations, rules: Parameters | None = None) -> list[Found]:
    """The devices that are open, surest first, outages below others behind them. Linear in devices and reports."""
    rules = rules or Parameters()
    if not forest.devices:
        return []
    arrays = _Seen(forest, seen, rules)
    marks = _marks(forest, seen)
    own = _own_odds(forest, seen, rules)
    ratio, start = _evidence(forest, arrays, rules)
    opened, posterior = kernels.passes(forest.parent, own + ratio, own, marks)
    top = kernels.top_open(forest.parent, opened)
    known = _first_look(forest, top, start, own + ratio)
    if known:
        ratio, start = _evidence(forest, arrays, rules, known)
        opened, posterior = kernels.passes(forest.parent, own + ratio, own, marks)
        top = kernels.top_open(forest.parent, opened)
    ruled = _by_count(forest, arrays, rules, top, posterior, marks)
    result = []
    for device in np.flatnonzero(opened).tolist():
        inner = int(top[device]) != device
        if (
            inner
            or marks[device]
            or posterior[device] >= rules.probable_at
            or _grouped(forest, device, posterior, rules)
        ):
            result.append(_found(forest, arrays, seen, rules, device, ratio, posterior, start, top, False))
    result += [_found(forest, arrays, seen, rules, d, ratio, posterior, start, top, True) for d in ruled]
    result += _earlier(forest, arrays, rules, seen.now, top, start, own, marks, {one.device for one in result})
    return sorted(result, key=lambda one: (one.above is not None, -one.posterior, one.device))


def _first_look(forest: Forest, top: Ints, start: Ints, weight: Floats) -> list[tuple[int, int, float]]:
    """Outages a newer one above might hide: clearly open, older than the youngest of them by more than a step."""
    tops = [d for d in np.unique(top[top >= 0]).tolist() if weight[d] > CLEAR and forest.parent[d] >= 0]
    if len(tops) < 2:
        return []
    youngest = min(int(start[d]) for d in tops)
    # One step less: a start that is uncertain by a step must not count its own reports twice.
    return [(d, int(start[d]) - 1, float(weight[d])) for d in tops if start[d] > youngest + 1]


def _grouped(forest: Forest, device: int, posterior: Floats, rules: Parameters) -> bool:
    """Whether the chance of the device and of those that look the same together is enough."""
    return sum(float(posterior[d]) for d in forest.alike(device)) >= rules.probable_at


def _marks(forest: Forest, seen: Observations) -> Marks:
    marks = np.zeros(forest.devices, np.int8)
    marks[list(seen.closed)] = kernels.CLOSED
    marks[list(seen.opened)] = kernels.OPEN
    return marks


def _own_odds(forest: Forest, seen: Observations, rules: Parameters) -> Floats:
    """Prior odds and trip messages of each device, as a logarithm; a device without customers below cannot be told."""
    by_kind = np.array([np.log(max(rules.odds.get(kind, 1e-4), kernels.LEAST)) for kind in KINDS])
    odds: Floats = by_kind[forest.kind]
    told = np.log(rules.trip_seen / rules.trip_false)
    latest: dict[int, float] = {}
    for device, at in seen.trips:
        if seen.now - rules.horizon <= at <= seen.now:
            latest[device] = max(at, latest.get(device, at))
    for device, at in latest.items():
        odds[device] += told * rules.worth("trip", seen.now - at)
    return odds


def _rates(forest: Forest, arrays: _Seen, rules: Parameters) -> Floats:
    """Chances of a call and of a last message per age of the grid, out and supplied.

    Noise is never taken as more than all that was heard: in a quieter hour than usual silence would speak for an outage.
    """
    many = max(forest.customers, 1)
    within = np.searchsorted(np.sort(arrays.call_age), GRID, side="right")
    noise = np.minimum(rules.noise_per_hour * GRID / 60.0, (within + 1) / many)
    noise = noise + rules.mislocated * within / many
    out = (1.0 - rules.mislocated) * rules.call_share * (1.0 - np.exp(-GRID / rules.call_delay)) + noise
    within = np.searchsorted(np.sort(arrays.gasp_age), GRID, side="right")
    silent = np.minimum(rules.meter_noise_per_hour * GRID / 60.0, (within + 1) / many)
    gasp = rules.meter_share * np.minimum(1.0, GRID / rules.meter_wait) + silent
    rates: Floats = np.clip(np.stack([out, noise, gasp, silent]), 1e-9, 1.0 - 1e-6)
    return rates


def _spreads(rates: Floats, rules: Parameters) -> Floats:
    """The spreads of the rates so far that follow from those of the final shares: a share that varies by a third varies
    by a third at every age. Without this a few calls about a whole city would look like an outage that few call about."""
    rows = []
    for row, share, spread in ((0, rules.call_share, rules.call_spread), (2, rules.meter_share, rules.meter_spread)):
        part = np.minimum(rates[row] / share, 1.0)
        rows.append((1.0 - rates[row]) * (spread + 1.0) / (part * (1.0 - share)) - 1.0)
    spreads: Floats = np.maximum(np.stack(rows), 1.0)
    return spreads


def _evidence(
    forest: Forest, arrays: _Seen, rules: Parameters, known: Sequence[tuple[int, int, float]] = ()
) -> tuple[Floats, Ints]:
    """Evidence and likeliest start of every device; ``known``: outages (device, step of start, weight) of a first look.

    A device that opened after one below it took only the customers that were left. Without this an older fault below
    would speak against a newer one above it.
    """
    up, steps = forest.parent, (1, len(GRID))
    calls = kernels.counts(up, arrays.call_device, arrays.call_age, arrays.call_weight, GRID)
    gasps = kernels.counts(up, arrays.gasp_device, arrays.gasp_age, arrays.gasp_weight, GRID)
    alive = kernels.counts(up, arrays.alive_device, arrays.alive_age, np.ones(len(arrays.alive_age)), GRID)
    size = np.tile(forest.size.astype(np.float64)[:, None], steps)
    meters = np.tile(arrays.meters.astype(np.float64)[:, None], steps)
    bonus = np.zeros_like(size)
    for device, step, value in known:
        kernels.take_out(up, device, step, value, size, meters, bonus, calls, gasps)
    rates = _rates(forest, arrays, rules)
    spreads = _spreads(rates, rules)
    found: tuple[Floats, Ints] = kernels.evidence(
        size, meters, bonus, calls, gasps, alive, GRID, rates, spreads, rules.supplied_wrong
    )
    return found


def _by_count(
    forest: Forest, arrays: _Seen, rules: Parameters, top: Ints, posterior: Floats, marks: Marks
) -> list[int]:
    """Low-voltage devices that enough of their customers called about lately and that no open device explains.

    A fault of a few customers seldom gathers evidence enough against a low prior, yet two neighbours calling within a
    quarter of an hour are seldom chance.
    """
    if rules.rule_calls <= 0:
        return []
    recent = (arrays.call_age <= rules.rule_minutes) & (arrays.call_device >= 0)
    recent &= arrays.call_weight > rules.unsure_weight
    devices, hits = np.unique(arrays.call_device[recent], return_counts=True)
    low = [d for d in devices.tolist() if KINDS[forest.kind[d]] not in MV_KINDS]
    many = dict(zip(devices.tolist(), hits.tolist(), strict=True))
    return [
        d
        for d in low
        if many[d] >= max(rules.rule_calls, rules.rule_share * forest.size[d])
        and top[d] < 0
        and marks[d] != kernels.CLOSED
        and posterior[d] >= rules.rule_floor
    ]


def _found(
    forest: Forest, arrays: _Seen, seen: Observations, rules: Parameters, device: int, ratio: Floats,
    posterior: Floats, start: Ints, top: Ints, by_rule: bool,
) -> Found:  # fmt: skip
    inside = forest.below(device)
    age = float(GRID[start[device]])
    callers = arrays.callers[_within(inside, arrays.call_device, arrays.call_age, age)]
    gaspers = arrays.gaspers[_within(inside, arrays.gasp_device, arrays.gasp_age, age)]
    tripped = any(d == device for d, _at in seen.trips)
    by_hand = device in seen.opened
    reasons = [
        reason
        for reason, holds in (
            (Reason.OPERATOR, by_hand),
            (Reason.TRIP, tripped),
            (Reason.GASPS, len(gaspers) > 0),
            (Reason.CALLS, len(callers) > 0),
            (Reason.COUNT_RULE, by_rule),
            (Reason.NESTED, int(top[device]) not in (device, -1)),
        )
        if holds
    ]
    sources = tripped + (len(gaspers) > 1) + (len(callers) > 0)
    sure = by_hand or (float(posterior[device]) >= rules.confirmed_at and sources >= 2)
    above = int(top[device])
    return Found(
        device=device,
        posterior=1.0 if by_hand else float(posterior[device]),
        ratio=float(ratio[device]),
        grade=Grade.CONFIRMED if sure else Grade.PROBABLE,
        began=_began(seen.now, arrays, inside, age),
        customers=int(forest.size[device]),
        calls=tuple(callers.tolist()),
        gasps=tuple(gaspers.tolist()),
        reasons=tuple(reasons),
        alike=tuple(d for d in forest.alike(device) if d != device),
        above=above if above not in (device, -1) else None,
    )


def _within(inside: Flags, devices: Ints, ages: Floats, age: float) -> Flags:
    return inside[devices] & (devices >= 0) & (ages <= age)


def _began(now: float, arrays: _Seen, inside: Flags, age: float) -> float:
    """The first last-message of a meter tells the minute; without one, the first call after the likeliest start."""
    for devices, ages in ((arrays.gasp_device, arrays.gasp_age), (arrays.call_device, arrays.call_age)):
        mine = ages[_within(inside, devices, ages, age)]
        if len(mine):
            return now - float(mine.max())
    return now - age


def _earlier(
    forest: Forest, arrays: _Seen, rules: Parameters, now: float, top: Ints, start: Ints, own: Floats,
    marks: Marks, known: set[int],
) -> list[Found]:  # fmt: skip
    """Outages below an open device that began before it: reports older than it are weighed by themselves.

    Restoring the device above will not bring these customers back, so the crew must know before it leaves.
    """
    if not np.any(top >= 0):
        return []
    age_of = np.where(top >= 0, GRID[start[np.maximum(top, 0)]], np.inf)

    def shifted(devices: Ints, ages: Floats) -> tuple[Flags, Floats]:
        began = np.where(devices >= 0, age_of[np.maximum(devices, 0)], np.inf)
        older = ages - began
        return older > OLDER, older

    before = object.__new__(_Seen)
    keep, older = shifted(arrays.call_device, arrays.call_age)
    before.callers, before.call_device = arrays.callers[keep], arrays.call_device[keep]
    before.call_age, before.call_weight = older[keep], arrays.call_weight[keep]
    keep, older = shifted(arrays.gasp_device, arrays.gasp_age)
    before.gaspers, before.gasp_device, before.gasp_age = arrays.gaspers[keep], arrays.gasp_device[keep], older[keep]
    before.gasp_weight = arrays.gasp_weight[keep]
    before.meters = arrays.meters
    before.alive_device, before.alive_age = arrays.alive_device[:0], arrays.alive_age[:0]
    if not len(before.callers) and not len(before.gaspers):
        return []
    ratio, begin = _evidence(forest, before, rules)
    shut = marks.copy()
    shut[np.unique(top[top >= 0])] = kernels.CLOSED
    shut[shut == kernels.OPEN] = 0
    opened, posterior = kernels.passes(forest.parent, own + ratio, own, shut)
    inner = opened & (top >= 0) & (posterior >= rules.probable_at)
    tops = kernels.top_open(forest.parent, opened)
    seen = Observations(now=now)
    result = []
    for device in np.flatnonzero(inner).tolist():
        if device in known or int(tops[device]) != device:
            continue
        base = _found(forest, before, seen, rules, device, ratio, posterior, begin, tops, False)
        above = int(top[device])
        result.append(_beneath(base, above, float(age_of[device])))
    return result


def _beneath(found: Found, above: int, age: float) -> Found:
    return Found(
        found.device, found.posterior, found.ratio, found.grade, found.began - age, found.customers, found.calls,
        found.gasps, (*found.reasons, Reason.NESTED), found.alike, above,
    )  # fmt: skip


def kinds_of(forest: Forest) -> list[DeviceKind]:
    """Kinds of the devices, in their order."""
    return [KINDS[code] for code in forest.kind.tolist()]


def customers_of(forest: Forest, devices: Sequence[int]) -> list[int]:
    """Customers below any of these devices."""
    inside = np.zeros(forest.devices, np.bool_)
    for device in devices:
        inside |= forest.below(device)
    return [int(c) for c in np.flatnonzero(inside[forest.customer_device] & (forest.customer_device >= 0))]


def warm_up() -> float:
    """Load (or, the first time, compile) all compiled passes, as the platform does before it serves; seconds it took."""
    begun = time.perf_counter()
    small = forest([-1, 0, 0], [DeviceKind.FEEDER, *[DeviceKind.TRANSFORMER] * 2], [1, 2, 2], [True] * 3)
    calls = [Call(0, 1.0), Call(1, 2.0), Call(2, 2.5)]
    infer(small, Observations(now=10.0, calls=calls, gasps=[(0, 1.0)], trips=[(1, 1.0)]))
    small.below(0)
    return time.perf_counter() - begun
