"""An agent used an answer."""

from __future__ import annotations

from denghuo.apps.knowledge.choices import Use
from denghuo.apps.knowledge.models import KnowledgeUse, StandardQuestion
from denghuo.apps.knowledge.queries import VIEW
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record


@action("knowledge.use")
def note_use(actor: Actor, entry_id: int, how: str, *, contact_id: int | None = None) -> KnowledgeUse:
    """Note that the actor opened an answer, put it into a reply or sent its link.

    Opening is counted without an event: it says little and happens often. Raises NotAllowed, NotFound, InvalidInput (how).
    """
    if actor.id is None or not actor.can_somewhere(VIEW):
        raise NotAllowed()
    if how not in Use.values:
        raise InvalidInput({"how": ["opened, inserted, linked"]})
    entry = StandardQuestion.objects.select_related("org").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound()
    now = moment.now()
    use = KnowledgeUse.objects.create(question=entry, staff_id=actor.id, how=how, contact_id=contact_id, at=now)
    if how != Use.OPENED:
        payload = {"how": how, "contact_id": contact_id}
        record(actor, "knowledge.used", entry, org=entry.org, payload=payload, at=now)
    return use
