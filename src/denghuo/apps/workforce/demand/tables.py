"""Policy tables by queue: the queue's own code first, then its channel class."""

from __future__ import annotations

from denghuo.apps.contacts.models import Queue
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit


def for_queue(key: str, queue: Queue | None, org: OrgUnit) -> float:
    """The value for a queue; for a unit as a whole that of ``voice``. 0 where the table has neither."""
    table = policies.get(key, org)
    if queue is None:
        return float(table.get("voice", 0))
    return float(table.get(queue.code, table.get(queue.channel_class, 0)))


def shrinkage_shares(org: OrgUnit) -> dict[str, float]:
    """Shares of paid time away from contacts, by what for."""
    return {str(name): float(share) for name, share in policies.get("workforce.shrinkage", org).items()}


def shrinkage(org: OrgUnit) -> float:
    """Share of paid time away from contacts, each share taken of what the ones before have left."""
    rest = 1.0
    for share in shrinkage_shares(org).values():
        rest *= 1.0 - share
    return 1.0 - rest
