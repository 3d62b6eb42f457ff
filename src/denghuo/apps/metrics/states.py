"""Which event puts a subject into which state, as the floor sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONTACT = {
    "contact.opened": "waiting",
    "contact.offered": "offered",
    "contact.offer_ended": "waiting",
    "contact.taken": "in_service",
    "contact.transferred": "waiting",
    "contact.put_back": "waiting",
    "contact.ended": "wrap_up",
    "contact.closed": "closed",
    "contact.abandoned": "abandoned",
}
REQUEST = {
    "request.submitted": "submitted",
    "request.accepted": "accepted",
    "request.merged": "merged",
    "request.unmerged": "accepted",
    "request.assigned": "handling",
    "request.declined": "accepted",
    "request.reopened": "accepted",
    "request.dispatched": "dispatched",
    "request.withdrawn": "accepted",
    "request.returned": "returned",
    "request.replied": "returned",
    "request.sent_back": "dispatched",
    "request.callback_due": "callback",
    "request.rework_required": "rework",
    "request.escalated": "rework",
    "request.archived": "archived",
    "request.cancelled": "cancelled",
}
ORDER = {
    "order.created": "sent",
    "order.accepted": "accepted",
    "order.departed": "departed",
    "order.arrived": "arrived",
    "order.finished": "finished",
    "order.sent_back": "sent_back",
    "order.passed": "passed",
    "order.withdrawn": "withdrawn",
}
STATE_AFTER: dict[str, str] = CONTACT | REQUEST | ORDER
STEPPED = "request.stepped"  # a step that is only data says itself into which phase it led


def state_after(kind: str, payload: Mapping[str, Any]) -> str | None:
    """The state a subject is in after an event; None for events that move nothing."""
    if kind == "contact.opened" and payload.get("state") == "bot":
        return "bot"
    if kind == "contact.queued":
        return "waiting" if payload.get("reason") == "robot" else None
    return str(payload["phase"]) if kind == STEPPED else STATE_AFTER.get(kind)


FINAL = {
    "contact": {"closed", "abandoned"},
    "request": {"archived", "cancelled"},
    "order": {"passed", "withdrawn"},
}
