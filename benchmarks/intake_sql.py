"""The rows of a request written by hand: what ``bench intake`` compares the action layer with.

Same transactions (one to submit, one to accept), same tables and columns, same sealing, same notices; history rows come
from the same triggers. Statements are prepared. No rules, no permissions, no validation, no policies, no models: what a
person would write who needs only these rows. It reads what the rows cannot do without: the account with its unit, and
under lock the request and its clock.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import psycopg

from denghuo.core.privacy.sealing import blind_index, open_sealed, seal

ACCOUNT = """
SELECT a.customer_id, a.transformer_id, a.area_type, a.address, a.lon, a.lat, a.org_id, o.path,
       nextval('requests_request_id_seq'), nextval('contacts_contact_id_seq'), nextval('requests_number')
FROM customers_account a JOIN core_orgunit o ON o.id = a.org_id WHERE a.id = %s
"""
CONTACT = """
INSERT INTO contacts_contact (id, org_id, client_id, channel, handling, state, customer_id, caller_phone, visitor_name,
    language, subject, priority, boost, wanted_only, missed_offers, agent_id, entered_at, opened_at, taken_at, closed_at,
    ended_by, outcome, wrap_note, callback_phone, callback_attempts, agent_read_id, request_id, caller_phone_bidx)
VALUES (%s, %s, NULL, 'web_form', 'live', 'closed', %s, %s, '', 'zh', '', 0, 0, false, 0, NULL, %s, %s, NULL, %s, '',
    'request_made', '', '', 0, 0, %s, %s)
"""
REQUEST = """
INSERT INTO requests_request (id, org_id, number, public_token, client_id, type, state, channel, contact_id, customer_id,
    account_id, caller_name, caller_phone, address, lon, lat, description, phenomenon, scope, occurred_at, fault_class,
    urgency, area_type, transformer_id, outage_id, master_id, cause, result, round, satisfaction, urges, urged_at,
    supervised, submitted_at, accepted_at, dispatched_at, arrived_at, restored_at, returned_at, reviewed_at, archived_at,
    version, caller_phone_bidx, answers, flow_id, template_id, completeness, step_since)
VALUES (%s, %s, %s, %s, %s, 'fault_report', 'submitted', 'web_form', %s, %s, %s, %s, %s, %s, %s, %s, '', 'no_power',
    'single', %s, '', 'normal', %s, %s, NULL, NULL, '', '', 1, '', 0, NULL, false, %s, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, 1, %s, '', %s, %s, 63, %s)
"""
_CLOCK = """('request', %s, %s, %s, %s, NULL, 'running', %s, %s, %s, %s, '0', %s, %s, NULL, '0', NULL, NULL, NULL, %s, %s, '{}')"""
CLOCKS = """
INSERT INTO core_clock (subject_kind, subject_id, kind, family, org_id, calendar_id, state, started_at, counting_from,
    budget_seconds, warn_seconds, spent, due_at, warn_at, paused_at, paused_for, stopped_at, warned_at, breached_at,
    policy_key, policy_value_id, topics)
VALUES {rows} RETURNING id
"""
_EVENT = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)"
EVENTS = """
INSERT INTO core_event (at, kind, version, subject_kind, subject_id, org_id, org_path, actor_kind, actor_id, actor_name,
    payload, topics, correlation)
VALUES {rows} RETURNING pg_notify('denghuo_events', '')
"""
LOCK = """
SELECT r.public_token, r.org_id, o.path, r.transformer_id, r.version FROM requests_request r
JOIN core_orgunit o ON o.id = r.org_id WHERE r.id = %s FOR UPDATE OF r
"""
ACCEPT = """
UPDATE requests_request SET state = 'accepted', fault_class = 'low_voltage', urgency = 'normal', area_type = 'urban',
    class_code = 'low_voltage', class_tree_id = %s, complexity = 'medium', step = 'accepted', step_since = %s,
    transformer_id = %s, accepted_at = %s, version = %s WHERE id = %s
