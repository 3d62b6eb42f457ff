"""Tasks follow work orders and call-backs."""

from __future__ import annotations

from denghuo.apps.teams import actions
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber

KINDS = {
    "order.created", "order.accepted", "order.departed", "order.arrived", "order.finished", "order.sent_back",
    "order.passed", "order.withdrawn", "request.callback_done",
}  # fmt: skip


@subscriber("teams.orders", kinds=KINDS)
def follow(event: Event) -> None:
    """One subscriber for all, so that a call-back finds the task its order made."""
    actor = Actor.system("teams.orders")
    if event.kind == "request.callback_done":
        actions.follow_call_back(
            actor, event.subject_id, round=event.payload["round"], satisfaction=event.payload["satisfaction"],
            event_id=event.id, at=event.at,
        )  # fmt: skip
        return
    actions.follow_order(
        actor, event.subject_id, kind=event.kind, event_id=event.id, at=event.at, payload=event.payload
    )
