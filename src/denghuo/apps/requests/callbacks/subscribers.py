"""Who could not be reached by phone is asked by a short message."""

from __future__ import annotations

from denghuo.apps.requests.callbacks.rating import ask_rating
from denghuo.apps.requests.choices import CallBackState
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber


@subscriber("requests.ask_rating", kinds={"request.callback_done", "callback.campaign_done"})
def ask_who_was_not_reached(event: Event) -> None:
    """Queue the message; the consumer's cursor makes it happen once."""
    if event.payload["state"] == CallBackState.UNREACHABLE:
        ask_rating(Actor.system("callbacks"), event.payload["call_back_id"])
