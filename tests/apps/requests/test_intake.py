"""Making, accepting and classifying requests."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest

from denghuo.apps.contacts.models import Contact
from denghuo.apps.requests import actions
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from tests.apps.requests.world import World
from tests.helpers.refusals import refused


def clocks(request: Request) -> dict[str, str]:
    return {c.kind: c.state for c in Clock.objects.filter(subject_kind="request", subject_id=request.pk)}


def test_a_report_on_an_account_is_linked_to_customer_transformer_and_county(world: World) -> None:
    made = Request.objects.get(pk=world.submitted().pk)
    assert made.state == "submitted"
    assert (made.customer_id, made.transformer_id, made.org_id) == (
        world.account.customer_id, world.transformer.pk, world.org.pk,
    )  # fmt: skip
    assert made.address == "柳溪县河边路 8 号"
    assert made.area_type == "urban"
    assert re.fullmatch(r"\d{15}", made.number)
    assert clocks(made) == {"acceptance": "running"}
    assert world.kinds(made) == ["request.submitted"]


def test_every_arrival_by_form_has_its_conversation_in_a_final_state(world: World) -> None:
    made = world.submitted()
    contact = Contact.objects.get(pk=made.contact_id)
    assert (contact.state, contact.outcome, contact.request_id) == ("closed", "request_made", made.pk)
    assert [e.kind for e in timeline("contact", contact.pk)] == ["contact.opened", "contact.closed"]


def test_the_same_submission_twice_makes_one_request(world: World) -> None:
    draft = world.draft()
    first = actions.submit_request(Actor.customer(), data=draft)
    again = actions.submit_request(Actor.customer(), data=draft)
    assert first.pk == again.pk
    assert Request.objects.count() == Contact.objects.count() == 1


def test_the_customers_topic_is_on_the_event(world: World) -> None:
    made = world.submitted()
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "request.submitted"]
    assert event.topics == [f"request:{made.pk}", f"customer-request:{made.public_token}"]
    assert event.org_path == world.org.path


BAD: list[tuple[str, dict[str, Any]]] = [
    ("caller_phone", {"caller_phone": "12345678"}),
    ("caller_phone", {"caller_phone": "1390000123"}),
    ("caller_phone", {"caller_phone": "１３９"}),
    ("caller_phone", {"caller_phone": ""}),
    ("caller_name", {"caller_name": ""}),
    ("caller_name", {"caller_name": "江" * 21}),
    ("caller_name", {"caller_name": "江\u0000小满"}),
    ("caller_name", {"caller_name": "江\u202e小满"}),
    ("caller_name", {"caller_name": "——"}),
    ("phenomenon", {"phenomenon": ""}),
    ("phenomenon", {"phenomenon": "ufo"}),
    ("scope", {"scope": ""}),
    ("type", {"type": "prank"}),
    ("channel", {"channel": "pigeon"}),
    ("occurred_at", {"occurred_at": None}),
    ("occurred_at", {"occurred_at": moment.now() + dt.timedelta(days=1)}),
    ("occurred_at", {"occurred_at": moment.now() - dt.timedelta(days=400)}),
    ("occurred_at", {"occurred_at": dt.datetime(2026, 1, 1)}),
    ("description", {"description": "长" * 10_000}),
    ("address", {"address": "长" * 10_000}),
    ("account_id", {"account_id": 99_999_999}),
    ("address", {"account_id": None, "org_id": 1, "address": ""}),
    ("org_id", {"account_id": None, "org_id": None, "address": "河边路"}),
    ("org_id", {"account_id": None, "org_id": 99_999_999, "address": "河边路"}),
    ("lat", {"lon": 120.0, "lat": None}),
    ("lat", {"lon": 120.0, "lat": 91.0}),
    ("description", {"type": "complaint", "description": ""}),
]


@pytest.mark.parametrize(("field", "changes"), BAD)
def test_bad_input_names_the_field_and_changes_nothing(world: World, field: str, changes: dict[str, Any]) -> None:
    with refused(InvalidInput) as caught:
        world.submitted(**changes)
    assert field in caught.value.fields
    assert all(len(text) > 5 for texts in caught.value.fields.values() for text in texts)
    assert Request.objects.count() == Contact.objects.count() == 0


def test_all_faults_of_an_input_are_told_at_once(world: World) -> None:
    with refused(InvalidInput) as caught:
        world.submitted(caller_name="", caller_phone="x", phenomenon="", occurred_at=None)
    assert {"caller_name", "caller_phone", "phenomenon", "occurred_at"} <= caught.value.fields.keys()


@pytest.mark.parametrize("name", ["𠮷田", "㛃", "阿卜杜拉·买买提", "李😀", "👨‍👩‍👧‍👦" * 19 + "李", "e\u0301" * 20])
def test_rare_characters_and_emoji_count_as_a_reader_counts_them(world: World, name: str) -> None:
    made = world.submitted(caller_name=name)
    assert Request.objects.get(pk=made.pk).caller_name == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("139 0000 1234", "13900001234"),
        ("0571-88880000", "057188880000"),
        ("+86 13900001234", "13900001234"),
        ("95598", "95598"),
    ],
)
def test_phones_are_understood_however_they_are_written(world: World, typed: str, kept: str) -> None:
    assert Request.objects.get(pk=world.submitted(caller_phone=typed).pk).caller_phone == kept


def test_without_an_account_county_and_address_say_where(world: World) -> None:
    made = world.submitted(account_id=None, org_id=world.org.pk, address="柳溪县河边路 9 号")
    assert (made.org_id, made.account_id, made.transformer_id) == (world.org.pk, None, None)


def test_a_city_is_not_where_a_report_belongs(world: World, org_tree: Any) -> None:
    with refused(InvalidInput) as caught:
        world.submitted(account_id=None, org_id=org_tree.city.pk, address="河边路")
    assert "org_id" in caught.value.fields


def test_the_public_cannot_claim_to_be_a_telephone_call(world: World) -> None:
    with refused(NotAllowed):
        world.submitted(channel="voice")


def test_staff_of_another_city_cannot_report_here(world: World, org_tree: Any, actor_for_role: Any) -> None:
    stranger = actor_for_role("agent", org_tree.other_city)
    with refused(NotAllowed):
        actions.submit_request(stranger, data=world.draft(channel="voice"))
    assert Request.objects.count() == 0


def test_acceptance_starts_both_families_of_arrival_clocks_by_area(world: World) -> None:
    made = world.accepted(area_type="rural")
    assert made.state == "accepted"
    assert clocks(made) == {
        "acceptance": "met", "dispatch": "running", "arrival.mean": "running", "arrival.standard": "running",
    }  # fmt: skip
    found = {c.kind: c for c in Clock.objects.filter(subject_kind="request", subject_id=made.pk)}
    assert found["arrival.mean"].budget == dt.timedelta(minutes=90)
    assert found["arrival.standard"].budget == dt.timedelta(minutes=120)
    assert found["dispatch"].budget == dt.timedelta(minutes=2)
    assert found["arrival.standard"].due_at == made.accepted_at + dt.timedelta(minutes=120)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("fault_class", {"fault_class": ""}),
        ("fault_class", {"fault_class": "gremlins"}),
        ("area_type", {"area_type": ""}),
        ("urgency", {"urgency": "asap"}),
        ("transformer_id", {"transformer_id": 99_999_999}),
        ("at", {"at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}),
        ("at", {"at": dt.datetime(2120, 1, 1, tzinfo=dt.UTC)}),
        ("at", {"at": dt.datetime(2026, 1, 1)}),
    ],
)
def test_a_bad_classification_is_refused_by_field(world: World, field: str, changes: dict[str, Any]) -> None:
    made = world.submitted()
    data: dict[str, Any] = {"fault_class": "low_voltage", "area_type": "urban", **changes}
    with refused(InvalidInput) as caught:
        actions.accept_request(world.agent, made.pk, **data)
    assert field in caught.value.fields
    assert Request.objects.get(pk=made.pk).state == "submitted"


def test_accepting_twice_says_the_state_and_what_is_possible(world: World) -> None:
    made = world.accepted()
    with refused(Conflict) as caught:
        actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    assert "已受理" in caught.value.message
    assert "派单" in caught.value.message


def test_a_page_that_is_behind_is_told_who_was_first(world: World) -> None:
    made = world.submitted()
    seen = made.version
    actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban", version=seen)
    with refused(Conflict) as caught:
        actions.reclassify_request(world.agent, made.pk, urgency="urgent", reason="学校停电", version=seen)
    assert caught.value.code == "changed"
    assert world.agent.name in caught.value.message


def test_only_those_with_the_right_accept(world: World, actor_for_role: Any, org_tree: Any) -> None:
    made = world.submitted()
    for actor in (world.caller, actor_for_role("agent", org_tree.other_city), Actor.customer()):
        with refused(NotAllowed):
            actions.accept_request(actor, made.pk, fault_class="low_voltage", area_type="urban")


def test_what_does_not_exist_is_not_found(world: World) -> None:
    with refused(NotFound):
        actions.accept_request(world.agent, 99_999_999, fault_class="low_voltage", area_type="urban")


def test_reclassifying_the_area_recomputes_the_clocks_and_keeps_their_history(world: World) -> None:
    made = world.accepted(area_type="urban")
    actions.reclassify_request(world.agent, made.pk, area_type="remote", reason="实为山区")
    clock = Clock.objects.get(subject_kind="request", subject_id=made.pk, kind="arrival.standard")
    assert clock.budget == dt.timedelta(minutes=240)
    assert clock.due_at == clock.started_at + dt.timedelta(minutes=240)
    (change,) = clock.changes.all()
    assert change.before["budget_seconds"] == 3600
    assert world.kinds(made)[-1] == "request.classified"


def test_reclassifying_to_the_same_is_refused(world: World) -> None:
    made = world.accepted()
    with refused(InvalidInput):
        actions.reclassify_request(world.agent, made.pk, urgency="normal", reason="没有变化")


def test_a_complaint_gets_its_own_clocks(world: World) -> None:
    made = world.accepted(type="complaint", phenomenon="", scope="", occurred_at=None, description="抢修人员态度生硬")
    found = clocks(made)
    assert found == {"acceptance": "met", "dispatch": "running", "contact": "running", "handling": "running"}


def test_a_request_out_of_a_call_is_linked_to_it(world: World) -> None:
    from denghuo.apps.contacts import actions as contacts

    call = contacts.open_contact(world.agent, channel="voice", org=world.org, caller_phone="13900001234")
    taken = contacts.take_contact(world.agent)
    assert taken is not None
    made = actions.submit_request(world.agent, data=replace(world.draft(channel="voice"), contact_id=call.pk))
    assert made.contact_id == call.pk
    contacts.close_contact(world.agent, call.pk, outcome="request_made")
    assert Contact.objects.get(pk=call.pk).request_id == made.pk
    with refused(Conflict):
        actions.submit_request(world.agent, data=replace(world.draft(channel="voice"), contact_id=call.pk))
