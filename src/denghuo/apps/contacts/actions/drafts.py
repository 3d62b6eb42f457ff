"""What an agent has typed and not sent, kept for them on the server, and what they have read."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from denghuo.apps.contacts.common import OPEN_STATES
from denghuo.apps.contacts.models import Contact, DeskDraft
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.inputs import Form

KEY = re.compile(r"[a-z]{1,16}:[0-9]{1,19}(:[a-z]{1,16})?")


@action("desk.save_draft")
def save_draft(actor: Actor, key: str, body: str) -> DeskDraft | None:
    """Keep ``body`` under ``key`` (``contact:<id>:reply`` …) for the actor alone; an empty one drops it (None).

    The last writing stands. No event: a draft is nobody else's. Raises NotAllowed, InvalidInput (key, body).
    """
    _need_person(actor)
    form = Form()
    if not KEY.fullmatch(key):
        form.wrong("key", _("草稿名须为“类别:编号:用途”"))
    longest = 2 * int(policies.get("contact.message_length"))
    if len(body) > longest:
        form.wrong("body", _("内容过长：最多 %(longest)s 个字") % {"longest": longest})
    form.finish()
    if not body.strip():
        drop_draft(actor, key)
        return None
    row, _made = DeskDraft.objects.update_or_create(
        staff_id=actor.id, key=key, defaults={"body": body, "saved_at": moment.now()}
    )
    return row


@action("desk.drop_draft")
def drop_draft(actor: Actor, key: str) -> bool:
    """Forget a draft; whether there was one. Raises NotAllowed."""
    _need_person(actor)
    return DeskDraft.objects.filter(staff_id=actor.id, key=key).delete()[0] > 0


def drafts_of(actor: Actor) -> dict[str, str]:
    """All drafts of the actor by key (unique index ``contacts_draft_once``, by staff)."""
    return {row.key: row.body for row in DeskDraft.objects.filter(staff_id=actor.id)} if actor.id else {}


@action("desk.mark_read")
def mark_read(actor: Actor, contact_id: int, message_id: int) -> bool:
    """Note that the agent who serves has seen the messages up to ``message_id``; it never goes back.

    False when somebody else serves it, or it was read already. No event: how far somebody has read is theirs.
    """
    _need_person(actor)
    if message_id < 0:
        raise InvalidInput({"message_id": _("请填写整数")})
    rows = Contact.objects.filter(pk=contact_id, agent_id=actor.id, state__in=OPEN_STATES)
    return rows.filter(agent_read_id__lt=message_id).update(agent_read_id=message_id) > 0


def _need_person(actor: Actor) -> None:
    if actor.kind != "staff" or actor.id is None:
        raise NotAllowed(_("草稿只属于坐席本人"))
