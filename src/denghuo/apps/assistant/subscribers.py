"""A talk ends when its conversation leaves the robot's hands by a door the robot did not open."""

from __future__ import annotations

from denghuo.apps.assistant.actions.talks import settle
from denghuo.apps.assistant.assist import subscribers as _assist  # noqa: F401
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber


@subscriber("assistant.talks", kinds={"contact.closed", "contact.handed_over"})
def follow(event: Event) -> None:
    """End the talk of a conversation that was closed or taken over; one that has ended stays as it is."""
    reason = str(event.payload.get("reason", "")) if event.kind == "contact.handed_over" else ""
    settle(Actor.system("robot"), event.subject_id, outcome=str(event.payload.get("outcome", "")), reason=reason)
