"""The audit trail: who did what, and which values changed, without giving the personal ones away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.audit import audit_trail
from denghuo.core.events import record
from denghuo.core.moment import now
from denghuo.core.privacy import reveal

PAYLOAD = {"field": "caller_phone", "classification": "phone", "reason": "更正"}
pytestmark = pytest.mark.django_db(transaction=True)  # rows and events are joined by their transaction


def a_request(org: Any) -> Request:
    return Request.objects.create(
        number="T0001",
        org=org,
        type="fault",
        channel="web",
        caller_name="张三",
        caller_phone="13800001234",
        address="香港中路12号",
        submitted_at=now(),
    )


def test_the_trail_joins_events_and_changed_values_in_order(org_tree: Any) -> None:
    auditor = Actor(kind="system", id=None, name="稽核", all_permissions=True)
    row = a_request(org_tree.county)
    reveal(auditor, row, "caller_phone", "核对")
    row = Request.objects.get(pk=row.pk)
    with transaction.atomic():
        row.caller_phone = "13900005678"
        row.urges = 1
        row.save()
        record(replace(auditor, name="李工"), "privacy.revealed", row, org=row.org, payload=PAYLOAD)
    trail = audit_trail(auditor, "request", row.pk)
    assert [(entry.source, entry.kind) for entry in trail] == [
        ("row", "insert"),
        ("event", "privacy.revealed"),
        ("row", "update"),
        ("event", "privacy.revealed"),
    ]
    assert [entry.actor_name for entry in trail] == ["", "稽核", "李工", "李工"]
    assert (trail[1].actor_name, trail[1].payload["reason"]) == ("稽核", "核对")
    changes = {change.field: (change.before, change.after) for change in trail[2].changes}
    assert changes == {"caller_phone": ("138****1234", "139****5678"), "urges": (0, 1)}


def test_personal_values_stay_masked_throughout(org_tree: Any) -> None:
    row = a_request(org_tree.county)
    (entry,) = audit_trail(Actor.system(), "request", row.pk)
    first = {change.field: change.after for change in entry.changes}
    assert (first["caller_name"], first["caller_phone"], first["address"]) == ("张*", "138****1234", "香港中路****")
    assert "caller_phone_bidx" not in first
    assert "13800001234" not in repr(entry)


def test_a_subject_without_history_has_its_events_or_nothing(db: None) -> None:
    assert audit_trail(Actor.system(), "policy", 1) == []
    assert audit_trail(Actor.system(), "no_such_thing", 1) == []
