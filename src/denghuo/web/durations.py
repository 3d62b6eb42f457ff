"""Durations and relative times in words, Chinese first."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _


def as_seconds(value: timedelta | int | float | None) -> float | None:
    """Seconds of a timedelta or a plain number of seconds; None stays None."""
    if value is None:
        return None
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def words(value: timedelta | int | float | None) -> str:
    """Say a duration with at most two units: "2 天 3 小时", "1 小时 5 分", "4 分", "30 秒"; "—" for None."""
    seconds = as_seconds(value)
    if seconds is None:
        return "—"
    total = int(abs(seconds))
    days, rest = divmod(total, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    if days:
        parts = [_("%d 天") % days] + ([_("%d 小时") % hours] if hours else [])
    elif hours:
        parts = [_("%d 小时") % hours] + ([_("%d 分") % minutes] if minutes else [])
    elif minutes:
        parts = [_("%d 分") % minutes]
    else:
        parts = [_("%d 秒") % secs]
    return ("-" if seconds < 0 and total else "") + " ".join(parts)


def clockwork(value: timedelta | int | float) -> str:
    """Digits for a running clock: "1:05:09" or "05:09", without sign."""
    total = int(abs(as_seconds(value) or 0))
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def relative(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago or ahead: "刚刚", "5 分前", "2 小时 3 分后"."""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    if abs(seconds) < 45:
        return _("刚刚")
    if seconds > 0:
        return _("%s前") % words(seconds)
    return _("%s后") % words(-seconds)
