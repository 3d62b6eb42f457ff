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


AHEAD_AT_MOST = dt.timedelta(days=400)  # partitions and policies reach that far


def set_speed(speed: float | None, business: dt.datetime | None = None) -> None:
    """Run business time ``speed`` times as fast from ``business`` on (default: from where it stands).

    ``None`` goes back to wall time. Only in a demonstration. A replay runs on the day after the present business day
    and leaves the clock running at speed 1 from there: business time then never goes back, and nothing that was
    recorded lies in its future.
    """
    if not settings.DEMO:
        raise NotAllowed(_("只有演示环境可以调整业务时钟"))
    forget()
    start = business or now()
    if speed is not None and not 1 <= speed <= 1000:
        raise InvalidInput({"speed": _("倍速须在 1 到 1000 之间")})
    if start > timezone.now() + AHEAD_AT_MOST:
        raise InvalidInput({"business": _("业务时间最多比真实时间提前 %(days)s 天") % {"days": AHEAD_AT_MOST.days}})
    with transaction.atomic():
        BusinessClock.objects.all().delete()
        if speed is not None:
            BusinessClock.objects.create(id=1, anchor_wall=timezone.now(), anchor_business=start, speed=speed)
    forget()


def _current() -> BusinessClock | None:
    global _anchor, _read_at
    tick = time.monotonic()
    if tick - _read_at > REFRESH_SECONDS:
        _anchor, _read_at = BusinessClock.objects.first(), tick
    return _anchor
