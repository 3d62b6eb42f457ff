"""What people did on a day, as few stretches as say it: neighbouring states that count alike are one.

A busy agent changes state hundreds of times a shift; joined in the database they are a dozen rows a person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.today.adherence import KINDS, Span
from denghuo.core import moment

ONE_DAY = dt.timedelta(days=1)
TAIL = dt.timedelta(hours=12)  # of the next day, for shifts across midnight

# Index contacts_span_staff. A state older than a day before midnight is nobody's work, so history is not read.
_STRETCHES = """
SELECT staff_id, kind, extract(epoch FROM min(b))::float8, extract(epoch FROM max(e))::float8,
       (array_agg(state ORDER BY b DESC))[1]
FROM (
  SELECT *, count(*) FILTER (WHERE fresh) OVER (PARTITION BY staff_id ORDER BY b) AS island
  FROM (
    SELECT *, (lag(kind) OVER w IS DISTINCT FROM kind OR lag(e) OVER w < b - interval '1 second') AS fresh
    FROM (
      SELECT staff_id, state, coalesce(%(kinds)s::jsonb ->> state, 'off') AS kind,
             greatest(started_at, %(begin)s) AS b, least(coalesce(ended_at, %(end)s), %(end)s) AS e
      FROM contacts_agentstatespan
      WHERE staff_id = ANY(%(staff)s) AND started_at >= %(oldest)s AND started_at < %(end)s
        AND (ended_at IS NULL OR ended_at > %(begin)s)
    ) AS bounded WINDOW w AS (PARTITION BY staff_id ORDER BY b)
  ) AS marked
) AS numbered GROUP BY staff_id, kind, island ORDER BY staff_id, 3
"""


@dataclass
class Done:
    """Stretches in order, and the state of the last one by its own name."""

    spans: list[Span]
    state: str


def stretches(staff_ids: Collection[int], day: dt.date) -> dict[int, Done]:
    """By person, from the day's midnight until noon of the next, in seconds; what still runs ends now. One statement."""
    begin = midnight(day)
    end = min(midnight(day + ONE_DAY) + TAIL, moment.now())
    kinds = json.dumps({str(state): kind for state, kind in KINDS.items()})
    asked = {"staff": list(staff_ids), "begin": begin, "end": end, "oldest": begin - ONE_DAY, "kinds": kinds}
    found: dict[int, Done] = {}
    if end <= begin or not asked["staff"]:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_STRETCHES, asked)
        for staff_id, kind, start, stop, state in cursor.fetchall():
            one = found.setdefault(staff_id, Done([], ""))
            one.spans.append(Span(kind, start, stop))
            one.state = state
    return found
