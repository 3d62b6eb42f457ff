"""A year of requests in bulk, for measuring pages at full size.

Rows are made in SQL, not lived through the actions (that would take hours), but are whole: sealed columns, conversations,
orders, clocks, call-backs, history rows (by the triggers), events in the partitions of their months, floor projections.
Most requests are filed; the newest are spread over the open states as on a busy evening.
"""

from __future__ import annotations

import datetime as dt
import random
import secrets
from collections.abc import Iterator
from typing import Any

from benchmarks.common import say

# Open requests by state, for a province of 120,000 accounts with 40 crews.
OPEN = {
    "submitted": 40, "accepted": 60, "dispatched": 90, "returned": 60, "rework": 10, "callback": 700, "handling": 200, "merged": 40,
}  # fmt: skip
# Rows a statement on tables with history: the trigger's caught exception looks through every deferred check of its statement.
PART = 1000
FAULT_ONLY = ("dispatched", "rework", "merged")

TEMPORARY = """
CREATE TEMP TABLE bulk (
    n bigint PRIMARY KEY, fault boolean, state text, submitted_at timestamptz, account_id bigint, customer_id bigint,
    org_id bigint, org_path text, area text, transformer_id bigint, lon float8, lat float8, token text, name text, phone text,
    contact_phone text, bidx bytea, address text, crew_id bigint, master_n bigint
)
"""
# How far each open state has come; filed ones have come all the way.
STEPS = """
CREATE TEMP VIEW step AS SELECT b.*,
    state <> 'submitted' AS has_accepted,
    fault AND state NOT IN ('submitted', 'accepted', 'merged', 'handling') AS has_dispatched,
    fault AND state IN ('returned', 'rework', 'callback', 'archived') AS has_returned,
    state IN ('returned', 'callback', 'archived') AS has_answer,
    state IN ('rework', 'callback', 'archived') AS has_reviewed,
    state = 'archived' AS has_archived,
    submitted_at + interval '2 min' AS accepted, submitted_at + interval '4 min' AS dispatched,
    submitted_at + interval '10 min' + (n % 60) * interval '1 min' AS arrived,
    submitted_at + interval '80 min' AS restored, submitted_at + interval '85 min' AS returned,
    submitted_at + interval '100 min' AS reviewed, submitted_at + interval '115 min' AS archived
FROM bulk b
"""
STATEMENTS = {
    "conversations": """
INSERT INTO contacts_contact (id, org_id, channel, handling, state, customer_id, caller_phone, visitor_name, language, subject,
    priority, boost, entered_at, wanted_only, missed_offers, opened_at, closed_at, ended_by, outcome, wrap_note, callback_phone,
    callback_attempts, agent_read_id, request_id, caller_phone_bidx)
SELECT n, org_id, 'web_form', 'live', 'closed', customer_id, contact_phone, '', 'zh', '', 0, 0, submitted_at, false, 0, submitted_at,
    submitted_at, '', 'request_made', '', '', 0, 0, n, bidx
FROM bulk ORDER BY n
""",
    "requests": """
INSERT INTO requests_request (id, org_id, number, public_token, type, state, channel, contact_id, customer_id, account_id, caller_name,
    caller_phone, caller_phone_bidx, address, lon, lat, description, phenomenon, scope, occurred_at, fault_class, urgency, area_type,
    transformer_id, master_id, cause, result, round, satisfaction, urges, supervised, submitted_at, accepted_at, dispatched_at,
    arrived_at, restored_at, returned_at, reviewed_at, archived_at, version, answers)
SELECT n, org_id, to_char(submitted_at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || lpad(n::text, 7, '0'), token,
    CASE WHEN fault THEN 'fault_report' ELSE (ARRAY['consulting', 'service_request', 'complaint', 'opinion'])[1 + n %% 4] END,
    state, 'web_form', n, customer_id, account_id, name, phone, bidx, address, lon, lat,
    CASE WHEN fault THEN '' ELSE '电费账单与上月相差较大，请协助核对' END, CASE WHEN fault THEN 'no_power' ELSE '' END,
    CASE WHEN fault THEN 'single' ELSE '' END, submitted_at - interval '10 min',
    CASE WHEN fault AND has_accepted THEN 'low_voltage' ELSE '' END, CASE WHEN n %% 20 = 0 THEN 'urgent' ELSE 'normal' END, area,
    transformer_id, master_n, CASE WHEN has_returned THEN 'equipment' ELSE '' END,
    CASE WHEN has_answer THEN '更换低压熔断器，已恢复供电' ELSE '' END,
    CASE WHEN state = 'rework' THEN 2 ELSE 1 END, CASE WHEN has_archived THEN 'satisfied' ELSE '' END, (n %% 50 = 0)::int, false,
    submitted_at, CASE WHEN has_accepted THEN accepted END, CASE WHEN has_dispatched THEN dispatched END,
    CASE WHEN has_returned THEN arrived END, CASE WHEN has_returned THEN restored END, CASE WHEN has_answer THEN returned END,
    CASE WHEN has_reviewed THEN reviewed END, CASE WHEN has_archived THEN archived END, 7, ''
FROM step WHERE n > %(after)s AND n <= %(upto)s ORDER BY n
""",
    "orders": """
INSERT INTO field_workorder (id, org_id, number, request_id, crew_id, round, state, lon, lat, note, sent_at, accepted_at, departed_at,
    arrived_at, finished_at, last_step_at, visit, reviewed_at, cause, result, restored_at, no_signature_reason, send_back_reason,
    withdraw_reason, review_event_id, version)
SELECT n, org_id, 'G' || n, n, crew_id, 1,
    CASE WHEN has_reviewed THEN 'passed' WHEN has_returned THEN 'finished' ELSE (ARRAY['sent', 'accepted', 'departed'])[1 + n %% 3] END,
    lon, lat, '', dispatched, CASE WHEN has_returned OR n %% 3 > 0 THEN dispatched END,
    CASE WHEN has_returned OR n %% 3 > 1 THEN dispatched END, CASE WHEN has_returned THEN arrived END,
    CASE WHEN has_returned THEN returned END, dispatched, 1, CASE WHEN has_reviewed THEN reviewed END,
    CASE WHEN has_returned THEN 'equipment' ELSE '' END, CASE WHEN has_returned THEN '更换低压熔断器，已恢复供电' ELSE '' END,
    CASE WHEN has_returned THEN restored END, '', '', '', 0, 5
FROM step WHERE has_dispatched AND n > %(after)s AND n <= %(upto)s ORDER BY n
""",
    "call-backs": """
INSERT INTO requests_callback (id, request_id, round, state, attempts, not_before, resolved, arrival_honoured, satisfaction, note, done_at,
    answers)
SELECT n, n, 1, CASE WHEN state = 'callback' THEN 'pending' ELSE 'done' END, (state <> 'callback')::int, reviewed,
    CASE WHEN state <> 'callback' THEN true END, CASE WHEN state <> 'callback' THEN true END,
    CASE WHEN state = 'archived' THEN 'satisfied' WHEN state = 'rework' THEN 'dissatisfied' ELSE '' END, '',
    CASE WHEN state <> 'callback' THEN archived END, ''
FROM step WHERE has_reviewed ORDER BY n
""",
    "clocks": """
INSERT INTO core_clock (subject_kind, subject_id, kind, family, org_id, state, started_at, counting_from, budget_seconds, warn_seconds,
    spent, due_at, warn_at, paused_for, stopped_at, policy_key, topics)
SELECT 'request', n, k.kind, 'field', org_id,
    CASE WHEN k.kind = 'acceptance' AND has_accepted OR has_answer OR has_reviewed OR state = 'merged' THEN 'met' ELSE 'running' END,
    submitted_at, submitted_at, k.budget, k.budget * 3 / 4, interval '2 min', submitted_at + k.budget * interval '1 s',
    submitted_at + k.budget * 0.75 * interval '1 s', interval '0',
    CASE WHEN k.kind = 'acceptance' AND has_accepted OR has_answer OR has_reviewed OR state = 'merged' THEN arrived END,
    'clock.' || k.kind, '{}'
FROM step CROSS JOIN (VALUES ('acceptance', 300), ('arrival.mean', 2700), ('arrival.standard', 3600)) AS k (kind, budget)
WHERE k.kind = 'acceptance' OR fault AND has_accepted
ORDER BY n
""",
    "floor": """
INSERT INTO metrics_flooritem (subject_kind, subject_id, state, since, org_id)
SELECT 'request', id, state, submitted_at, org_id FROM requests_request WHERE state NOT IN ('archived', 'cancelled')
UNION ALL SELECT 'order', id, state, sent_at, org_id FROM field_workorder WHERE state NOT IN ('passed', 'withdrawn')
""",
    "gauges": """
INSERT INTO metrics_floortally (org_id, day, measure, part, count, total)
SELECT org_id, NULL, subject_kind || '.state', state, count(*), 0 FROM metrics_flooritem GROUP BY org_id, subject_kind, state
UNION ALL
SELECT org_id, (submitted_at AT TIME ZONE 'Asia/Shanghai')::date, m.measure, m.part, count(*), 0 FROM requests_request
CROSS JOIN (VALUES ('contact.opened', 'web_form'), ('request.submitted', 'fault_report'), ('callback.done', 'satisfied'),
    ('clock.breached', 'arrival.standard')) AS m (measure, part)
GROUP BY 1, 2, 3, 4
""",
    "arrivals": """
INSERT INTO metrics_arrivalrecord (org_id, order_id, request_id, number, area_type, urgency, crew_name, accepted_at, arrived_at, minutes,
    limit_minutes, met)
SELECT s.org_id, n, n, r.number, area, r.urgency, c.name, accepted, arrived, extract(epoch FROM arrived - accepted) / 60, 60,
    arrived < accepted + interval '60 min'
FROM step s JOIN requests_request r ON r.id = n JOIN field_crew c ON c.id = s.crew_id WHERE has_returned ORDER BY n
""",
}
# kind, subject, whether it has happened, when, payload
EVENTS = (
    ("contact.closed", "contact", "true", "submitted_at", "'outcome', 'request_made', 'request_id', n, 'served_seconds', NULL"),
    (
        "request.submitted", "request", "true", "submitted_at",
        "'number', n::text, 'type', 'fault_report', 'channel', 'web_form', 'contact_id', n, 'customer_id', customer_id, 'account_id',"
        " account_id, 'transformer_id', transformer_id, 'phenomenon', 'no_power', 'scope', 'single'",
    ),
    (
        "request.accepted", "request", "has_accepted", "accepted",
        "'fault_class', 'low_voltage', 'urgency', 'normal', 'area_type', area, 'transformer_id', transformer_id",
    ),
    (
        "clock.started", "request", "has_accepted", "accepted",
        "'clock_id', n, 'clock_kind', CASE WHEN fault THEN 'arrival.standard' ELSE 'handling' END, 'budget_seconds', 3600, 'due_at', accepted,"
        " 'warn_at', accepted, 'policy_value_id', 1",
    ),
    (
        "request.dispatched", "request", "has_dispatched", "dispatched",
        "'order_id', n, 'crew_id', crew_id, 'crew_name', '抢修一班', 'round', 1",
    ),
    (
        "order.arrived", "order", "has_returned", "arrived",
        "'request_id', n, 'crew_id', crew_id, 'round', 1, 'visit', 1, 'off_by_metres', 20",
    ),
    (
        "request.assigned", "request", "NOT fault AND state NOT IN ('submitted', 'accepted')", "dispatched", "'unit_id', org_id, 'round', 1",
    ),
    (
        "request.returned", "request", "has_returned", "returned",
        "'order_id', n, 'cause', 'equipment', 'restored_at', restored, 'round', 1",
    ),
    ("request.replied", "request", "NOT fault AND has_answer", "returned", "'unit_id', org_id, 'round', 1"),
    ("request.review_passed", "request", "has_reviewed", "reviewed", "'round', 1"),
    (
        "request.callback_due", "request", "has_reviewed", "reviewed",
        "'call_back_id', n, 'round', 1, 'not_before', reviewed, 'master_id', NULL",
    ),
    (
        "request.callback_done", "request", "has_archived", "archived",
        "'call_back_id', n, 'round', 1, 'state', 'done', 'satisfaction', 'satisfied', 'resolved', true, 'arrival_honoured', true",
    ),
    ("request.archived", "request", "has_archived", "archived", "'how', 'called_back', 'satisfaction', 'satisfied', 'note_id', NULL"),
)  # fmt: skip


