"""Contacts counted by half hour, and the counts as arrays of local days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.models import SLOTS, IntervalCount
from denghuo.core import moment

Floats = npt.NDArray[np.float64]
HALF_HOUR = dt.timedelta(minutes=30)
AGAIN = dt.timedelta(days=2)  # a contact counted while it was open is counted again with its end
FIELDS = ("offered", "answered", "abandoned", "handle_seconds")

_COUNT = """
INSERT INTO workforce_intervalcount (org_id, queue_id, start, offered, answered, abandoned, handle_seconds, source)
SELECT q.org_id, c.queue_id, date_bin('30 minutes', c.opened_at, TIMESTAMPTZ '2000-01-01'), count(*),
       count(c.taken_at), count(*) FILTER (WHERE c.state = 'abandoned'),
       coalesce(sum(least(extract(epoch FROM coalesce(c.closed_at, c.taken_at) - c.taken_at), 14400))::int, 0), 'contacts'
FROM contacts_contact c JOIN contacts_queue q ON q.id = c.queue_id
WHERE c.opened_at >= %(since)s AND c.opened_at < %(until)s AND c.org_id IN (SELECT id FROM core_orgunit)
GROUP BY 1, 2, 3
ON CONFLICT (queue_id, start) DO UPDATE SET offered = excluded.offered, answered = excluded.answered,
    abandoned = excluded.abandoned, handle_seconds = excluded.handle_seconds, org_id = excluded.org_id
WHERE workforce_intervalcount.source = 'contacts'
"""


def count_contacts(since: dt.datetime | None = None) -> int:
    """Count the contacts of complete half hours into :class:`IntervalCount`; gives the rows written.

    From two days before the last count on, or from ``since``; the same contacts counted twice give the same rows. Rows of an
    imported file stay. Reads contacts by the index ``contacts_org_opened`` of each unit.
    """
    until = floor(moment.now())
    if since is None:
        last = IntervalCount.objects.filter(source="contacts").aggregate(last=Max("start"))["last"]
        since = last - AGAIN if last else dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, {"since": floor(since), "until": until})
        return int(cursor.rowcount)


def floor(at: dt.datetime) -> dt.datetime:
    """The beginning of the half hour of ``at``."""
    return at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a local day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def slot_of(at: dt.datetime) -> tuple[dt.date, int]:
    """Local day and half hour of ``at``."""
    local = timezone.localtime(at)
    return local.date(), local.hour * 2 + local.minute // 30


@dataclass(frozen=True)
class Counted:
    """One queue's counts by local day and half hour, 0 where nothing came; ``first`` is the day of row 0."""

    first: dt.date
    offered: Floats
    answered: Floats
    abandoned: Floats
    handle_seconds: Floats


def counted(queues: Collection[Queue], first: dt.date, last: dt.date) -> dict[int, Counted]:
    """Counts of each queue from its own first counted day within ``first`` .. ``last`` to ``last``; a queue without any is
    left out. One query by the unique index of queue and start."""
    keys = [queue.pk for queue in queues]
    rows = IntervalCount.objects.filter(
        queue__in=keys, start__gte=midnight(first), start__lt=midnight(last + dt.timedelta(days=1))
    )
    begun = {
        row["queue_id"]: timezone.localdate(row["begun"])
        for row in rows.values("queue_id").annotate(begun=Min("start")).order_by()
    }
    found = {}
    for key, start in begun.items():
        shape = ((last - start).days + 1, SLOTS)
        found[key] = Counted(start, *(np.zeros(shape) for _ in FIELDS))
    for key, at, *values in rows.values_list("queue_id", "start", *FIELDS).iterator(chunk_size=5000):
        day, slot = slot_of(at)
        one = found[key]
        for name, value in zip(FIELDS, values, strict=True):
            getattr(one, name)[(day - one.first).days, slot] += value
    return found


def last_counted(queues: Collection[Queue]) -> dt.datetime | None:
    """Start of the latest counted half hour of any of the queues."""
    found = IntervalCount.objects.filter(queue__in=[queue.pk for queue in queues]).aggregate(last=Max("start"))
    return found["last"]
