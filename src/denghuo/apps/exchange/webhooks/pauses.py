"""When to try again."""

from __future__ import annotations

import random

from denghuo.core import policies


def pause_after(attempts: int, asked: float | None = None, draw: float | None = None) -> float:
    """Seconds to wait after ``attempts`` failed ones: doubling from the first, capped, spread by the jitter.

    ``asked`` is the other side's ``Retry-After``, kept to when longer (within the cap); ``draw`` in [0, 1) replaces chance.
    """
    longest: float = policies.get("webhook.longest_pause_seconds")
    pause = min(policies.get("webhook.first_pause_seconds") * 2 ** min(attempts - 1, 30), longest)
    spread: float = policies.get("webhook.jitter")
    pause *= 1 + spread * (2 * (random.random() if draw is None else draw) - 1)
    return max(pause, min(asked or 0.0, longest))
