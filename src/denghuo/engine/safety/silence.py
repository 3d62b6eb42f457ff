"""Silence: a device that ought to speak and does not."""

from __future__ import annotations


def lost_contact(heard_at: float | None, expected_from: float, now: float, *, patience: float) -> bool:
    """Whether nothing was heard for more than ``patience`` seconds, counted from the last word or, if that is earlier or
    missing, from when the device began to be expected. All in seconds of one clock."""
    since = expected_from if heard_at is None else max(heard_at, expected_from)
    return now - since > patience
