"""What is said in conversations from outside goes out to where they came from."""

from __future__ import annotations

from denghuo.apps.contacts import gaps as _gaps  # noqa: F401  (hands in what the knowledge base may learn from)
from denghuo.apps.contacts import households, outage_notices  # noqa: F401  (the one hands itself in, the other subscribes)
from denghuo.apps.contacts.choices import Audience, Channel, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.outside import sending
from denghuo.core.events import Event, subscriber

KINDS = {"contact.message_posted", "contact.ended", "contact.closed"}


@subscriber("contacts.outside", kinds=KINDS)
def send_out(event: Event) -> None:
    """Queue an agent's or the product's message, and the word that a conversation has ended, in log order."""
    if event.kind == "contact.message_posted":
        told = event.payload
        if told["audience"] != Audience.EVERYONE or told["sender"] == Sender.CUSTOMER:
            return
        if told.get("channel") == Channel.WEB_CHAT:
            return  # the most frequent of all, and it never leaves the house
        message = Message.objects.select_related("contact__identity__via__org", "contact__org", "file")
        sending.reply_by(message.get(pk=told["message_id"]))
        return
    contact = Contact.objects.select_related("identity__via__org", "org").get(pk=event.subject_id)
    sending.say_ended(contact)
