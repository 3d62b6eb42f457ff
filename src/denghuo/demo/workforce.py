"""Nine weeks of half-hour counts of every queue, with what moved them: a history to forecast from.

Counts follow a service line's usual shape: two humps by day, quiet nights, lighter weekends, more on billing days, one storm.
Days are relative to now, everything else is the seed's. The forecast itself is made by a worker from these counts.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from random import Random
from typing import Any

from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand import jobs
from denghuo.apps.workforce.demand.counting import HALF_HOUR, midnight
from denghuo.apps.workforce.demand.models import SLOTS, DriverEvent, DriverKind, IntervalCount, RunKind
from denghuo.core import moment
from denghuo.core.jobs import enqueue
from denghuo.core.scoping.models import OrgUnit
from denghuo.demo.loading import analyze, copy_rows

WEEKS = 9
#: queue -> contacts of an ordinary day for a floor of a hundred agents, mean handling seconds, share that gives up
SIZES = {
    "general_voice": (900, 215, 0.03), "fault_voice": (620, 260, 0.035), "billing_voice": (540, 240, 0.025),
    "business_voice": (260, 300, 0.02), "service_chat": (430, 400, 0.04), "wechat": (380, 380, 0.03),
    "deferred": (150, 420, 0.0),
}  # fmt: skip
FLOOR, SMALLEST = (
    100,
    0.2,
)  # agents that the sizes are for, and the smallest share of them: fewer contacts have no shape
ROUND_THE_CLOCK = ("general_voice", "fault_voice")
OPEN, CLOSED = 16, 40  # half hours of the others' day
WEEK = (1.08, 1.02, 1.0, 1.0, 1.04, 0.82, 0.76)
STORM_DAYS_AGO, OUTAGE_DAYS = 23, (5, 19, 40)
COLUMNS = ("org_id", "queue_id", "start", "offered", "answered", "abandoned", "handle_seconds", "source")


def build(seed: int) -> int:
    """Write the counts up to the last complete half hour, and the events; gives the rows. About a second."""
    queues = [queue for queue in Queue.objects.select_related("org").order_by("code") if queue.code in SIZES]
    if not queues or IntervalCount.objects.exists():
        return 0
    now = moment.now()
    today = timezone.localdate(now)
    share = max(SMALLEST, Staff.objects.filter(username__startswith="agent").count() / FLOOR)
    rows = [row for queue in queues for row in _queue(queue, share, today, now, Random(f"counts:{seed}:{queue.code}"))]
    copy_rows(IntervalCount, COLUMNS, rows)
    _events(queues[0].org, today)
    analyze(IntervalCount)
    root = OrgUnit.objects.filter(parent=None).order_by("path").first()
    if root is not None:
        enqueue(jobs.forecast_unit, priority=-5, unit_id=root.pk, kind=RunKind.DAILY)
    return len(rows)


def _queue(queue: Queue, share: float, today: dt.date, now: dt.datetime, dice: Random) -> Iterator[tuple[Any, ...]]:
    daily, handling, lost = SIZES[queue.code]
    shape = [_shape(slot) if queue.code in ROUND_THE_CLOCK or OPEN <= slot < CLOSED else 0.0 for slot in range(SLOTS)]
    whole = sum(shape)
    for back in range(7 * WEEKS, -1, -1):
        day = today - dt.timedelta(days=back)
        level = share * daily * WEEK[day.weekday()] * math.exp(dice.gauss(0, 0.05))
        level *= 1.18 if day.day in (1, 2, 3) and queue.code in ("billing_voice", "service_chat") else 1.0
        start = midnight(day)
        for slot in range(SLOTS):
            at = start + slot * HALF_HOUR
            if at + HALF_HOUR > now:
                return
            mean = level * shape[slot] / whole * _moved(queue.code, back, slot)
            offered = _poisson(mean, dice)
            if not offered:
                continue
            gone = sum(dice.random() < min(0.5, lost * _moved(queue.code, back, slot)) for _ in range(offered))
            seconds = int((offered - gone) * handling * math.exp(dice.gauss(0, 0.15 / math.sqrt(offered))))
            yield queue.org_id, queue.pk, at, offered, offered - gone, gone, seconds, "file"


def _shape(slot: int) -> float:
    hour = slot / 2
    humps = math.exp(-(((hour - 10) / 2.2) ** 2)) + 0.8 * math.exp(-(((hour - 15.5) / 2.6) ** 2))
    return 0.05 + humps + 0.35 * math.exp(-(((hour - 20) / 1.8) ** 2))


def _moved(code: str, back: int, slot: int) -> float:
    """What a storm and planned outages do to the lines that take faults."""
    if not code.startswith(("fault", "general")):
        return 1.0
    if back == STORM_DAYS_AGO and 26 <= slot < 44:
        return 5.0 if code.startswith("fault") else 2.2
    return 1.4 if back in OUTAGE_DAYS and 14 <= slot < 36 and code.startswith("fault") else 1.0


def _poisson(mean: float, dice: Random) -> int:
    if mean > 40:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return count


def _events(org: OrgUnit, today: dt.date) -> None:
    def span(day: dt.date, first: int, last: int) -> dict[str, dt.datetime]:
        return {"starts": midnight(day) + first * HALF_HOUR, "ends": midnight(day) + last * HALF_HOUR}

    rows = [
        DriverEvent(
            org=org,
            kind=DriverKind.STORM,
            name="雷暴大风过程",
            **span(today - dt.timedelta(days=STORM_DAYS_AGO), 26, 44),
        )
    ]
    rows += [
        DriverEvent(
            org=org, kind=DriverKind.OUTAGE, name="配网集中检修", **span(today - dt.timedelta(days=back), 14, 36)
        )
        for back in OUTAGE_DAYS
    ]
    ahead = today + dt.timedelta(days=2)
    rows.append(DriverEvent(org=org, kind=DriverKind.OUTAGE, name="城区配网集中检修", **span(ahead, 14, 36)))
    DriverEvent.objects.bulk_create(rows)
