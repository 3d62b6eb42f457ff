"""Which of the things beside the flow somebody may do to a request now; the actions check again."""

from __future__ import annotations

from denghuo.apps.requests.flowing import WHILE_HELD, possible
from denghuo.apps.requests.handling import overruns
from denghuo.apps.requests.handling.actions.splitting import SPLITTABLE
from denghuo.apps.requests.handling.choices import Level
from denghuo.apps.requests.models import CONFIDENTIAL, Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.actors import Actor

RIGHTS = {
    "decline": "request.dispatch",
    "transfer": "request.dispatch",
    "hold": "request.dispatch",
    "resume": "request.dispatch",
    "reopen": "request.archive",
    "split": "request.create",
    "supervise": "request.supervise",
    "reply-supervision": "request.dispatch",
    "end-supervision": "request.supervise",
    "escalate": "request.urge",
    "overrun": "request.note",
    "private": "request.accept",
}
BY_FLOW = frozenset({"decline", "transfer", "hold", "reopen"})


def may(actor: Actor, row: Request, verb: str) -> bool:
    """Whether ``actor`` may do ``verb`` to ``row`` as it stands."""
    right = CONFIDENTIAL if verb == "private" and row.confidential else RIGHTS[verb]
    if not actor.can(right, row.org.path):
        return False
    if verb in BY_FLOW:
        return verb in possible(row) and (row.held_at is None or verb in WHILE_HELD)
    open_now = row.state not in FINAL
    return {
        "resume": row.held_at is not None,
        "split": row.state in SPLITTABLE and row.master_id is None,
        "supervise": open_now and not row.supervised,
        "reply-supervision": row.supervised,
        "end-supervision": row.supervised,
        "escalate": open_now and row.escalation_level < max(Level.values),
        "overrun": open_now and bool(overruns.broken(row)),
        "private": row.state != "callback" and row.type in policies.get("private.types", row.org),
    }[verb]
