"""What became of the questions of a conversation, heard from the events of the contacts."""

from __future__ import annotations

from denghuo.apps.knowledge.choices import AskedBy
from denghuo.apps.knowledge.learning.gathering import only_the_product
from denghuo.apps.knowledge.models import Asked
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber

BAD_SCORE = 2  # of 5: 不满意 and 很不满意


@action("learning.mark_contact")
def mark_contact(actor: Actor, contact_id: int, *, transferred: bool = False, dissatisfied: bool = False) -> int:
    """Mark the questions of a conversation; gives how many changed. Saying it twice changes nothing.

    A hand-over marks what the robot was asked; a bad rating what the robot or the agent put to the base. What the
    customer said of an answer itself stays. Only the product itself may (index on ``contact_id``).
    """
    only_the_product(actor)
    rows = Asked.objects.filter(contact_id=contact_id)
    changed = 0
    if transferred:
        changed += rows.filter(by=AskedBy.BOT, transferred=False).update(transferred=True)
    if dissatisfied:
        changed += rows.filter(dissatisfied=False).exclude(by=AskedBy.ASSIST).update(dissatisfied=True)
    return changed


@subscriber("knowledge.learning", kinds={"contact.rated", "contact.handed_over"})
def follow_contacts(event: Event) -> None:
    """A bad rating or an unsolved matter makes its questions dissatisfied; a hand-over by the robot transferred."""
    actor = Actor.system("knowledge.learning")
    if event.kind == "contact.handed_over":
        mark_contact(actor, event.subject_id, transferred=True)
    elif int(event.payload.get("score", BAD_SCORE + 1)) <= BAD_SCORE or event.payload.get("resolved") is False:
        mark_contact(actor, event.subject_id, dissatisfied=True)
