"""Does everything that arrived stand in exactly one place? Counted from tables and held against the event log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from denghuo.apps.contacts.models import Contact, ContactLeg, Message
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.metrics.queries import differences
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import InvalidInput
from denghuo.core.files.models import StoredFile

# Each statement lists what must not exist; %(contact)s and the others are the newest ids at the mark.
CHECKS: dict[str, str] = {
    "contact without exactly one contact.opened event": """
        SELECT c.id FROM contacts_contact c LEFT JOIN core_event e
          ON e.subject_kind = 'contact' AND e.subject_id = c.id AND e.kind = 'contact.opened'
        WHERE c.id > %(contact)s GROUP BY c.id HAVING count(e.id) <> 1""",
    "ended contact without exactly one ending event": """
        SELECT c.id FROM contacts_contact c LEFT JOIN core_event e
          ON e.subject_kind = 'contact' AND e.subject_id = c.id AND e.kind IN ('contact.closed', 'contact.abandoned')
        WHERE c.id > %(contact)s AND c.state IN ('closed', 'abandoned') GROUP BY c.id HAVING count(e.id) <> 1""",
    "contact with two agents at once": """
        SELECT a.contact_id FROM contacts_contactleg a JOIN contacts_contactleg b
          ON b.contact_id = a.contact_id AND b.id > a.id
        WHERE a.contact_id > %(contact)s AND (a.ended_at IS NULL OR b.offered_at < a.ended_at)
          AND (b.ended_at IS NULL OR a.offered_at < b.ended_at)""",
    "ended contact that an agent still holds": """
        SELECT l.contact_id FROM contacts_contactleg l JOIN contacts_contact c ON c.id = l.contact_id
        WHERE c.id > %(contact)s AND c.state IN ('waiting', 'closed', 'abandoned') AND l.ended_at IS NULL""",
    "contact with an agent who has no part in it": """
        SELECT c.id FROM contacts_contact c WHERE c.id > %(contact)s AND c.agent_id IS NOT NULL AND NOT EXISTS
          (SELECT 1 FROM contacts_contactleg l WHERE l.contact_id = c.id AND l.agent_id = c.agent_id)""",
    "served contact without exactly one part that served it": """
        SELECT c.id FROM contacts_contact c LEFT JOIN contacts_contactleg l ON l.contact_id = c.id AND l."end" = 'served'
        WHERE c.id > %(contact)s AND c.state = 'closed' AND c.agent_id IS NOT NULL GROUP BY c.id HAVING count(l.id) <> 1""",
    "contact that lost its place in the queue": """
        SELECT c.id FROM contacts_contact c WHERE c.id > %(contact)s AND c.entered_at <> c.opened_at AND NOT EXISTS
          (SELECT 1 FROM core_event e WHERE e.subject_kind = 'contact' AND e.subject_id = c.id AND e.at = c.entered_at
           AND e.kind = 'contact.queued' AND e.payload ->> 'reason' = 'robot')""",
    "message out of order": """
        SELECT m.id FROM (SELECT id, at, contact_id, lag(at) OVER (PARTITION BY contact_id ORDER BY id) AS before
          FROM contacts_message WHERE contact_id > %(contact)s) m WHERE m.before > m.at""",
    "request without exactly one request.submitted event": """
        SELECT r.id FROM requests_request r LEFT JOIN core_event e
          ON e.subject_kind = 'request' AND e.subject_id = r.id AND e.kind = 'request.submitted'
        WHERE r.id > %(request)s GROUP BY r.id HAVING count(e.id) <> 1""",
    "archived request without exactly one request.archived event": """
        SELECT r.id FROM requests_request r LEFT JOIN core_event e
          ON e.subject_kind = 'request' AND e.subject_id = r.id AND e.kind = 'request.archived'
        WHERE r.id > %(request)s AND r.state = 'archived' GROUP BY r.id HAVING count(e.id) <> 1""",
    "order without exactly one order.created event": """
        SELECT o.id FROM field_workorder o LEFT JOIN core_event e
          ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.kind = 'order.created'
        WHERE o.id > %(order)s GROUP BY o.id HAVING count(e.id) <> 1""",
    "arrived order without an order.arrived event": """
        SELECT o.id FROM field_workorder o LEFT JOIN core_event e
          ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.kind = 'order.arrived'
        WHERE o.id > %(order)s AND o.arrived_at IS NOT NULL GROUP BY o.id HAVING count(e.id) = 0""",
    "step of one visit recorded twice": """
        SELECT e.subject_id FROM core_event e JOIN field_workorder o ON o.id = e.subject_id AND o.id > %(order)s
        WHERE e.subject_kind = 'order' AND e.kind IN ('order.accepted', 'order.departed', 'order.arrived', 'order.finished')
        GROUP BY e.subject_id, e.kind, e.payload->>'visit' HAVING count(*) > 1""",
    "two contacts made one request": """
        SELECT min(id) FROM contacts_contact WHERE id > %(contact)s AND request_id IS NOT NULL AND channel <> 'transfer'
          AND outcome = 'request_made' GROUP BY request_id HAVING count(*) > 1""",
    "archived fault report with no call-back": """
        SELECT r.id FROM requests_request r LEFT JOIN requests_callback b ON b.request_id = r.id
        WHERE r.id > %(request)s AND r.state = 'archived' AND r.type = 'fault_report' GROUP BY r.id HAVING count(b.id) = 0""",
    "round of work with more than one call-back": """
        SELECT min(id) FROM requests_callback WHERE campaign_id IS NULL GROUP BY request_id, round HAVING count(*) > 1""",
    "clock breached more than once, or without its event": """
        SELECT k.id FROM core_clock k LEFT JOIN core_event e
          ON e.kind = 'clock.breached' AND (e.payload->>'clock_id')::bigint = k.id
        WHERE k.id > %(clock)s AND k.breached_at IS NOT NULL GROUP BY k.id HAVING count(e.id) <> 1""",
    "event that a consumer could not apply": """
        SELECT d.id FROM core_deadevent d""",
    "merged request whose master is itself merged": """
        SELECT r.id FROM requests_request r JOIN requests_request m ON m.id = r.master_id
        WHERE r.id > %(request)s AND m.master_id IS NOT NULL""",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the books: the newest id of each kind at that moment. What came later has a larger one."""

    contact: int = 0
    request: int = 0
    order: int = 0
    clock: int = 0

    def __str__(self) -> str:
        return ".".join(str(part) for part in astuple(self))

    @classmethod
    def parse(cls, text: str) -> Mark:
        """The inverse of ``str``; raises InvalidInput (mark)."""
        parts = text.split(".")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            raise InvalidInput({"mark": _("核账起点不可用，请重新获取 /accounting/mark")})
        return cls(*(int(part) for part in parts))


