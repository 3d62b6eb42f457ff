"""The shipped templates, and which of them serves whom."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.catalogue import actions, scenes
from denghuo.apps.catalogue.models import SceneTemplate
from denghuo.apps.catalogue.sync import shipped
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.apps.requests.choices import Phenomenon, RequestType, Scope
from denghuo.core.errors import InvalidInput
from denghuo.engine.scenes import completeness, next_question, read

DOCUMENTS = {document["code"]: document for document in shipped("template")}


@pytest.mark.django_db
@pytest.mark.parametrize("code", sorted(DOCUMENTS))
def test_a_shipped_template_has_no_fault_and_no_advice(code: str) -> None:
    found = scenes.check(DOCUMENTS[code], None)
    assert [(one.where, one.message) for one in found] == []


@pytest.mark.parametrize("code", sorted(DOCUMENTS))
def test_a_shipped_template_names_its_source_and_trust(code: str) -> None:
    assert DOCUMENTS[code]["source"] and DOCUMENTS[code]["trust"] in {"S", "W", "K", "D"}


@pytest.mark.parametrize("code", sorted(DOCUMENTS))
def test_every_required_item_is_asked_until_all_is_told(code: str) -> None:
    template = read(DOCUMENTS[code])
    values: dict[str, Any] = {}
    for _turn in range(100):
        question = next_question(template, values)
        if question is None:
            break
        for name in question.fields:
            one = template.by_code[name]
            if one.applies(values):
                values[name] = {"multi": [one.choices[0].code] if one.choices else [], "bool": True}.get(
                    one.kind, one.choices[0].code if one.choices else 1
                )
    assert next_question(template, values) is None
    assert completeness(template, values) == 100


def test_there_is_a_template_for_each_type_and_at_least_twenty_in_all() -> None:
    assert len(DOCUMENTS) >= 20
    assert {kind for document in DOCUMENTS.values() for kind in document["types"]} == set(RequestType.values)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RequestType.values)
def test_no_request_is_without_a_template_whatever_is_told(kind: str) -> None:
    for phenomenon in ["", *Phenomenon.values]:
        for scope in ["", *Scope.values]:
            assert scenes.scene_for(kind, "", {"phenomenon": phenomenon, "scope": scope}) is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "class_code", "code"),
    [
        ("complaint", "quality.voltage", "complaint_quality"),
        ("consulting", "bill", "consult_bill"),
        ("service_request", "meter_test", "service_meter_test"),
        ("tip_off", "theft.bypass", "tip_theft"),
        ("fault_report", "customer_side", "fault_customer_side"),
        ("complaint", "", "complaint_general"),
    ],
)
def test_the_class_chooses_the_template(kind: str, class_code: str, code: str) -> None:
    found = scenes.scene_for(kind, class_code)
    assert found is not None and found[1].code == code


@pytest.mark.django_db
def test_templates_name_classes_that_the_shipped_trees_have() -> None:
    trees = {document["code"]: {row["path"] for row in document["nodes"]} for document in shipped("class_tree")}
    for document in DOCUMENTS.values():
        for kind in document["types"]:
            tree = trees["fault_class" if kind == "fault_report" else kind]
            assert set(document.get("classes", [])) <= tree, document["code"]


@pytest.mark.django_db
def test_a_provinces_own_edition_goes_before_the_shipped_one_there_and_only_there(org_tree: Any, system: Any) -> None:
    document = {**DOCUMENTS["praise"], "label": "本省表扬"}
    draft = actions.save_draft(system, "template", code="praise", document=document, org=org_tree.city)
    actions.release(system, "template", draft.pk)
    there = scenes.scene_for("praise", org=org_tree.county)
    elsewhere = scenes.scene_for("praise", org=org_tree.other_county)
    assert there is not None and there[1].label == "本省表扬"
    assert elsewhere is not None and elsewhere[1].label == "表扬"
    assert len(scenes.in_force("praise", org_tree.county)) == 1


@pytest.mark.django_db
def test_a_faulty_draft_is_kept_but_not_released(system: Any) -> None:
    document = {**DOCUMENTS["praise"], "fields": [{"code": "x", "label": "甲", "kind": "colour"}], "questions": []}
    draft = actions.save_draft(system, "template", code="praise", document=document)
    with pytest.raises(InvalidInput) as caught:
        actions.release(system, "template", draft.pk)
    assert "colour" in str(caught.value.fields["document"])
    assert SceneTemplate.objects.get(pk=draft.pk).state == "draft"


@pytest.mark.django_db
def test_a_field_that_maps_to_nothing_and_an_unknown_skill_are_named() -> None:
    fields = [{"code": "x", "label": "甲", "maps_to": "shoe_size"}]
    document = {**DOCUMENTS["praise"], "fields": fields, "questions": [], "dispatch": {"skills": ["magic"]}}
    found = {one.where for one in scenes.check(document, None) if one.severe}
    assert {"fields.x.maps_to", "dispatch.skills"} <= found


@pytest.mark.django_db
def test_columns_are_given_by_scene() -> None:
    heads = [one.label for one in scenes.columns_for("fault_single_outage")]
    assert heads[:3] == ["故障现象", "影响范围", "发生时间"]
    assert scenes.columns_for("nothing") == ()


@pytest.mark.parametrize("code", sorted(DOCUMENTS))
def test_a_template_survives_its_export(code: str) -> None:
    import tomllib

    assert tomllib.loads(to_toml(DOCUMENTS[code])) == DOCUMENTS[code]
