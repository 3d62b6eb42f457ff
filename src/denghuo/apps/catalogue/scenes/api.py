"""Scene templates for other systems: which there are, what each asks for, what to ask next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, P, PathEx, Query, Router, Schema

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.scenes.words import asked, english, named, texts
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.scenes import Template, completeness, json_schema, missing, next_question, validate

router = Router(auth=[StaffAuth(), PublicAuth()], tags=["scenes"])
BIG = 2**63 - 1
Code = PathEx[str, P(min_length=1, max_length=60)]


class SceneOut(Schema):
    """A scene in force. ``fields`` and ``required`` count the items that are asked and those always required."""

    code: str
    label: str
    summary: str
    types: list[str]
    classes: list[str]
    channels: list[str]
    number: int
    fields: int
    required: int


class ScenesOut(Schema):
    items: list[SceneOut]


class ChoiceOut(Schema):
    code: str
    label: str


class AskedField(Schema):
    code: str
    label: str
    kind: str
    required: bool
    choices: list[ChoiceOut]


class NextIn(Schema, extra="forbid"):
    values: dict[str, Any] = Field(default_factory=dict, max_length=80, examples=[{"scope": "single"}])


class NextOut(Schema):
    """The next question with the fields it fills; null when all is told. ``values`` are clean, for the next call."""

    question: str | None
    fields: list[AskedField]
    values: dict[str, Any]
    missing: list[str]
    completeness: int


def _audience(request: HttpRequest) -> str:
    return "customer" if actor_of(request).kind == "customer" else "agent"


def _template(code: str, org_id: int | None) -> tuple[int, Template]:
    org = OrgUnit.objects.filter(pk=org_id).first() if org_id is not None else None
    found = scenes.scene(code, org)
    if found is None:
        raise NotFound(_("没有这个模板"))
    return found[0].number, found[1]


@router.get("/scenes", response=ScenesOut, summary="场景模板列表", operation_id="scenes_list")
def list_scenes(
    request: HttpRequest,
    type_: str = Query("", alias="type", max_length=20, description="业务类型"),
    org_id: int | None = Query(None, ge=1, le=BIG, description="县区；有本单位版本时给出本单位的"),
) -> Any:
    """The templates in force."""
    org = OrgUnit.objects.filter(pk=org_id).first() if org_id is not None else None
    audience = _audience(request)
    rows = []
    for row in scenes.SCENES.codes(org):
        template = scenes.SCENES.get(row.id)
        if type_ and type_ not in template.types:
            continue
        shown = [one for one in template.fields if one.shown_to(audience)]
        rows.append(
            {
                "code": row.code,
                "label": named(template),
                "summary": template.summary,
                "types": list(template.types),
                "classes": list(template.classes),
                "channels": list(template.channels),
                "number": row.number,
                "fields": len(shown),
                "required": sum(one.required and one.when is None for one in shown),
            }
        )
    return {"items": rows}


@router.get(
    "/scenes/{code}/schema", response=dict[str, Any], summary="场景模板的 JSON Schema", operation_id="scene_schema"
)
def schema(request: HttpRequest, code: Code, org_id: int | None = Query(None, ge=1, le=BIG)) -> Any:
    """What ``values`` of a request of this scene must be (JSON Schema 2020-12), for the public or for staff. Required are
    the items without which it is refused; all that count for completeness are marked ``x-counts``."""
    number, template = _template(code, org_id)
    audience = _audience(request)
    made = json_schema(template, audience=audience, enforce="barring", english=english())
    for one in template.demanding:
        if one.code in made["properties"]:
            made["properties"][one.code]["x-counts"] = True
    made["x-edition"] = number
    return made


@router.post(
    "/scenes/{code}/next-question", response=NextOut, summary="下一个要问的问题", operation_id="scene_next_question"
)
def ask_next(request: HttpRequest, code: Code, body: NextIn, org_id: int | None = Query(None, ge=1, le=BIG)) -> Any:
    """For a bot: what is told so far goes in, the next question comes out. Nothing is stored."""
    _number, template = _template(code, org_id)
    audience = _audience(request)
    checked = validate(template, body.values, audience=audience, now=scenes.present())
    if checked.faults:
        raise InvalidInput({f"values.{name}": found for name, found in texts(checked.faults).items()})
    question = next_question(template, checked.values, audience=audience)
    lacking = missing(template, checked.values, audience=audience)
    fields = [template.by_code[one] for one in question.fields] if question else []
    return {
        "question": asked(question) if question else None,
        "fields": [
            {
                "code": one.code,
                "label": named(one),
                "kind": one.kind,
                "required": one.must(checked.values),
                "choices": [{"code": choice.code, "label": named(choice)} for choice in one.choices],
            }
            for one in fields
            if one.applies(checked.values) and one.shown_to(audience)
        ],
        "values": checked.values,
        "missing": [one.code for one in lacking],
        "completeness": completeness(template, checked.values),
    }