def mark_now() -> Mark:
    """The place where the books stand now."""
    newest = [m._default_manager.aggregate(n=Max("pk"))["n"] or 0 for m in (Contact, Request, WorkOrder, Clock)]
    return Mark(*newest)


def problems(mark: Mark, sample: int = 5) -> dict[str, dict[str, Any]]:
    """Check → how many rows made since ``mark`` break it and the first few; empty when all is in order."""
    found: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        for name, sql in CHECKS.items():
            cursor.execute(
                f"SELECT count(*), (array_agg(q.id))[1:%(sample)s] FROM ({sql}) q(id)",
                asdict(mark) | {"sample": sample},
            )
            count, ids = cursor.fetchone()
            if count:
                found[name] = {"count": count, "ids": ids}
    return found


def summary(mark: Mark) -> dict[str, Any]:
    """Counts of everything made since ``mark``."""

    def by(rows: Any, *fields: str) -> dict[str, int]:
        counted = rows.values_list(*fields).annotate(n=Count("pk")).order_by(*fields)
        return {"/".join(str(part) for part in row[:-1]): row[-1] for row in counted}

    contacts, requests = Contact.objects.filter(pk__gt=mark.contact), Request.objects.filter(pk__gt=mark.request)
    orders, plans = WorkOrder.objects.filter(pk__gt=mark.order), CallBack.objects.filter(request__gt=mark.request)
    return {
        "contacts": by(contacts, "state"),
        "channels": by(contacts, "channel", "state"),
        "legs": by(ContactLeg.objects.filter(contact__gt=mark.contact), "how", "end"),
        "outcomes": by(contacts, "channel", "outcome"),
        "requests": by(requests, "state"),
        "types": by(requests, "type"),
        "merged": requests.filter(master__isnull=False).count(),
        "orders": by(orders, "state"),
        "rework_orders": orders.filter(round__gt=1).count(),
        "breaches": by(Clock.objects.filter(pk__gt=mark.clock, breached_at__isnull=False), "kind"),
        "call_backs": by(plans, "state"),
        "satisfaction": by(plans, "satisfaction"),
        "floor_differences": differences(),
    }


def arrivals(contact_ids: Sequence[str], request_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Where each client-made id ended: contacts and requests, with how often it is there."""
    found: dict[str, dict[str, Any]] = {}
    for client_id, state, outcome in Contact.objects.filter(client_id__in=contact_ids).values_list(
        "client_id", "state", "outcome"
    ):
        entry = found.setdefault(str(client_id), {"contacts": 0})
        entry["contacts"] += 1
        entry["contact_state"], entry["outcome"] = state, outcome
    rows = Request.objects.filter(client_id__in=request_ids).values_list(
        "client_id", "state", "contact__state", "master_id"
    )
    for client_id, state, contact_state, master_id in rows:
        entry = found.setdefault(str(client_id), {"requests": 0})
        entry["requests"] = entry.get("requests", 0) + 1
        entry |= {"request_state": state, "via_contact": contact_state, "merged": master_id is not None}
    return found


def delivered(message_ids: Sequence[str], photo_ids: Sequence[str]) -> dict[str, int]:
    """How many of these messages and photos are here (each client id can be here once only), and how many messages stand
    before one of the same conversation that was sent earlier. ``message_ids`` are in the order of sending."""
    rows = Message.objects.filter(client_id__in=message_ids).values_list("client_id", "pk", "contact_id")
    held = {str(client_id): (pk, contact_id) for client_id, pk, contact_id in rows}
    newest: dict[int, int] = {}
    out_of_order = 0
    for pk, contact_id in filter(None, map(held.get, message_ids)):
        out_of_order += pk < newest.get(contact_id, 0)
        newest[contact_id] = max(pk, newest.get(contact_id, 0))
    return {
        "messages": len(held),
        "out_of_order": out_of_order,
        "photos": StoredFile.objects.filter(client_id__in=photo_ids).count(),
    }
