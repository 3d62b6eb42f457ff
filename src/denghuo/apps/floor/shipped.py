"""The limits a floor starts with, in ``thresholds_shipped.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from denghuo.apps.floor.models import FloorThreshold
from denghuo.core.scoping.models import OrgUnit

FILE = Path(__file__).with_name("thresholds_shipped.toml")


def sync_thresholds(org: OrgUnit) -> int:
    """Give ``org`` the starting limits unless it has any; gives how many were made."""
    if FloorThreshold.objects.filter(org=org).exists():
        return 0
    shipped = tomllib.loads(FILE.read_text(encoding="utf-8"))
    rows = [
        FloorThreshold(org=org, source=shipped["source"], trust=shipped["trust"], **entry)
        for entry in shipped["threshold"]
    ]
    return len(FloorThreshold.objects.bulk_create(rows))
