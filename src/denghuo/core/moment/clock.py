"""Reading and setting the business clock."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.moment.models import BusinessClock

REFRESH_SECONDS = 1.0  # how long a process may run on an anchor that another process changed

_anchor: BusinessClock | None = None
_read_at = float("-inf")
_held: ContextVar[dt.datetime | None] = ContextVar("denghuo_held_moment", default=None)


def now() -> dt.datetime:
    """The business time, aware. Wall time unless this is a demonstration with a clock set, or :func:`held` is at work."""
    held_at = _held.get()
    if held_at is not None:
        return held_at
    if not settings.DEMO:
        return timezone.now()
    anchor = _current()
    if anchor is None:
        return timezone.now()
    return anchor.anchor_business + (timezone.now() - anchor.anchor_wall) * anchor.speed


@contextmanager
def held(at: dt.datetime) -> Iterator[None]:
    """Inside, business time stands still at ``at`` for this thread of work: for loading history through the actions.

    ``at`` must be aware and not later than now, so that nothing is recorded in the future.
    """
    if at.tzinfo is None or at > timezone.now():
        raise ValueError("business time can be held only at an aware moment of the past")
    token = _held.set(at)
    try:
        yield
    finally:
        _held.reset(token)


def speed() -> float:
    """How many business seconds pass in one second on the wall; 1 unless a demonstration runs faster."""
    anchor = _current() if settings.DEMO else None
    return float(anchor.speed) if anchor is not None else 1.0


def forget() -> None:
    """Read the anchor afresh at the next call."""
    global _read_at
    _read_at = float("-inf")


def set_speed(speed: float | None, business: dt.datetime | None = None) -> None:
    """Run business time ``speed`` times as fast from ``business`` on; ``None`` goes back to wall time.

    Only in a demonstration. ``business`` must lie in the past, and far enough that a day fits before now at the
    latest, so that nothing is recorded in the future once wall time is back.
    """
    if not settings.DEMO:
        raise NotAllowed(_("只有演示环境可以调整业务时钟"))
    with transaction.atomic():
        BusinessClock.objects.all().delete()
        if speed is not None:
            start = business or timezone.now()
            if not 1 <= speed <= 1000:
                raise InvalidInput({"speed": _("倍速须在 1 到 1000 之间")})
            if start > timezone.now():
                raise InvalidInput({"business": _("业务起始时间不能晚于现在")})
            BusinessClock.objects.create(id=1, anchor_wall=timezone.now(), anchor_business=start, speed=speed)
    forget()


def _current() -> BusinessClock | None:
    global _anchor, _read_at
    tick = time.monotonic()
    if tick - _read_at > REFRESH_SECONDS:
        _anchor, _read_at = BusinessClock.objects.first(), tick
    return _anchor
