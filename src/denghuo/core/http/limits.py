"""How often one caller may use a public endpoint."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from django.utils.translation import gettext as _

from denghuo.core.errors import TooManyRequests

KEPT = 50_000  # callers remembered; the one not heard of longest is forgotten first


class Buckets:
    """Token buckets in the memory of this process: no statement is spent on a caller who behaves.

    With N web processes a caller may get up to N times the rate, never more; the limits are against floods, and what
    must hold exactly (attempts at a sign-in, urges of a request) is counted in the database by its own action.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, name: str, caller: str, *, allowed: float, seconds: float) -> None:
        """Take one use; raises TooManyRequests when more than ``allowed`` in ``seconds`` were made (0 allowed: always)."""
        if allowed <= 0:
            raise TooManyRequests(_("此功能已暂停，请稍后再试"), retry_after=round(seconds))
        rate, now = allowed / seconds, time.monotonic()
        key = (name, caller)
        with self._lock:
            tokens, last = self._held.pop(key, (allowed, now))
            tokens = min(allowed, tokens + (now - last) * rate)
            enough = tokens >= 1
            self._held[key] = (tokens - 1 if enough else tokens, now)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
        if not enough:
            raise TooManyRequests(_("操作过于频繁，请稍后再试"), retry_after=max(1, round((1 - tokens) / rate)))

    def clear(self) -> None:
        """Forget all callers; for tests."""
        with self._lock:
            self._held.clear()


buckets = Buckets()
