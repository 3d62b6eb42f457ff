"""A template as JSON Schema (2020-12) and as columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from denghuo.engine.scenes.conditions import All, Compare, Condition, Filled, Not, Some, Within
from denghuo.engine.scenes.model import MEASURING, Field, Template
from denghuo.engine.scenes.values import (
    ACCOUNT,
    ADDRESS_LENGTH,
    DATE,
    METER_MOST,
    MOST_CHOSEN,
    MOST_PHOTOS,
    PHONE,
    PHOTO,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: neither begins nor ends with a space, holds no control characters
_TIDY: Final = r"^[^\s\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]([^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*[^\s\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069])?$"
_TIDY_LINES: Final = _TIDY.replace(r"([^\x00-\x1f", r"([^\x00-\x08\x0b\x0c\x0e-\x1f")
_TIME: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([+-]\d{2}:\d{2}|Z)$"


def json_schema(
    template: Template, *, audience: str = "", channel: str = "", enforce: str = "required", english: bool = False
) -> dict[str, Any]:
    """What ``values`` of ``template`` must be, as a schema of dialect 2020-12.

    It describes clean values: they satisfy it exactly when :func:`~denghuo.engine.scenes.values.validate` with the same
    ``audience``, ``channel`` and ``enforce`` finds no fault in them and throws none away, but for the rules a schema cannot
    say (a time not in the future).
    """
    shown = [one for one in template.fields if one.shown_to(audience, channel)]
    codes = {one.code for one in shown}
    rules: list[dict[str, Any]] = []
    required: list[str] = []
    for one in shown:
        if one.when is not None:
            rules.append({"if": _said(one.when, template), "else": {"properties": {one.code: False}}})
        if not one.demanded(enforce):
            continue
        if one.required and one.when is None:
            required.append(one.code)
        elif one.required or one.required_when is not None:
            parts = [_said(part, template) for part in (one.when, one.required_when) if part is not None]
            rules.append({"if": {"allOf": parts}, "then": {"required": [one.code]}})
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "title": (template.label_en if english else "") or template.label,
        "type": "object",
        "properties": {one.code: _property(one, english) for one in shown},
        "additionalProperties": False,
        "x-scene": template.code,
    }
    if template.summary:
        schema["description"] = template.summary
    if required:
        schema["required"] = [code for code in required if code in codes]
    if rules:
        schema["allOf"] = rules
    if template.examples:
        schema["examples"] = [dict(one) for one in template.examples]
    return schema


def _property(one: Field, english: bool) -> dict[str, Any]:
    made: dict[str, Any] = _SHAPES[one.kind](one)
    made["title"] = (one.label_en if english else "") or one.label
    if told := (one.help_en if english else "") or one.help:
        made["description"] = told
    more = {"x-kind": one.kind, "x-unit": one.unit, "x-maps-to": one.maps_to}
    made |= {name: value for name, value in more.items() if value}
    if one.question:
        made["x-question"] = (one.question_en if english else "") or one.question
    if one.sensitive:
        made["x-sensitive"] = one.sensitive
    return made


def _patterned(one: Field, made: dict[str, Any]) -> dict[str, Any]:
    if one.pattern:
        made["allOf"] = [{"pattern": f"^(?:{one.pattern})$"}]
    return made


def _text(one: Field) -> dict[str, Any]:
    longest = ADDRESS_LENGTH if one.kind == "address" else one.longest
    made: dict[str, Any] = {"type": "string", "minLength": max(one.shortest, 1), "maxLength": longest}
    made["pattern"] = _TIDY_LINES if one.lines else _TIDY
    return _patterned(one, made)


def _number(one: Field) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "integer" if one.decimals == 0 else "number"}
    meter = one.kind == "meter_reading"
    least = 0 if meter and one.least is None else one.least
    most = METER_MOST if meter and one.most is None else one.most
    if least is not None:
        made["minimum"] = least
    if most is not None:
        made["maximum"] = most
    return made


def _choice(one: Field) -> dict[str, Any]:
    return {
        "type": "string",
        "enum": [choice.code for choice in one.choices],
        "x-labels": [choice.label for choice in one.choices],
    }


def _multi(one: Field) -> dict[str, Any]:
    return {"type": "array", "items": _choice(one), "uniqueItems": True, "minItems": 1, "maxItems": MOST_CHOSEN}


def _place(one: Field) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
        },
        "required": ["lon", "lat"],
        "additionalProperties": False,
    }


def _photo(one: Field) -> dict[str, Any]:
    name = {"type": "string", "pattern": f"^{PHOTO}$"}
    return {"type": "array", "items": name, "uniqueItems": True, "minItems": 1, "maxItems": MOST_PHOTOS}


def _of(pattern: str, **more: Any) -> Any:
    return lambda one: _patterned(one, {"type": "string", "pattern": f"^{pattern}$".replace(r"\d", "[0-9]"), **more})


_SHAPES: Final[dict[str, Any]] = {
    "text": _text, "address": _text, "number": _number, "meter_reading": _number, "choice": _choice, "multi": _multi,
    "bool": lambda one: {"type": "boolean"}, "date": _of(DATE, format="date"),
    "datetime": lambda one: {"type": "string", "format": "date-time", "pattern": _TIME.replace(r"\d", "[0-9]")},
    "phone": _of(PHONE), "account": _of(ACCOUNT), "place": _place, "photo": _photo,
}  # fmt: skip


def _said(condition: Condition, template: Template) -> dict[str, Any]:
    """A condition as a schema that clean values satisfy when it holds."""
    match condition:
        case All(parts):
            return {"allOf": [_said(part, template) for part in parts]}
        case Some(parts):
            return {"anyOf": [_said(part, template) for part in parts]}
        case Not(part):
            return {"not": _said(part, template)}
        case Filled(field):
            return {"required": [field]}
        case Within(field, values):
            return _holds(field, {"enum": list(values)}, template)
        case Compare(field, "=", value):
            return _holds(field, {"const": value}, template)
        case Compare(field, "!=", value):
            return {"not": _holds(field, {"const": value}, template)}
        case Compare(field, sign, value):
            word = {">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum"}[sign]
            return _holds(field, {"type": "number", word: value}, template)


def _holds(field: str, rule: Mapping[str, Any], template: Template) -> dict[str, Any]:
    listed = template.by_code[field].kind in ("multi", "photo")
    return {"properties": {field: {"contains": rule} if listed else rule}, "required": [field]}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an import: its head, the field it fills, whether every row needs it, what a cell may hold."""

    code: str
    label: str
    label_en: str
    kind: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    help: str
    maps_to: str
    example: str


def columns(template: Template, *, audience: str = "agent") -> tuple[Column, ...]:
    """The columns for Excel and CSV, in the order of the fields. Photographs do not travel in tables."""
    example = template.examples[0] if template.examples else {}
    return tuple(
        Column(
            one.code, one.label, one.label_en or one.code, one.kind, one.required and one.when is None,
            tuple((choice.code, choice.label) for choice in one.choices), _cell_help(one), one.maps_to,
            _cell(one, example.get(one.code)),
        )
        for one in template.fields
        if one.kind != "photo" and one.shown_to(audience)
    )  # fmt: skip


def _cell_help(one: Field) -> str:
    unit = f"（{one.unit}）" if one.unit and one.kind in MEASURING else ""
    return f"{one.help}{unit}"


def _cell(one: Field, value: Any) -> str:
    labels = {choice.code: choice.label for choice in one.choices}
    if value is None:
        return ""
    if isinstance(value, list):
        return "、".join(labels.get(part, str(part)) for part in value)
    if isinstance(value, Mapping):
        return f"{value.get('lon')},{value.get('lat')}"
    if isinstance(value, bool):
        return "是" if value else "否"
    return labels.get(value, str(value)) if isinstance(value, str) else str(value)
