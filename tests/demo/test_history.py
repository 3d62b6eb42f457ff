"""The weeks before today, lived through the actions."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.contacts.models import Contact
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.events import Event
from denghuo.core.events.models import DeadEvent
from denghuo.demo import history, province
from denghuo.demo.sizes import SIZES

TINY = dataclasses.replace(SIZES["small"], name="tiny", accounts=400, history_days=2, history_requests=24)


@pytest.fixture
def past(transactional_db: None, settings: Any, tmp_path: Path) -> history.Past:
    """A tiny province with two days behind it."""
    from denghuo.apps.accounts.sync import sync_all

    settings.VAR = tmp_path
    settings.FILES_ROOT = tmp_path / "files"
    sync_all()
    province.build(5, TINY)
    return history.build(5, TINY)


def test_a_past_and_an_ordinary_today(past: history.Past) -> None:
    assert past.requests >= 24
    assert past.contacts >= past.requests
    assert past.outages >= 3

    # Everything happened in order and nothing in the future.
    now = timezone.now()
    assert not Event.objects.filter(at__gt=now).exists()
    assert moment.now() >= now
    for request in Request.objects.all():
        steps = [
            request.submitted_at,
            request.accepted_at,
            request.dispatched_at,
            request.arrived_at,
            request.returned_at,
            request.archived_at,
        ]
        reached = [at for at in steps if at is not None]
        if request.round == 1:
            assert reached == sorted(reached), request.number
    assert not DeadEvent.objects.exists()

    # Each request has its events, and what is finished is finished everywhere.
    told = set(Event.objects.filter(kind="request.submitted").values_list("subject_id", flat=True))
    assert told == set(Request.objects.values_list("pk", flat=True))
    archived = Request.objects.filter(state="archived")
    assert archived.exists()
    assert not CallBack.objects.filter(request__in=archived, state="pending").exists()
    assert not WorkOrder.objects.filter(request__in=archived).exclude(state__in=["passed", "withdrawn"]).exists()

    # Today: work under way, people talking and waiting.
    assert Request.objects.exclude(state__in=["archived", "cancelled"]).count() >= 3
    assert Contact.objects.filter(state__in=["waiting", "in_service"]).exists()
