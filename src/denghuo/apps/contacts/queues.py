"""Which queue a conversation enters, and who served the customer last."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.models import Contact, Queue
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit


def choose(channel: str, org: OrgUnit, topic: str = "") -> Queue | None:
    """The active queue for a channel and topic whose unit contains ``org``.

    A queue that names the topic comes before one for every topic; of those the nearest unit, then ``position``. None
    when no queue takes the channel: the conversation then waits under the standing plan ``routing.default_plan``.
    A few dozen rows, one query by the primary keys of the units above ``org``.
    """
    rows = Queue.objects.select_related("org").filter(
        active=True, channels__contains=[channel], org_id__in=org.ancestor_ids()
    )
    fitting = [queue for queue in rows if not queue.topics or topic in queue.topics]
    fitting.sort(key=lambda queue: (topic not in queue.topics, -len(queue.org.path), queue.position, queue.pk))
    return fitting[0] if fitting else None


def last_agent(customer_id: int | None, at: dt.datetime) -> int | None:
    """Who served this customer last, within ``routing.affinity_hours`` (index ``contacts_customer_opened``)."""
    if customer_id is None:
        return None
    since = at - dt.timedelta(hours=policies.get("routing.affinity_hours"))
    rows = Contact.objects.filter(
        customer_id=customer_id, opened_at__gte=since, state=ContactState.CLOSED, agent__isnull=False
    )
    return rows.order_by("-opened_at").values_list("agent_id", flat=True).first()
