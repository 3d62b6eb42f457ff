"""Does everything that arrived stand in exactly one place? Counted from tables and held against the event log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Count

from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.metrics.queries import differences
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core.clocks.models import Clock
from denghuo.core.files.models import StoredFile

# Each statement lists what must not exist; %(since)s is the beginning of the period.
CHECKS: dict[str, str] = {
    "contact without exactly one contact.opened event": """
        SELECT c.id FROM contacts_contact c LEFT JOIN core_event e
          ON e.subject_kind = 'contact' AND e.subject_id = c.id AND e.kind = 'contact.opened'
        WHERE c.opened_at >= %(since)s GROUP BY c.id HAVING count(e.id) <> 1""",
    "ended contact without exactly one ending event": """
        SELECT c.id FROM contacts_contact c LEFT JOIN core_event e
          ON e.subject_kind = 'contact' AND e.subject_id = c.id AND e.kind IN ('contact.closed', 'contact.abandoned')
        WHERE c.opened_at >= %(since)s AND c.state IN ('closed', 'abandoned') GROUP BY c.id HAVING count(e.id) <> 1""",
    "request without exactly one request.submitted event": """
        SELECT r.id FROM requests_request r LEFT JOIN core_event e
          ON e.subject_kind = 'request' AND e.subject_id = r.id AND e.kind = 'request.submitted'
        WHERE r.submitted_at >= %(since)s GROUP BY r.id HAVING count(e.id) <> 1""",
    "archived request without exactly one request.archived event": """
        SELECT r.id FROM requests_request r LEFT JOIN core_event e
          ON e.subject_kind = 'request' AND e.subject_id = r.id AND e.kind = 'request.archived'
        WHERE r.submitted_at >= %(since)s AND r.state = 'archived' GROUP BY r.id HAVING count(e.id) <> 1""",
    "order without exactly one order.created event": """
        SELECT o.id FROM field_workorder o LEFT JOIN core_event e
          ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.kind = 'order.created'
        WHERE o.sent_at >= %(since)s GROUP BY o.id HAVING count(e.id) <> 1""",
    "arrived order without an order.arrived event": """
        SELECT o.id FROM field_workorder o LEFT JOIN core_event e
          ON e.subject_kind = 'order' AND e.subject_id = o.id AND e.kind = 'order.arrived'
        WHERE o.sent_at >= %(since)s AND o.arrived_at IS NOT NULL GROUP BY o.id HAVING count(e.id) = 0""",
    "step of one visit recorded twice": """
        SELECT e.subject_id FROM core_event e JOIN field_workorder o ON o.id = e.subject_id AND o.sent_at >= %(since)s
        WHERE e.subject_kind = 'order' AND e.kind IN ('order.accepted', 'order.departed', 'order.arrived', 'order.finished')
        GROUP BY e.subject_id, e.kind, e.payload->>'visit' HAVING count(*) > 1""",
    "two contacts made one request": """
        SELECT min(id) FROM contacts_contact WHERE opened_at >= %(since)s AND request_id IS NOT NULL AND channel <> 'transfer'
          AND outcome = 'request_made' GROUP BY request_id HAVING count(*) > 1""",
    "archived fault report with no call-back": """
        SELECT r.id FROM requests_request r LEFT JOIN requests_callback b ON b.request_id = r.id
        WHERE r.submitted_at >= %(since)s AND r.state = 'archived' AND r.type = 'fault_report' GROUP BY r.id HAVING count(b.id) = 0""",
    "round of work with more than one call-back": """
        SELECT min(id) FROM requests_callback GROUP BY request_id, round HAVING count(*) > 1""",
    "clock breached more than once, or without its event": """
        SELECT k.id FROM core_clock k LEFT JOIN core_event e
          ON e.kind = 'clock.breached' AND (e.payload->>'clock_id')::bigint = k.id
        WHERE k.started_at >= %(since)s AND k.breached_at IS NOT NULL GROUP BY k.id HAVING count(e.id) <> 1""",
    "event that a consumer could not apply": """
        SELECT d.id FROM core_deadevent d""",
    "merged request whose master is itself merged": """
        SELECT r.id FROM requests_request r JOIN requests_request m ON m.id = r.master_id
        WHERE r.submitted_at >= %(since)s AND m.master_id IS NOT NULL""",
}


def problems(since: dt.datetime, sample: int = 5) -> dict[str, dict[str, Any]]:
    """Check → how many rows break it and the first few; empty when all is in order."""
    found: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        for name, sql in CHECKS.items():
            cursor.execute(f"SELECT count(*), (array_agg(q.id))[1:%(sample)s] FROM ({sql}) q(id)", {"since": since, "sample": sample})
            count, ids = cursor.fetchone()
            if count:
                found[name] = {"count": count, "ids": ids}
    return found


def summary(since: dt.datetime) -> dict[str, Any]:
    """Counts of everything that began at or after ``since``."""

    def by(model: Any, time_field: str, *fields: str) -> dict[str, int]:
        rows = model._default_manager.filter(**{f"{time_field}__gte": since}).values_list(*fields).annotate(n=Count("pk")).order_by(*fields)
        return {"/".join(str(part) for part in row[:-1]): row[-1] for row in rows}

    breaches = Clock.objects.filter(started_at__gte=since, breached_at__isnull=False).values_list("kind").annotate(n=Count("pk"))
    return {
        "contacts": by(Contact, "opened_at", "state"),
        "outcomes": by(Contact, "opened_at", "channel", "outcome"),
        "requests": by(Request, "submitted_at", "state"),
        "types": by(Request, "submitted_at", "type"),
        "merged": Request.objects.filter(submitted_at__gte=since, master__isnull=False).count(),
        "orders": by(WorkOrder, "sent_at", "state"),
        "rework_orders": WorkOrder.objects.filter(sent_at__gte=since, round__gt=1).count(),
        "breaches": dict(breaches),
        "call_backs": by(CallBack, "request__submitted_at", "state"),
        "satisfaction": by(CallBack, "request__submitted_at", "satisfaction"),
        "floor_differences": differences(),
    }


def arrivals(contact_ids: Sequence[str], request_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Where each client-made id ended: contacts and requests, with how often it is there."""
    found: dict[str, dict[str, Any]] = {}
    for client_id, state, outcome in Contact.objects.filter(client_id__in=contact_ids).values_list("client_id", "state", "outcome"):
        entry = found.setdefault(str(client_id), {"contacts": 0})
        entry["contacts"] += 1
        entry["contact_state"], entry["outcome"] = state, outcome
    rows = Request.objects.filter(client_id__in=request_ids).values_list("client_id", "state", "contact__state", "master_id")
    for client_id, state, contact_state, master_id in rows:
        entry = found.setdefault(str(client_id), {"requests": 0})
        entry["requests"] = entry.get("requests", 0) + 1
        entry |= {"request_state": state, "via_contact": contact_state, "merged": master_id is not None}
    return found


def delivered(message_ids: Sequence[str], photo_ids: Sequence[str]) -> dict[str, int]:
    """How many of these messages and photos are here (each client id can be here once only)."""
    return {
        "messages": Message.objects.filter(client_id__in=message_ids).count(),
        "photos": StoredFile.objects.filter(client_id__in=photo_ids).count(),
    }
