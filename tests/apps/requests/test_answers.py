"""What a request keeps of its scene template: the template chosen, the answers sealed, how complete they are."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from denghuo.apps.requests import actions, answers
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline

TOLD = {"danger_signs": ["none"], "switch_state": "on", "life_support": False, "visit_time": "asap"}
CUSTOMER = Actor.customer()


def fresh(request: Request) -> Request:
    return Request.objects.select_related("org").get(pk=request.pk)


def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(InvalidInput) as caught:
        call()
    return dict(caught.value.fields)


@pytest.mark.parametrize(
    ("phenomenon", "scope", "code"),
    [
        ("no_power", "single", "fault_single_outage"),
        ("partial", "neighbourhood", "fault_area_outage"),
        ("flicker", "street", "fault_voltage"),
        ("wire_down", "unknown", "fault_danger"),
        ("meter", "single", "fault_meter"),
        ("charger", "single", "fault_charging"),
        ("other", "single", "fault_other"),
    ],
)
def test_the_phenomenon_chooses_the_template(world: Any, phenomenon: str, scope: str, code: str) -> None:
    made = world.submitted(phenomenon=phenomenon, scope=scope)
    template = answers.template_of(fresh(made))
    assert template is not None and template.code == code


def test_a_report_without_answers_is_measured_all_the_same(world: Any) -> None:
    made = fresh(world.submitted())
    # phenomenon, scope, time, name, phone, account, address of 11 required; danger, switch, life support, visit are missing
    assert made.completeness == 100 * 7 // 11
    assert made.answers == ""
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "request.submitted"]
    assert event.payload["missing"] == ["danger_signs", "switch_state", "life_support", "visit_time"]
    assert (event.payload["template"], event.payload["completeness"]) == ("fault_single_outage", 63)


def test_answers_are_kept_sealed_and_complete_the_request(world: Any) -> None:
    made = fresh(world.submitted(values=TOLD))
    assert made.completeness == 100
    assert answers.answers_of(made) == TOLD
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM requests_request WHERE id = %s", [made.pk])
        assert "asap" not in cursor.fetchone()[0]
    told = [json.dumps(e.payload, ensure_ascii=False, default=str) for e in timeline("request", made.pk)]
    assert not any("asap" in text for text in told)


def test_wrong_answers_are_refused_at_their_fields_and_nothing_is_made(world: Any) -> None:
    before = Request.objects.count()
    fields = refused(lambda: world.submitted(values={**TOLD, "switch_state": "sideways", "colour": "red"}))
    assert set(fields) == {"values.switch_state", "values.colour"}
    assert Request.objects.count() == before


def test_a_customer_need_not_answer_everything_to_report_a_fault(world: Any) -> None:
    made = world.submitted(template_code="fault_single_outage", values={"switch_state": "on"})
    assert 0 < made.completeness < 100
    fields = refused(
        lambda: world.submitted(phenomenon="wire_down", template_code="fault_danger", values={"hazard": ["ground"]})
    )
    assert set(fields) == {"values.reporter_safe", "values.injured"}


def test_an_agent_is_held_only_by_what_work_cannot_begin_without(world: Any) -> None:
    told = {"hazard": ["ground"]}
    draft = world.draft(
        phenomenon="wire_down", channel="voice", template_code="fault_danger", values=told, contact_id=None
    )
    fields = refused(lambda: actions.submit_request(world.agent, data=draft))
    assert set(fields) == {"values.reporter_safe", "values.injured"}


@pytest.mark.parametrize(("code", "kind"), [("nothing", "fault_report"), ("praise", "fault_report")])
def test_a_template_that_does_not_exist_or_serve_the_type_is_refused(world: Any, code: str, kind: str) -> None:
    assert set(refused(lambda: world.submitted(type=kind, template_code=code))) == {"template_code"}


def test_choosing_and_measuring_asks_the_database_nothing(world: Any) -> None:
    draft = world.draft(values=TOLD)
    answers.prepare_answers(draft, world.org, moment.now(), account=world.account)
    with CaptureQueriesContext(connection) as queries:
        prepared = answers.prepare_answers(draft, world.org, moment.now(), account=world.account)
    assert prepared.completeness == 100
    assert len(queries) == 0


def test_what_was_missing_can_be_filled_in_later(world: Any) -> None:
    made = world.accepted()
    done = actions.complete_answers(world.agent, made.pk, values={"switch_state": "tripped", "danger_signs": ["none"]})
    assert answers.answers_of(done) == {"switch_state": "tripped", "danger_signs": ["none"]}
    assert done.completeness == 75  # 9 of 12: whether it holds with everything unplugged is asked now
    event = timeline("request", made.pk)[-1]
    assert event.kind == "request.answers_completed"
    assert event.payload["filled"] == ["danger_signs", "switch_state"]
    assert (event.payload["was"], event.payload["completeness"]) == (63, 75)
    again = actions.complete_answers(
        world.agent, made.pk, values={"unplugged": "true", "life_support": False, "visit_time": "morning"}
    )
    assert again.completeness == 100
    back = actions.complete_answers(world.agent, made.pk, values={"switch_state": "on"})
    assert "unplugged" not in answers.answers_of(back)
    assert back.completeness == 100


def test_an_answer_can_be_taken_back(world: Any) -> None:
    made = world.submitted(values=TOLD)
    done = actions.complete_answers(world.agent, made.pk, values={"visit_time": ""})
    assert "visit_time" not in answers.answers_of(done)
    assert done.completeness == 90


def test_attributes_are_filled_in_later_only_where_they_were_empty(world: Any) -> None:
    made = world.submitted(description="")
    done = actions.complete_answers(world.agent, made.pk, values={"description": "楼道有焦味", "scope": "street"})
    assert (done.description, done.scope) == ("楼道有焦味", "single")
    fields = refused(lambda: actions.complete_answers(world.agent, made.pk, values={"description": "改写"}))
    assert "values" in fields


def test_nothing_new_is_refused(world: Any) -> None:
    made = world.submitted(values=TOLD)
    assert "values" in refused(lambda: actions.complete_answers(world.agent, made.pk, values={"visit_time": "asap"}))


def test_a_filed_request_takes_no_more_answers(world: Any) -> None:
    made = world.submitted()
    actions.cancel_request(world.agent, made.pk, reason="客户说已来电")
    with pytest.raises(Conflict):
        actions.complete_answers(world.agent, made.pk, values=TOLD)


def test_who_read_an_older_version_is_told(world: Any) -> None:
    made = world.accepted()
    with pytest.raises(Conflict) as caught:
        actions.complete_answers(world.agent, made.pk, values=TOLD, version=made.version - 1)
    assert caught.value.code == "changed"


def test_who_may_not_note_may_not_complete(world: Any, actor_for_role: Any, org_tree: Any) -> None:
    made = world.submitted()
    with pytest.raises(NotAllowed):
        actions.complete_answers(actor_for_role("agent", org_tree.other_city), made.pk, values=TOLD)


def test_an_old_request_gets_a_template_when_it_is_completed(world: Any) -> None:
    made = world.submitted()
    Request.objects.filter(pk=made.pk).update(template=None, completeness=None)
    done = actions.complete_answers(world.agent, made.pk, values=TOLD)
    assert done.template_id is not None and done.completeness == 100


def test_a_request_keeps_the_edition_it_was_made_with(world: Any, system: Any) -> None:
    from denghuo.apps.catalogue import actions as catalogue
    from denghuo.apps.catalogue.models import SceneTemplate

    made = world.submitted()
    old = SceneTemplate.objects.get(pk=fresh(made).template_id)
    document = {**old.document, "fields": [*old.document["fields"], {"code": "dog", "label": "有狗", "kind": "bool"}]}
    draft = catalogue.save_draft(system, "template", code=old.code, document=document)
    catalogue.release(system, "template", draft.pk)
    assert "values.dog" in refused(lambda: actions.complete_answers(world.agent, made.pk, values={"dog": True}))
    later = world.submitted(values={"dog": True})
    assert fresh(later).template_id == draft.pk
    assert answers.answers_of(fresh(later)) == {"dog": True}


def test_values_of_a_whole_template_are_parted_between_attributes_and_answers() -> None:
    values = {
        "phenomenon": "no_power", "scope": "只有我家", "occurred_at": "2026-03-01T08:30:00+08:00",
        "account_number": "3300012345", "switch_state": "on",
    }  # fmt: skip
    pytest.importorskip("django")
    data, rest = answers.spread({"scope": "street", "phenomenon": ""}, "", values)
    assert rest == values and data == {"scope": "street", "phenomenon": ""}


@pytest.mark.django_db
def test_what_the_caller_names_itself_goes_before_the_values() -> None:
    values = {
        "phenomenon": "no_power",
        "scope": "只有我家",
        "occurred_at": "2026-03-01T08:30:00+08:00",
        "switch_state": "on",
    }
    data, rest = answers.spread({"scope": "street", "phenomenon": ""}, "fault_single_outage", values)
    assert data["phenomenon"] == "no_power"
    assert data["scope"] == "street"
    assert data["occurred_at"] == dt.datetime.fromisoformat("2026-03-01T08:30:00+08:00")
    assert rest == {"switch_state": "on"}


def test_the_class_given_on_acceptance_brings_its_own_template_and_keeps_the_answers(world: Any) -> None:
    made = world.submitted(values={"danger_signs": ["none"], "switch_state": "on"})
    done = actions.accept_request(world.agent, made.pk, fault_class="customer_side", area_type="urban")
    template = answers.template_of(fresh(done))
    assert template is not None and template.code == "fault_customer_side"
    assert answers.answers_of(fresh(done)) == {"danger_signs": ["none"], "switch_state": "on"}
    assert 0 < (fresh(done).completeness or 0) < 100


def test_a_class_without_a_template_of_its_own_changes_nothing(world: Any) -> None:
    made = world.submitted(values=TOLD, template_code="fault_single_outage", scope="street")
    done = fresh(actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban"))
    template = answers.template_of(done)
    assert template is not None and template.code == "fault_single_outage"
    assert done.completeness == 100
