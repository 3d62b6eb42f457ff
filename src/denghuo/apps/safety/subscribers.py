"""Sites come and go with the crews' visits."""

from __future__ import annotations

from denghuo.apps.safety.actions import end_site, open_site
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber


@subscriber("safety.sites", kinds={"order.arrived", "order.finished", "order.withdrawn"})
def follow_visit(event: Event) -> None:
    """A circle around the place of the order while the crew is on site."""
    actor = Actor.system("safety.sites")
    if event.kind == "order.arrived":
        open_site(actor, event.subject_id)
    else:
        end_site(actor, event.subject_id, at=event.at)
