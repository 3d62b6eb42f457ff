"""The answer target of a queue."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.contacts.models import Queue
from denghuo.apps.contacts.plans import plan_in_force


def of_queue(queue_id: int | None, at: dt.datetime) -> float:
    """Seconds within which a conversation of this queue should be answered: by its plan at ``at``, else by the plan that
    holds where none was made."""
    queue = None if queue_id is None else Queue.objects.select_related("org").filter(pk=queue_id).first()
    return float(plan_in_force(queue, at).target_seconds)
