"""What is going on in queues now, counted from the conversations that are open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Min

from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.models import Contact

SHOWN = (ContactState.WAITING, ContactState.OFFERED, ContactState.IN_SERVICE)


@dataclass(slots=True)
class Figures:
    """One queue now. ``longest_since``: when the one who has waited longest entered."""

    waiting: int = 0
    ringing: int = 0
    in_service: int = 0
    longest_since: dt.datetime | None = None


def figures(queue_ids: Collection[int]) -> dict[int, Figures]:
    """Figures by queue id, every queue of ``queue_ids`` included; one statement over the partial indexes
    ``contacts_waiting``, ``contacts_offered`` and ``contacts_in_service``: ended conversations are not touched."""
    found = {pk: Figures() for pk in queue_ids}
    rows = Contact.objects.filter(state__in=SHOWN, queue__in=queue_ids).order_by()
    for queue_id, state, count, first in rows.values_list("queue_id", "state").annotate(Count("pk"), Min("entered_at")):
        figure = found[queue_id]
        if state == ContactState.WAITING:
            figure.waiting, figure.longest_since = count, first
        elif state == ContactState.OFFERED:
            figure.ringing = count
        else:
            figure.in_service = count
    return found
