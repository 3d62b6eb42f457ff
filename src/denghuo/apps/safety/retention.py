"""Letting go of readings: thinned first, then deleted (Personal Information Protection Law, art. 19)."""

from __future__ import annotations

import datetime as dt

from django.db import connection

_THIN = """
DELETE FROM safety_position p USING (
    SELECT id, row_number() OVER (
        PARTITION BY tracker_id, floor(extract(epoch FROM at) / %(seconds)s) ORDER BY at, seq
    ) AS place
    FROM safety_position WHERE at < %(full)s AND at >= %(begin)s
) ranked
WHERE p.id = ranked.id AND ranked.place > 1
"""
THIN_BACK = dt.timedelta(hours=30)  # how far behind the border the hourly run looks; what lies farther is thin already


def thin_out(
    *, now: dt.datetime, full: dt.timedelta, every: float, keep: dt.timedelta, refused: dt.timedelta
) -> tuple[int, int]:
    """Thin what is older than ``full`` to a reading every ``every`` minutes, delete what is older than ``keep``, and
    refused messages older than ``refused``; gives (thinned, deleted). Served by ``safety_position_at``."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM safety_position WHERE at < %s", [now - keep])
        deleted = cursor.rowcount
        cursor.execute("DELETE FROM safety_hazard WHERE at < %s", [now - keep])
        deleted += cursor.rowcount
        cursor.execute("DELETE FROM safety_refusal WHERE last_at < now() - %s", [refused])
        border = now - full
        cursor.execute(_THIN, {"seconds": max(1.0, 60 * every), "full": border, "begin": border - THIN_BACK})
        return cursor.rowcount, deleted
