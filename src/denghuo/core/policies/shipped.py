"""Values the product ships with, each with its source and trust mark, in ``defaults/*.toml``."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from psycopg.types.range import TimestamptzRange

from denghuo.core.policies.keys import KEYS
from denghuo.core.policies.lookup import clear_cache
from denghuo.core.policies.models import PolicyValue

FOLDER = Path(__file__).parent / "defaults"
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def shipped_values() -> dict[str, dict[str, Any]]:
    """Key → {value, source, trust, note} of every shipped file; the same key twice is an error."""
    values: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["policy"]:
            key = entry["key"]
            if key in values:
                raise ValueError(f"{path.name}: {key} is shipped twice")
            values[key] = entry
    return values


def sync_defaults() -> int:
    """Write shipped values of keys that have none yet; give how many were written.

    A value that a person has set, or has ended, is never touched. Run after every migrate.
    """
    present = set(PolicyValue.objects.filter(org=None).values_list("key", flat=True))
    rows = []
    for key, entry in shipped_values().items():
        if key in present:
            continue
        rows.append(
            PolicyValue(
                key=key,
                org=None,
                valid=TimestamptzRange(EPOCH, None),
                value=KEYS[key].check(entry["value"]),
                source=entry["source"],
                trust=entry["trust"],
                note=entry.get("note", ""),
                shipped=True,
            )
        )
    PolicyValue.objects.bulk_create(rows, ignore_conflicts=True)
    clear_cache()
    return len(rows)