def load(requests: int, now: dt.datetime, seed: int = 7, *, analyse: bool = True) -> dict[str, int]:
    """Fill a database that holds a province; gives the number of rows of the large tables.

    ``analyse`` vacuums and gathers statistics, which a transaction cannot do.
    """
    from django.db import connection

    rows = list(_rows(requests, now, random.Random(seed)))  # read first: the connection is busy while it copies
    with connection.cursor() as cursor:
        cursor.execute(TEMPORARY)
        with cursor.copy("COPY bulk FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(STEPS)
        cursor.execute("ANALYZE bulk")
        cursor.execute(
            "SELECT core_event_month((date_trunc('month', %s::date) + m * interval '1 month')::date) FROM generate_series(-13, 0) m",
            [now],
        )
        for name, statement in STATEMENTS.items():
            say(f"  {name} …")
            in_parts = "%(upto)s" in statement
            for after in range(0, requests, PART if in_parts else requests):
                cursor.execute(statement, {"after": after, "upto": after + PART} if in_parts else None)
        say("  events …")
        cursor.execute(_events())
        for table in ("requests_request", "contacts_contact", "field_workorder", "requests_callback"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {requests})")
        cursor.execute("SELECT setval('requests_number', %s)", [requests])
        cursor.execute("DROP VIEW step; DROP TABLE bulk")
        if analyse:
            cursor.execute("VACUUM ANALYZE")
    return counts()


def counts() -> dict[str, int]:
    """Rows of the large tables."""
    from django.db import connection

    tables = (
        "customers_account",
        "requests_request",
        "core_event",
        "core_clock",
        "field_workorder",
        "contacts_contact",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return dict(zip(tables, cursor.fetchone(), strict=True))


def _events() -> str:
    parts = [
        f"SELECT {at} AS at, '{kind}' AS kind, '{subject}' AS subject_kind, n, org_id, org_path, jsonb_build_object({payload}) AS payload,"
        f" token FROM step WHERE {happened}"
        for kind, subject, happened, at, payload in EVENTS
    ]
    return (
        "INSERT INTO core_event (at, kind, version, subject_kind, subject_id, org_id, org_path, actor_kind, actor_id, actor_name, payload,"
        " topics) SELECT at, kind, 1, subject_kind, n, org_id, org_path, 'staff', 1, '坐席', payload,"
        " ARRAY[subject_kind || ':' || n, 'customer-request:' || token] FROM ("
        + " UNION ALL ".join(parts)
        + ") e ORDER BY at, n"
    )


def _rows(requests: int, now: dt.datetime, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """The rows of the temporary table, oldest first."""
    from denghuo.apps.customers.models import Account
    from denghuo.apps.field.models import Crew
    from denghuo.core.privacy.sealing import blind_index, seal
    from denghuo.core.scoping.models import OrgUnit

    paths = dict(OrgUnit.objects.values_list("pk", "path"))
    crews: dict[int, list[int]] = {}
    for pk, county in Crew.objects.values_list("pk", "org__parent_id"):
        crews.setdefault(county, []).append(pk)
    fields = (
        "pk",
        "customer_id",
        "org_id",
        "area_type",
        "transformer_id",
        "lon",
        "lat",
        "address",
        "customer__name",
        "customer__phone",
    )
    accounts = list(Account.objects.values_list(*fields))
    share = min(1.0, requests / 4 / sum(OPEN.values()))
    states = [state for state, count in OPEN.items() for _ in range(int(count * share))]
    filed = requests - len(states)
    times = [(now - dt.timedelta(seconds=chance.uniform(2 * 3600, 365 * 86400)), "archived") for _ in range(filed)]
    times += [(now - dt.timedelta(seconds=_age(state, chance)), state) for state in states]
    master = 0
    for n, (at, state) in enumerate(sorted(times), start=1):
        pk, customer, org, area, transformer, lon, lat, *sealed = chance.choice(accounts)
        address, name, phone = (value.open() for value in sealed)
        fault = state in FAULT_ONLY or (state != "handling" and chance.random() < 0.75)
        if fault and state == "archived":
            master = n
        yield (
            n, fault, state, at, pk, customer, org, paths[org], area, transformer, lon, lat, secrets.token_urlsafe(16),
            seal("requests.request.caller_name", name), seal("requests.request.caller_phone", phone),
            seal("contacts.contact.caller_phone", phone), blind_index("phone", phone), seal("requests.request.address", address),
            chance.choice(crews[org]), master if state == "merged" else None,
        )  # fmt: skip


def _age(state: str, chance: random.Random) -> float:
    """Seconds since an open request was told: what waits for people is young, what waits for a call-back up to two days."""
    if state in ("submitted", "accepted", "dispatched"):
        return chance.uniform(60, 5400)
    return chance.uniform(2 * 3600, 48 * 3600)
