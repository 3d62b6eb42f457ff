"""Finding the value in force. One small table is held in memory per process and refreshed every few seconds."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection

from denghuo.core import moment
from denghuo.core.policies.keys import KEYS, PolicyMissing
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgUnit

CHANGED = "denghuo_policies_changed"  # mark on the connection whose transaction wrote a policy
REFRESH_SECONDS = 3.0  # how stale another process's view of a change may be


@dataclass(frozen=True, slots=True)
class Found:
    """A policy value and where it came from."""

    id: int
    key: str
    value: Any
    org_id: int | None
    start: dt.datetime | None
    end: dt.datetime | None
    source: str
    trust: str


class _Table:
    """All policy values by key, newest start first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, list[Found]] | None = None
        self._loaded = 0.0

    def rows(self, key: str) -> list[Found]:
        if getattr(connection, CHANGED, False):
            if connection.in_atomic_block:  # not to be remembered: it may be rolled back
                return self._load().get(key, [])
            clear_cache()
        now = time.monotonic()
        rows = self._rows
        if rows is None or now - self._loaded > REFRESH_SECONDS:
            with self._lock:
                rows = self._load()
                self._rows, self._loaded = rows, now
        return rows.get(key, [])

    @staticmethod
    def _load() -> dict[str, list[Found]]:
        table: dict[str, list[Found]] = {}
        for row in PolicyValue.objects.all():
            found = Found(
                row.pk, row.key, row.value, row.org_id, row.valid.lower, row.valid.upper, row.source, row.trust
            )
            table.setdefault(row.key, []).append(found)
        return table

    def clear(self) -> None:
        self._rows = None


_table = _Table()


def clear_cache() -> None:
    """Forget what is in memory; the next look-up reads the database."""
    setattr(connection, CHANGED, False)
    _table.clear()


def read_afresh() -> None:
    """This transaction has changed a policy: until it ends, its own look-ups read the database."""
    setattr(connection, CHANGED, True)


def find(key: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> Found:
    """The value of ``key`` in force for ``org`` (default: the whole company) at ``at`` (default: now).

    Raises PolicyMissing when nothing is in force, KeyError for a key nobody defined.
    """
    if key not in KEYS:
        raise KeyError(f"policy {key!r} is not defined")
    when = at or moment.now()
    lineage = org.ancestor_ids() if org else []
    best: Found | None = None
    best_depth = -1
    for row in _table.rows(key):
        if (row.start is not None and row.start > when) or (row.end is not None and row.end <= when):
            continue
        depth = 0 if row.org_id is None else (lineage.index(row.org_id) + 1 if row.org_id in lineage else -1)
        if depth > best_depth:
            best, best_depth = row, depth
    if best is None:
        raise PolicyMissing(f"no value of policy {key!r} at {when.isoformat()} for {org or 'the company'}")
    return best


def get(key: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> Any:
    """The bare value; see :func:`find`."""
    return find(key, org, at).value


def get_for(key: str, part: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> Any:
    """One part of a policy whose value is a map (``minutes_by`` and the like)."""
    found = find(key, org, at)
    try:
        return found.value[part]
    except KeyError:
        raise PolicyMissing(f"policy {key!r} has no part {part!r}") from None
