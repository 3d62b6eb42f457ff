"""Periodic work of the field."""

from __future__ import annotations

from denghuo.apps.field.actions import sweep_partials
from denghuo.apps.field.driving import jobs as _driving  # noqa: F401
from denghuo.apps.field.planning import jobs as _planning  # noqa: F401
from denghuo.core.jobs import periodic


@periodic("17 * * * *", name="field.sweep_partials", retries=2)
def sweep_unfinished_files() -> None:
    """Files that phones began to send and gave up, past ``crew.partial_hours``."""
    sweep_partials()
