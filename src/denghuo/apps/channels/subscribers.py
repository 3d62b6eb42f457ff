"""What channels learn from conversations: how many wait on each, and how many came in each half hour.

The contacts app stands above this one, so its events are known here by name only.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from denghuo.apps.channels.models import ContactAtChannel
from denghuo.core.events import Event, subscriber

SLOT = dt.timedelta(minutes=30)
WAITS = {"contact.queued": True, "contact.put_back": True, "contact.taken": False, "contact.ended": False}
OVER = {"contact.closed": "closed", "contact.abandoned": "abandoned"}


@subscriber("channels.contacts", kinds={"contact.opened", *WAITS, *OVER})
def follow_contacts(event: Event) -> None:
    """Keep one row for each open conversation and count beginnings and ends. The cursor makes the effect happen once."""
    if event.kind == "contact.opened":
        if event.org_id is None:
            return
        channel = str(event.payload.get("channel", ""))[:16]
        waits = event.payload.get("state") == "waiting"
        ContactAtChannel.objects.update_or_create(
            contact_id=event.subject_id,
            defaults={"org_id": event.org_id, "channel": channel, "waiting": waits, "since": event.at},
        )
        count(event.org_id, channel, event.at, "opened")
        return
    row = ContactAtChannel.objects.filter(contact_id=event.subject_id).first()
    if row is None:
        return
    if event.kind in OVER:
        count(row.org_id, row.channel, event.at, OVER[event.kind])
        row.delete()
    elif row.waiting != WAITS[event.kind]:
        row.waiting, row.since = WAITS[event.kind], event.at
        row.save(update_fields=["waiting", "since"])


def slot_of(at: dt.datetime) -> dt.datetime:
    """The start of the half hour that ``at`` lies in; true for all zones whose offset is whole half hours."""
    seconds = int(at.timestamp())
    return dt.datetime.fromtimestamp(seconds - seconds % int(SLOT.total_seconds()), tz=dt.UTC)


def count(org_id: int, channel: str, at: dt.datetime, measure: str) -> None:
    """One more of ``measure`` in the half hour of ``at``; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_channeltally (org_id, channel, slot, measure, count) VALUES (%s, %s, %s, %s, 1)"
            " ON CONFLICT (slot, org_id, channel, measure) DO UPDATE SET count = channels_channeltally.count + 1",
            [org_id, channel, slot_of(at), measure],
        )
