"""Who sees plain text, and that looking leaves a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from denghuo.core.actors import Actor, Grant
from denghuo.core.errors import InvalidInput, NotAllowed, TooManyRequests
from denghuo.core.events import timeline
from denghuo.core.policies import clear_cache
from denghuo.core.policies.models import PolicyValue
from denghuo.core.privacy import EncryptedCharField, masked, may_view, reveal
from denghuo.core.scoping.models import OrgUnit

PHONE = "13800001234"


@pytest.fixture(scope="module")
def caller_model() -> Iterator[type[models.Model]]:
    with isolate_apps("denghuo.core"):

        class Caller(models.Model):
            phone = EncryptedCharField(classification="phone", max_length=20)
            kind = models.CharField(max_length=10, default="x")

            class Meta:
                app_label = "core"

            org: OrgUnit | None = None

        yield Caller


@pytest.fixture
def caller(org_tree: Any, caller_model: Any) -> Any:
    with connection.schema_editor() as editor:
        editor.create_model(caller_model)
    row = caller_model.objects.create(phone=PHONE)
    row.org = org_tree.county
    return row


def agent(path: str, *permissions: str) -> Actor:
    return Actor(kind="staff", id=9, name="坐席", grants=(Grant("agent", frozenset(permissions), path),))


def test_the_permission_and_the_unit_decide_what_is_shown(caller: Any, org_tree: Any) -> None:
    assert masked(caller, "phone", agent(org_tree.city.path, "privacy.view_phone")) == PHONE
    assert masked(caller, "phone", agent(org_tree.other_city.path, "privacy.view_phone")) == "138****1234"
    assert masked(caller, "phone", agent(org_tree.city.path, "privacy.view_name")) == "138****1234"
    assert masked(caller, "phone", Actor.customer()) == "138****1234"
    caller.org = None
    assert not may_view(caller, "phone", agent(org_tree.city.path, "privacy.view_phone"))
    assert may_view(caller, "phone", agent("", "privacy.view_phone"))
    caller.phone = ""
    assert masked(caller, "phone", Actor.customer()) == ""


def test_looking_at_plain_text_is_recorded_with_its_reason(caller: Any, org_tree: Any) -> None:
    assert reveal(agent(org_tree.city.path, "privacy.reveal"), caller, "phone", "  联系 13812345678 确认 ") == PHONE
    (event,) = timeline("caller", caller.pk)
    assert event.kind == "privacy.revealed"
    assert event.payload == {"field": "phone", "classification": "phone", "reason": "联系 138****5678 确认"}
    assert (event.actor_id, event.org_id) == (9, org_tree.county.pk)


def test_looking_needs_permission_a_reason_and_a_personal_field(caller: Any, org_tree: Any) -> None:
    actor = agent(org_tree.city.path, "privacy.reveal")
    with pytest.raises(NotAllowed), transaction.atomic():
        reveal(agent(org_tree.other_city.path, "privacy.reveal"), caller, "phone", "x")
    for field, reason, wrong in (
        ("phone", " \n", "reason"),
        ("phone", "长" * 201, "reason"),
        ("kind", "x", "field"),
        ("nope", "x", "field"),
    ):
        with pytest.raises(InvalidInput) as error, transaction.atomic():
            reveal(actor, caller, field, reason)
        assert list(error.value.fields) == [wrong]
    assert timeline("caller", caller.pk) == []


def test_looking_is_limited_by_the_hour_for_each_person(caller: Any, org_tree: Any) -> None:
    PolicyValue.objects.filter(key="privacy.reveal.per_hour").update(value=2)
    clear_cache()
    actor = agent(org_tree.city.path, "privacy.reveal")
    for _ in range(2):
        reveal(actor, caller, "phone", "核对")
    with pytest.raises(TooManyRequests) as error, transaction.atomic():
        reveal(actor, caller, "phone", "核对")
    assert 3500 < error.value.retry_after <= 3601
    assert reveal(replace(actor, id=10), caller, "phone", "核对") == PHONE
    assert reveal(Actor.system(), caller, "phone", "短信通知") == PHONE
    PolicyValue.objects.filter(key="privacy.reveal.per_hour").update(value=0)
    clear_cache()
    with pytest.raises(TooManyRequests), transaction.atomic():
        reveal(replace(actor, id=11), caller, "phone", "核对")
