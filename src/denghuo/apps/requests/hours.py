"""When customers may be called: policies ``callback.hours`` and ``callback.noon_rest``, in the product's time zone."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

ONE_DAY = dt.timedelta(days=1)
Window = tuple[dt.time | None, dt.time | None]
ANY: Window = (None, None)


def windows(org: OrgUnit | None, at: dt.datetime, within: Window = ANY) -> list[tuple[dt.time, dt.time]]:
    """The stretches of a day in which we call, noon rest taken out; none at all reads as the whole day.

    ``within`` narrows them to the hours a customer or a campaign asked for; hours in which we never call are no answer
    to that wish, so a wish that leaves nothing over is passed over.
    """
    pieces = _allowed(org, at)
    first, last = within[0] or dt.time.min, within[1] or dt.time.max
    wished = [(max(start, first), min(end, last)) for start, end in pieces]
    return [(start, end) for start, end in wished if start < end] or pieces


def _allowed(org: OrgUnit | None, at: dt.datetime) -> list[tuple[dt.time, dt.time]]:
    start, end = _times("callback.hours", org, at)
    rest_start, rest_end = _times("callback.noon_rest", org, at)
    pieces = [(start, min(end, rest_start)), (max(start, rest_end), end)]
    if rest_start >= rest_end:
        pieces = [(start, end)]
    return [(first, last) for first, last in pieces if first < last] or [(dt.time.min, dt.time.max)]


def is_open(at: dt.datetime, org: OrgUnit | None = None, within: Window = ANY) -> bool:
    """Whether we may call at ``at``."""
    return next_opening(at, org, within) <= at


def next_opening(at: dt.datetime, org: OrgUnit | None = None, within: Window = ANY) -> dt.datetime:
    """``at`` itself when we may call then, else the beginning of the next window."""
    local = timezone.localtime(at)
    for first, last in windows(org, at, within):
        if local.time() < last:
            return at if local.time() >= first else _on(local.date(), first)
    return _on(local.date() + ONE_DAY, windows(org, at, within)[0][0])


def _on(day: dt.date, moment: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, moment))


def _times(key: str, org: OrgUnit | None, at: dt.datetime) -> tuple[dt.time, dt.time]:
    value = policies.get(key, org, at)
    return dt.time.fromisoformat(value["from"]), dt.time.fromisoformat(value["to"])
