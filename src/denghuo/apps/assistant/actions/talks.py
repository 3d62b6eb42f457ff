"""What becomes of a talk: answered, solved, handed over, ended."""

from __future__ import annotations

import json

from denghuo.apps.assistant.choices import TalkResult
from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts.choices import ContactState, Outcome
from denghuo.apps.contacts.models import Contact
from denghuo.apps.knowledge.actions.asking import note_chosen, note_result
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.events import record


@action("robot.note_told")
def note_told(actor: Actor, talk: RobotTalk, asked_id: int | None, entry_id: int) -> None:
    """An approved answer was told; the question it answers learns which. A choice from those offered before counts for the
    question they were offered for. Raises NotAllowed."""
    _require_system(actor)
    asked = asked_id or (talk.asked_ids[-1] if talk.asked_ids else None)
    if asked is not None:
        note_chosen(actor, asked, entry_id)


@action("robot.note_solved")
def note_solved(actor: Actor, talk: RobotTalk, *, solved: bool) -> None:
    """The customer said whether the last answer helped. Raises NotAllowed."""
    _require_system(actor)
    if talk.asked_ids:
        note_result(actor, talk.asked_ids[-1], solved=solved)


@action("robot.end_talk")
def end_talk(actor: Actor, talk: RobotTalk, result: str, *, reason: str = "") -> RobotTalk:
    """The robot's part is over; told once. The caller saves the row if it holds more. Raises NotAllowed."""
    _require_system(actor)
    if talk.result != TalkResult.OPEN:
        return talk
    talk.result, talk.reason, talk.ended_at = result, reason, max(moment.now(), talk.began_at)
    if talk.asked_ids and result == TalkResult.HANDED_OVER:
        note_result(actor, talk.asked_ids[-1], transferred=True, solved=False)
    if talk.pk is None:
        talk.save()
    else:
        talk.save(update_fields=["result", "reason", "ended_at"])
    record(
        actor, "robot.talk_ended", ("contact", talk.contact_id), org=talk.org, at=talk.ended_at,
        topics=[f"contact:{talk.contact_id}"],
        payload={
            "contact_id": talk.contact_id, "result": str(result), "reason": reason, "turns": talk.turns,
            "refusals": talk.refusals, "answered": talk.answered, "codes": list(talk.codes),
            "request_id": talk.request_id, "channel": talk.channel,
        },
    )  # fmt: skip
    return talk


@action("robot.let_go")
def let_go(actor: Actor, contact_id: int) -> bool:
    """End a talk whose customer has been silent too long, unless something was said meanwhile; True when it was ended.

    Raises NotAllowed, NotFound.
    """
    _require_system(actor)
    contact = Contact.objects.select_for_update().select_related("org").get(pk=contact_id)
    if contact.state != ContactState.BOT:
        return False
    talk = RobotTalk.objects.select_for_update().filter(contact=contact).first()
    state = json.loads(talk.state) if talk is not None and talk.state else {}
    solved = bool(state.get("solved"))
    outcome = Outcome.REQUEST_MADE if contact.request_id else Outcome.SELF_SERVED if solved else Outcome.NO_REPLY
    contacts.robot_closed(actor, contact_id, outcome=outcome)
    return True


@action("robot.settle")
def settle(actor: Actor, contact_id: int, *, outcome: str, reason: str = "") -> None:
    """A conversation left the robot by another door (the customer ended it, an agent took it, silence): its talk ends
    with it. Raises NotAllowed."""
    talk = RobotTalk.objects.select_for_update().select_related("org").filter(contact_id=contact_id).first()
    if talk is None or talk.result != TalkResult.OPEN:
        return
    result = {
        Outcome.REQUEST_MADE: TalkResult.REQUEST_MADE, Outcome.SELF_SERVED: TalkResult.SOLVED, "": TalkResult.HANDED_OVER,
    }.get(outcome, TalkResult.LEFT)  # fmt: skip
    end_talk(actor, talk, result, reason=reason)


def _require_system(actor: Actor) -> None:
    if actor.kind != "system":
        raise NotAllowed()
