"""The words a customer is typing, handed to the agent who serves them before they are sent.

Kept in no table and no log; long numbers are hidden on the way, for who has not pressed "send" may still take them back.
"""

from __future__ import annotations

import re

from denghuo.apps.contacts.choices import Channel, ContactState
from denghuo.apps.contacts.models import Contact
from denghuo.core import policies
from denghuo.core.http.limits import buckets
from denghuo.core.live.passing import pass_on
from denghuo.core.privacy import redact
from denghuo.core.scoping.models import OrgUnit

KIND = "contact.typing"
LONGEST = 200  # characters told, the newest
SECONDS = 60
_NUMBER = re.compile(r"(?:\d[\s-]?){6,}\d")


def offered(channel: str, org: OrgUnit) -> bool:
    """Whether an agent of ``org`` sees what is being typed (policy ``chat.as_typed``, web chat only)."""
    return channel == Channel.WEB_CHAT and bool(policies.get("chat.as_typed", org))


def hidden(text: str) -> str:
    """``text`` without numbers that can be somebody's: phones, identity and bank cards, accounts (7 digits and more)."""
    return _NUMBER.sub("****", redact(text.replace("\x00", "")))


def tell_agent(contact_id: int, text: str) -> bool:
    """Let the agent who serves the conversation hear what is being typed ("": nothing any more); whether it was told.

    The caller has proved that it is the customer's (:func:`visits.require_own`). Not told: nobody serves it yet or any
    more, or the unit has switched it off. Raises TooManyRequests (``chat.typed_per_minute``). Two statements.
    """
    buckets.take("chat.typed", str(contact_id), allowed=policies.get("chat.typed_per_minute"), seconds=SECONDS)
    row = (
        Contact.objects.select_related("org").only("channel", "state", "agent_id", "org").filter(pk=contact_id).first()
    )
    if row is None or row.state != ContactState.IN_SERVICE or row.agent_id is None:
        return False
    if not offered(row.channel, row.org):
        return False
    return pass_on(f"agent:{row.agent_id}", KIND, {"contact": contact_id, "text": hidden(text.strip())[-LONGEST:]})
