"""Log and lake side by side: counts and sums by day and kind, up to the last batch that is in the lake."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb
from django.conf import settings
from django.db import connection

from denghuo.core.lake.columns import NOT_ERASED
from denghuo.core.lake.models import LakeBatch
from denghuo.core.lake.place import committed, opened
from denghuo.core.lake.reading import events

Sums = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """A day and kind in which log and lake are not the same: rows, sum of ids, sum of the bytes of the payloads."""

    day: dt.date
    kind: str
    log: Sums
    lake: Sums


def reconcile(first: dt.date, end: dt.date) -> list[Difference]:
    """What differs on the business days from ``first`` up to, not with, ``end``; empty when log and lake agree.

    Days whose month retention has detached from the log are not to be asked for.
    """
    in_log, in_lake = log_sums(first, end), lake_sums(first, end)
    nothing = (0, 0, 0)
    return [
        Difference(*key, in_log.get(key, nothing), in_lake.get(key, nothing))
        for key in sorted(in_log.keys() | in_lake.keys())
        if in_log.get(key, nothing) != in_lake.get(key, nothing)
    ]


def log_sums(first: dt.date, end: dt.date) -> dict[tuple[dt.date, str], Sums]:
    """Sums of the log by day and kind, of what should be in the lake; the months' partitions are pruned by ``at``."""
    batch = LakeBatch.objects.filter(number=committed(opened())).first()
    if batch is None:
        return {}
    zone = settings.TIME_ZONE
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (at AT TIME ZONE %s)::date, kind, count(*), sum(id)::bigint, sum(octet_length(payload::text))::bigint"
            " FROM core_event WHERE at >= %s::timestamp AT TIME ZONE %s AND at < %s::timestamp AT TIME ZONE %s"
            f" AND (xid, id) <= (%s::xid8, %s) AND {NOT_ERASED} GROUP BY 1, 2",
            [zone, first, zone, end, zone, str(batch.to_xid), batch.to_id],
        )
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in cursor.fetchall()}


def lake_sums(first: dt.date, end: dt.date) -> dict[tuple[dt.date, str], Sums]:
    """The same sums of the lake."""
    with duckdb.connect() as engine:
        rows = (
            events(engine, (first, end))
            .aggregate("day, kind, count(*), sum(id)::BIGINT, sum(strlen(payload))::BIGINT", "day, kind")
            .fetchall()
        )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def doubled(first: dt.date, end: dt.date) -> int:
    """How many events of these days are in the lake more than once."""
    with duckdb.connect() as engine:
        found = events(engine, (first, end)).aggregate("count(*) - count(DISTINCT id)").fetchall()
    return int(found[0][0])