"""
LIVE = """
SELECT id, counting_from, budget_seconds FROM core_clock
WHERE subject_kind = 'request' AND subject_id = %s AND kind = 'acceptance' AND state IN ('running', 'paused') FOR UPDATE
"""
STOP = "UPDATE core_clock SET state = 'met', spent = %s, stopped_at = %s WHERE id = %s"

# kind → (family, budget in seconds): what the shipped policies say for a fault in a town.
BUDGETS = {
    "acceptance": ("handling", 300),
    "dispatch": ("handling", 120),
    "arrival.mean": ("field", 2700),
    "arrival.standard": ("field", 3600),
}
VERSIONS = {"contact.opened": 2, "contact.closed": 2}
WARN_SHARE = 0.75
AFTER_ACCEPTANCE = ("dispatch", "arrival.mean", "arrival.standard")


class Writer:
    """Writes requests on a connection of its own; ``policy_ids`` names the value rows the clocks point at, ``editions``
    the flow, template and class tree in force."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        policy_ids: Mapping[str, int],
        editions: Mapping[str, int],
        agent: tuple[int, str],
    ) -> None:
        self.connection = connection
        self.policy_ids = policy_ids
        self.editions = editions
        self.agent = agent
        connection.prepare_threshold = 0

    def submit(self, *, account_id: int, name: str, phone: str, occurred_at: dt.datetime, client_id: uuid.UUID) -> int:
        """One transaction: conversation, request, acceptance clock, four events."""
        at = dt.datetime.now(dt.UTC)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(ACCOUNT, [account_id])
            row = cursor.fetchone()
            assert row is not None
            customer, transformer, area, address, lon, lat, org, path, request, contact, serial = row
            bidx = blind_index("phone", phone)
            cursor.execute(
                CONTACT,
                [contact, org, customer, seal("contacts.contact.caller_phone", phone), at, at, at, request, bidx],
            )
            number = f"{at.astimezone(CHINA):%Y%m%d}{serial:07d}"
            token = secrets.token_urlsafe(16)
            plain = open_sealed("customers.account.address", address)
            cursor.execute(REQUEST, [
                request, org, number, token, client_id, contact, customer, account_id,
                seal("requests.request.caller_name", name), seal("requests.request.caller_phone", phone),
                seal("requests.request.address", plain), lon, lat, occurred_at, area, transformer, at, bidx, self.editions["flow"],
                self.editions["template"], at,
            ])  # fmt: skip
            started = self._start(cursor, request, org, at, ("acceptance",))
            shown = {
                "number": number, "type": "fault_report", "channel": "web_form", "contact_id": contact,
                "customer_id": customer, "account_id": account_id, "transformer_id": transformer,
                "phenomenon": "no_power", "scope": "single", "template": "fault_single_outage", "completeness": 63,
                "missing": ["danger_signs", "switch_state", "life_support", "visit_time"],
            }  # fmt: skip
            done = {
                "outcome": "request_made", "request_id": request, "served_seconds": None, "wrap_seconds": None,
                "queue_id": None, "channel": "web_form", "agent_id": None,
            }  # fmt: skip
            began = {
                "channel": "web_form", "state": "closed", "customer_id": customer, "queue_id": None, "handling": "live",
            }  # fmt: skip
            of_contact, of_request = [f"contact:{contact}"], [f"request:{request}", f"customer-request:{token}"]
            self._tell(cursor, at, (org, path), ("customer", None, "customer"), [
                ("contact.opened", "contact", contact, began, of_contact),
                ("contact.closed", "contact", contact, done, of_contact),
                ("request.submitted", "request", request, shown, of_request),
                *started,
            ])  # fmt: skip
        return int(request)

    def accept(self, request: int) -> None:
        """One transaction: request classified, acceptance clock stopped, three clocks started, five events."""
        at = dt.datetime.now(dt.UTC)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(LOCK, [request])
            row = cursor.fetchone()
            assert row is not None
            token, org, path, transformer, version = row
            cursor.execute(ACCEPT, [self.editions["class_tree"], at, transformer, at, version + 1, request])
            cursor.execute(LIVE, [request])
            clock, counting_from, budget = cursor.fetchone() or (0, at, 0)
            spent = at - counting_from
            cursor.execute(STOP, [spent, at, clock])
            started = self._start(cursor, request, org, at, AFTER_ACCEPTANCE)
            seen = {
                "fault_class": "low_voltage",
                "class_code": "low_voltage",
                "urgency": "normal",
                "area_type": "urban",
                "transformer_id": transformer,
            }
            stopped = {
                "clock_id": clock, "clock_kind": "acceptance", "outcome": "met", "breach_withdrawn": False,
                "elapsed_seconds": int(spent.total_seconds()), "budget_seconds": budget,
            }  # fmt: skip
            self._tell(cursor, at, (org, path), ("staff", *self.agent), [
                ("request.accepted", "request", request, seen, [f"request:{request}", f"customer-request:{token}"]),
                ("clock.stopped", "request", request, stopped, [f"request:{request}"]),
                *started,
            ])  # fmt: skip

    def _start(
        self, cursor: Any, request: int, org: int, at: dt.datetime, kinds: tuple[str, ...]
    ) -> list[tuple[Any, ...]]:
        values: list[Any] = []
        due = {}
        for kind in kinds:
            family, budget = BUDGETS[kind]
            warn = round(budget * WARN_SHARE)
            due[kind] = (at + dt.timedelta(seconds=budget), at + dt.timedelta(seconds=warn))
            values += (
                request,
                kind,
                family,
                org,
                at,
                at,
                budget,
                warn,
                *due[kind],
                f"clock.{kind}",
                self.policy_ids[kind],
            )
        cursor.execute(CLOCKS.format(rows=", ".join([_CLOCK] * len(kinds))), values)
        return [
            ("clock.started", "request", request, {
                "clock_id": clock, "clock_kind": kind, "budget_seconds": BUDGETS[kind][1], "due_at": due[kind][0].isoformat(),
                "warn_at": due[kind][1].isoformat(), "policy_value_id": self.policy_ids[kind],
            }, [f"request:{request}"])
            for kind, (clock,) in zip(kinds, cursor.fetchall(), strict=True)
        ]  # fmt: skip

    def _tell(
        self,
        cursor: Any,
        at: dt.datetime,
        place: tuple[int, str],
        actor: tuple[Any, ...],
        events: list[tuple[Any, ...]],
    ) -> None:
        values: list[Any] = []
        for kind, subject, key, payload, topics in events:
            values += (
                at,
                kind,
                VERSIONS.get(kind, 1),
                subject,
                key,
                *place,
                *actor,
                json.dumps(payload, ensure_ascii=False),
                topics,
            )
        cursor.execute(EVENTS.format(rows=", ".join([_EVENT] * len(events))), values)


CHINA = dt.timezone(dt.timedelta(hours=8))
