"""What each process holds, as rows that the health page reads."""

from __future__ import annotations

import datetime as dt
import threading
import time

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from denghuo.apps.knowledge.models import SearchProcess
from denghuo.apps.knowledge.searching.holder import Holder, State

TOLD_EVERY = 15.0  # seconds
HEARD_OF = dt.timedelta(minutes=30)
_told = threading.local()


def tell_sometimes(here: Holder) -> None:
    """Write down what this process holds, at most every :data:`TOLD_EVERY` seconds and never inside a transaction."""
    now = time.monotonic()
    if now - getattr(_told, "at", -TOLD_EVERY) < TOLD_EVERY or connection.in_atomic_block:
        return
    _told.at = now
    tell(here.state())


def tell(state: State) -> None:
    """Write down what this process holds, now."""
    SearchProcess.objects.update_or_create(
        name=state.name,
        defaults={
            "entries": state.entries,
            "texts": state.texts,
            "vectors": state.vectors,
            "model": state.model,
            "change": state.change,
            "applied_at": _moment(state.applied_at),
            "lag_ms": state.lag_ms,
            "sync_ms": state.sync_ms,
            "searches": state.searches,
            "started_at": _moment(state.started_at),
            "seen_at": timezone.now(),
        },
    )


def fresh() -> QuerySet[SearchProcess]:
    """Processes heard of lately (index ``knowledge_process_seen``)."""
    return SearchProcess.objects.filter(seen_at__gte=timezone.now() - HEARD_OF).order_by("-seen_at", "name")


def _moment(seconds: float | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds is not None else None
