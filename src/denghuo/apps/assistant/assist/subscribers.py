"""What follows a message and the end of a conversation."""

from __future__ import annotations

from denghuo.apps.assistant.assist.actions import leave, note_sent
from denghuo.apps.contacts.models import Message
from denghuo.core.actors import Actor
from denghuo.core.events.consumers import subscriber
from denghuo.core.events.models import Event


@subscriber("assist.outcomes", kinds={"contact.message_posted", "contact.closed", "contact.ended"})
def outcomes(event: Event) -> None:
    """An accepted text that went out, as it was or edited; what is left when the conversation is over."""
    actor = Actor.system("assist")
    if event.kind != "contact.message_posted":
        leave(actor, event.subject_id)
    elif event.payload["sender"] == "agent" and event.payload["audience"] == "everyone":
        message = Message.objects.select_related("contact__org").filter(pk=event.payload["message_id"]).first()
        if message is not None:
            note_sent(actor, message)
