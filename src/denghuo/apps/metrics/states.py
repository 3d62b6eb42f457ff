"""Which event puts a subject into which state, as the floor sees it."""

from __future__ import annotations

CONTACT = {
    "contact.opened": "waiting",
    "contact.taken": "in_service",
    "contact.closed": "closed",
    "contact.abandoned": "abandoned",
}
REQUEST = {
    "request.submitted": "submitted",
    "request.accepted": "accepted",
    "request.merged": "merged",
    "request.unmerged": "accepted",
    "request.assigned": "handling",
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
FINAL = {
    "contact": {"closed", "abandoned"},
    "request": {"archived", "cancelled"},
    "order": {"passed", "withdrawn"},
}
