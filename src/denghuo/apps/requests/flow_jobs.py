"""Periodic work of flows."""

from __future__ import annotations

from denghuo.apps.requests.automatic import take_due
from denghuo.core.jobs import periodic


@periodic(30, name="requests.automatic")
def take_automatic_steps() -> None:
    """Take the automatic steps whose time in their state is over."""
    take_due()
