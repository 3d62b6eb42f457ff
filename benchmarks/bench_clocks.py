"""A sweep over a million open clocks of which five thousand are due.

The sweep is the product's own (:func:`denghuo.core.clocks.sweeper.sweep_all`): it claims, marks and tells of each due
clock, warnings and breaches alike, and must tell of exactly those. Target: two seconds. The clocks lie in the table in
random order, as they do after months of use. In the same run, on the same table, on as many clocks each:

* a loop in Python over all open clocks that compares each with the time and then writes the same marks and events;
* the product's own statements where the planner may not use the two partial indexes, each run once over all that is due.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from benchmarks import scratch
from benchmarks.common import emit, say, spread

TARGET_S = 2.0
START = dt.datetime(2026, 9, 28, 9, 0, tzinfo=dt.UTC)
AHEAD = 20  # rounds' worth of clocks that have been warned of and are not late yet
SECOND = dt.timedelta(seconds=1)

# Clock n is due n seconds after the start, and warns AHEAD rounds before: with every step of half the number due as
# many seconds, half of it breaches and half of it warns.
FILL = """
INSERT INTO core_clock (subject_kind, subject_id, kind, family, org_id, state, started_at, counting_from, budget_seconds, warn_seconds,
    spent, due_at, warn_at, paused_for, warned_at, policy_key, topics)
SELECT 'request', n, 'arrival.standard', 'field', %(org)s, 'running', due - interval '40 days', due - interval '40 days', 3456000,
    3456000 - %(ahead)s, interval '0', due, warn, interval '0', CASE WHEN warn <= %(start)s THEN warn END, 'clock.arrival.standard',
    ARRAY['floor:' || %(path)s]
FROM (SELECT n, %(start)s + n * interval '1 second' AS due, %(start)s + (n - %(ahead)s) * interval '1 second' AS warn
      FROM generate_series(1, %(clocks)s) AS n ORDER BY random()) AS c
"""


def main(argv: list[str]) -> None:
    """Options: ``--clocks`` open (1000000), ``--due`` a sweep (5000), ``--rounds`` (5), ``--small`` (20000 and 200)."""
    parser = argparse.ArgumentParser(prog="denghuo bench clocks")
    parser.add_argument("--clocks", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--small", action="store_true", help="a short run to see that it works; its figures mean nothing"
    )
    options = parser.parse_args(argv)
    clocks, due, rounds = (20_000, 200, 2) if options.small else (options.clocks, options.due, options.rounds)
    if due % 2 or clocks < due * (rounds + 2 + AHEAD):
        parser.error("--due must be even and small against --clocks")
    with scratch.database("clocks"):
        fill(clocks, due, analyse=True)
        figures, peer = measure(clocks, due, rounds)
    say(
        f"sweep {figures['sweep_s']['median']} s; loop over all {peer['loop_s']} s; "
        f"without the indexes {peer['no_index_s']} s"
    )
    emit("clocks", figures, peer)


def fill(clocks: int, due: int, *, analyse: bool) -> None:
    """Open clocks of one unit, at the moment :data:`START` none of them due. ``analyse`` needs to be outside a transaction."""
    from django.db import connection

    from denghuo.core.scoping.models import OrgKind, OrgUnit

    org = OrgUnit.objects.create(kind=OrgKind.COMPANY, code="BENCH", name="灯火电力公司")
    say(f"filling {clocks} clocks …")
    values = {"org": org.pk, "path": org.path, "start": START, "clocks": clocks, "ahead": AHEAD * due // 2}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT core_event_month((date_trunc('month', %s::date) + m * interval '1 month')::date) FROM generate_series(-1, 2) m",
            [START],
        )
        cursor.execute(FILL, values)
        cursor.execute("VACUUM ANALYZE core_clock" if analyse else "ANALYZE core_clock")


def measure(clocks: int, due: int, rounds: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of the sweep and of the two other ways, on a filled table; fails when one misses or doubles a clock."""
    from denghuo.core.clocks.sweeper import sweep_all

    now = START + SECOND / 2  # between two clocks: a clock that is due at this instant is in time
    took: list[float] = []
    for number in range(rounds):
        now += due // 2 * SECOND
        took.append(_timed(lambda at=now: tuple(sweep_all(at)), due, f"sweep {number + 1}"))
    now += due // 2 * SECOND
    loop = _timed(lambda: _loop(now), due, "loop over all open clocks")
    later = now + due // 2 * SECOND
    with _without_indexes():
        slow = _timed(lambda: tuple(sweep_all(later, limit=due)), due, "without the partial indexes")
    _each_once(due // 2 * (rounds + 2))
    median = sorted(took)[len(took) // 2]
    figures = {
        "sweep_s": spread(took, 3),
        "due_per_s": round(due / median),
        "open_clocks": clocks,
        "due": due,
        "target_s": TARGET_S,
        "met": bool(median <= TARGET_S),
        "ratio_loop": round(loop / median, 1),
        "ratio_no_index": round(slow / median, 1),
    }
    return figures, {"name": "naive scan", "loop_s": round(loop, 3), "no_index_s": round(slow, 3)}


def _timed(work: Callable[[], tuple[int, int]], due: int, what: str) -> float:
    at = time.perf_counter()
    warned, breached = work()
    took = time.perf_counter() - at
    if (warned, breached) != (due // 2, due // 2):
        raise SystemExit(f"{what}: {warned} warned and {breached} breached, {due // 2} of each were due")
    say(f"{what}: {took:.3f} s")
    return took


def _loop(now: dt.datetime) -> tuple[int, int]:
    """Look at every open clock, then mark and tell of the due ones: the obvious way, with the same result."""
    from django.db import transaction
    from django.db.models import F

    from denghuo.core.clocks.models import Clock, ClockState
    from denghuo.core.clocks.sweeper import _event
    from denghuo.core.events.log import record_many

    with transaction.atomic():
        breached, warned = [], []
        columns = ("pk", "due_at", "warn_at", "breached_at", "warned_at")
        for pk, due_at, warn_at, was_breached, was_warned in (
            Clock.objects.filter(state=ClockState.RUNNING).values_list(*columns).iterator(chunk_size=10_000)
        ):
            if was_breached is not None:
                continue
            if due_at < now:
                breached.append(pk)
            elif was_warned is None and warn_at <= now:
                warned.append(pk)
        for ids, change, kind, fields in (
            (breached, {"breached_at": F("due_at")}, "clock.breached", ("due_at",)),
            (warned, {"warned_at": now}, "clock.warned", ("due_at", "warn_at")),
        ):
            Clock.objects.filter(pk__in=ids).update(**change)
            rows = Clock.objects.filter(pk__in=ids).select_related("org")
            record_many([_event(clock, kind, fields, now) for clock in rows])
    return len(warned), len(breached)


@contextmanager
def _without_indexes() -> Any:
    """The planner reads the whole table, as it would had the partial indexes never been made."""
    from django.db import connection

    names = ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan")
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SET {name} = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"RESET {name}")


def _each_once(of_each: int) -> None:
    """Every due clock was told of once, by whichever way."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, count(*), count(DISTINCT subject_id) FROM core_event"
            " WHERE kind IN ('clock.warned', 'clock.breached') GROUP BY kind"
        )
        found = {kind: (count, different) for kind, count, different in cursor.fetchall()}
    if found != dict.fromkeys(("clock.breached", "clock.warned"), (of_each, of_each)):
        raise SystemExit(f"told of {found}, {of_each} of each were due")
