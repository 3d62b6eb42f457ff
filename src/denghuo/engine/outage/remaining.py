"""After "restored": who is still out. Asked before the crew leaves, because the way back is the dearest hour."""

from __future__ import annotations

from dataclasses import replace

from denghuo.engine.outage.inference import customers_of, infer
from denghuo.engine.outage.types import Forest, Left, Observations, Parameters


def still_out(
    forest: Forest,
    seen: Observations,
    device: int,
    restored_at: float,
    rules: Parameters | None = None,
    settle: float = 3.0,
) -> Left:
    """Customers and devices below ``device`` that did not come back when it was restored at minute ``restored_at``.

    ``settle``: minutes that calls already on their way and meters starting up are given. A caller counts when they called
    after that and nothing has shown supply since. A meter that fell silent before and has not told of its supply counts
    as silent only when most of the others below have told (the way messages come works); silent meters then enter the
    inference beside the calls, so that a fuse blown behind a restored line is named, not only its customers.
    """
    rules = rules or Parameters()
    inside = set(customers_of(forest, [device]))
    since = restored_at + settle
    alive: dict[int, float] = {}
    for customer, at in (*seen.power_on, *seen.supplied):
        if at >= restored_at:
            alive[customer] = max(at, alive.get(customer, at))
    calls = [c for c in seen.calls if c.customer in inside and c.at > since and c.at > alive.get(c.customer, -1e18)]
    fell = {c for c, at in seen.gasps if c in inside and at <= restored_at}
    again = [(c, at) for c, at in seen.gasps if c in inside and at > restored_at and at > alive.get(c, -1e18)]
    told = fell & {c for c, at in seen.power_on if at >= restored_at}
    silent: list[int] = []
    if seen.now > since and fell and 2 * len(told) > len(fell):
        silent = sorted(fell - set(alive))
    gasps = [*again, *((c, restored_at) for c in silent)]
    shown = [(c, at) for c, at in alive.items() if c in inside]
    rest = replace(
        seen, calls=calls, gasps=gasps, power_on=[], supplied=shown, trips=[t for t in seen.trips if t[1] > restored_at],
        opened=[d for d in seen.opened if d != device], closed=sorted({*seen.closed, device}),
    )  # fmt: skip
    within = forest.below(device)
    found = [one for one in infer(forest, rest, rules) if within[one.device]]
    callers = {c.customer for c in calls if c.groupable}
    out = callers | set(silent) | {c for c, _at in again}
    return Left(tuple(sorted(out)), tuple(sorted({*silent, *(c for c, _at in again)})), tuple(found))
