"""Where a forecast comes from, once there is one: whoever makes forecasts registers here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from denghuo.core.actors import Actor

Series = list[tuple[dt.datetime, float]]
Provider = Callable[[Actor, dt.datetime, int | None], Series]

_provider: Provider | None = None


def register(provider: Provider | None) -> None:
    """Have ``provider(actor, at, queue_id)`` give the day's half hours as (start, expected arrivals)."""
    global _provider
    _provider = provider


def of_day(actor: Actor, at: dt.datetime, queue_id: int | None) -> Series:
    """The forecast of the business day of ``at``; empty while nobody forecasts."""
    return _provider(actor, at, queue_id) if _provider else []
