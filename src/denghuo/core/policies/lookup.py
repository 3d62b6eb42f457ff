"""Finding the value in force. One small table is held in memory per process and refreshed every few seconds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from denghuo.core import moment
from denghuo.core.held import Held
from denghuo.core.policies.keys import KEYS, PolicyMissing
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgUnit


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


def _load() -> dict[str, list[Found]]:
    """All policy values by key, newest start first."""
    table: dict[str, list[Found]] = {}
    for row in PolicyValue.objects.all():
        found = Found(row.pk, row.key, row.value, row.org_id, row.valid.lower, row.valid.upper, row.source, row.trust)
        table.setdefault(row.key, []).append(found)
    return table


_table = Held("policies", _load)


def clear_cache() -> None:
    """Forget what is in memory; the next look-up reads the database."""
    _table.clear()


def read_afresh() -> None:
    """This transaction has changed a policy: until it ends, its own look-ups read the database."""
    _table.read_afresh()


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
    for row in _table.rows().get(key, []):
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
