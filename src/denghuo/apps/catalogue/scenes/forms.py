"""A template as a form: what each field shows, which part of it applies now, what the browser needs to keep it so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict

from denghuo.apps.catalogue.scenes.words import asked, helped, named, questioned
from denghuo.engine.scenes import Field, Template, evaluate, is_filled, missing, to_data

#: form inputs that show whether an attribute of the request is known, beside the one of its own name
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "account_number": ("account_number", "account_ref"),
    "address": ("address", "account_number", "account_ref"),
}
PREFIX: Final = "values."
FEW_CHOICES: Final = 8
WIDE: Final = frozenset({"multi", "address"})
PLAIN: Final = frozenset({"choice", "multi", "bool", "number", "meter_reading"})


@dataclass(frozen=True, slots=True)
class Option:
    """One choice on the form."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One field on the form, drawn by ``catalogue/scenes/_field.html``."""

    field: Field
    name: str
    id: str
    label: str
    help: str
    control: str
    value: str
    options: tuple[Option, ...]
    required: bool
    hidden: bool
    errors: tuple[str, ...]
    wide: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the list of questions: done when every field it fills has a value."""

    ask: str
    tip: str
    fields: tuple[str, ...]
    target: str
    done: bool
    required: bool
    hidden: bool


@dataclass(frozen=True)
class SceneForm:
    """A template with what is filled in so far."""

    template: Template
    fields: tuple[Shown, ...]
    questions: tuple[Asked, ...]
    missing: tuple[str, ...]
    wanted: int
    data: dict[str, Any] = field(repr=False)

    @property
    def percent(self) -> int:
        """Completeness as it stands."""
        return 100 if not self.wanted else 100 * (self.wanted - len(self.missing)) // self.wanted


def form_of(
    template: Template,
    values: Mapping[str, Any] | None = None,
    *,
    audience: str = "agent",
    channel: str = "",
    known: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    suffix: str = "",
    whole: bool = False,
    only: Collection[str] | None = None,
) -> SceneForm:
    """The form of ``template``. ``values`` are as typed or clean, ``known`` those the request holds itself.

    ``whole`` draws the fields that map to attributes as well, for previews and pages that have no other inputs for them.
    ``only`` names the fields to draw; conditions see the others as they are known. ``suffix`` keeps ids apart where one
    page shows several forms.
    """
    given, rest, faults = dict(values or {}), dict(known or {}), errors or {}
    told = rest | {name: value for name, value in given.items() if is_filled(value)}
    told = {name: _typed(template.by_code.get(name), value) for name, value in told.items()}
    drawn = [
        one
        for one in template.fields
        if (whole or not one.maps_to)
        and (only is None or one.code in only)
        and one.kind != "photo"
        and one.shown_to(audience, channel)
    ]
    shown = tuple(_shown(one, given.get(one.code), told, faults.get(one.code, ()), suffix, audience) for one in drawn)
    wanted = [one for one in template.demanding if one.must(told) and one.shown_to(audience, channel)]
    return SceneForm(
        template=template,
        fields=shown,
        questions=tuple(_asked(template, told, {one.field.code: one.id for one in shown}, audience, channel)),
        missing=tuple(one.code for one in missing(template, told, audience=audience, channel=channel)),
        wanted=len(wanted),
        data=_data(template, audience, channel, whole, {k: v for k, v in told.items() if only and k not in only}),
    )


def _typed(one: Field | None, value: Any) -> Any:
    """Text of a form as the value that conditions compare with; what cannot be read stays text."""
    if one is None or not isinstance(value, str):
        return value
    if one.kind == "bool":
        return {"true": True, "false": False}.get(value, value)
    if one.kind in ("number", "meter_reading"):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _shown(one: Field, value: Any, told: Mapping[str, Any], errors: Sequence[str], suffix: str, audience: str) -> Shown:
    control = _control(one)
    return Shown(
        field=one, name=f"{PREFIX}{one.code}", id=f"scene-{one.code}{suffix}", label=named(one), help=helped(one) or (questioned(one) if audience == "customer" else ""),
        control=control, value="" if isinstance(value, list | bool) else _text(one, value), options=tuple(_options(one, value)),
        required=_starred(one, audience) and one.must(told), hidden=not one.applies(told), errors=tuple(errors),
        wide=one.kind in WIDE or control in ("area", "radio"),
    )  # fmt: skip


def _starred(one: Field, audience: str) -> bool:
    """Whether a required item is marked as such: to customers only what bars the submission. Somebody who sits in the dark
    with a telephone is asked everything and made to answer what the work cannot begin without; completeness counts it all."""
    return audience != "customer" or one.barring or bool(one.maps_to)


def _control(one: Field) -> str:
    if one.kind == "choice":
        return "radio" if len(one.choices) <= FEW_CHOICES else "select"
    if one.kind == "text":
        return "area" if one.lines else "line"
    return {
        "multi": "checks", "bool": "radio", "number": "number", "meter_reading": "number", "date": "date",
        "datetime": "datetime-local", "phone": "tel", "account": "digits",
    }.get(one.kind, "line")  # fmt: skip


def _options(one: Field, value: Any) -> Iterable[Option]:
    chosen = {str(part) for part in value} if isinstance(value, list | tuple) else {_text(one, value)}
    if one.kind == "bool":
        from django.utils.translation import pgettext

        said = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        yield Option("true", pgettext("回答", "是"), said == "true")
        yield Option("false", pgettext("回答", "否"), said == "false")
    for choice in one.choices:
        yield Option(choice.code, named(choice), choice.code in chosen)


def _text(one: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return f"{value.get('lon', '')},{value.get('lat', '')}"
    if one.kind == "datetime" and isinstance(value, str) and len(value) > 16:
        try:  # the browser's picker knows neither zone nor seconds
            return dt.datetime.fromisoformat(value).strftime("%Y-%m-%dT%H:%M")
        except ValueError:
            return value
    return str(value)


def _asked(
    template: Template, told: Mapping[str, Any], ids: Mapping[str, str], audience: str, channel: str
) -> Iterable[Asked]:
    for question in template.asking:
        fields = [template.by_code[code] for code in question.fields]
        asked_now = [one for one in fields if one.applies(told) and one.shown_to(audience, channel)]
        off = question.when is not None and not evaluate(question.when, told)
        empty = [one for one in asked_now if not is_filled(told.get(one.code))]
        yield Asked(
            ask=asked(question), tip=question.tip, fields=question.fields,
            target=next((ids.get(one.code, "") or f"[{one.maps_to}]" for one in asked_now), ""),
            done=bool(fields) and not empty, required=any(one.must(told) for one in asked_now),
            hidden=off or (bool(fields) and not asked_now),
        )  # fmt: skip


def _data(template: Template, audience: str, channel: str, whole: bool, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser needs to keep the form: conditions, and where the value of each field stands."""
    rows = []
    for one in template.fields:
        if not one.shown_to(audience, channel) or one.kind == "photo":
            continue
        row: dict[str, Any] = {"code": one.code, "kind": one.kind}
        if one.code in fixed:
            # Conditions compare codes and numbers; that other things are known is all the browser needs.
            row["fixed"] = fixed[one.code] if one.kind in PLAIN and not one.sensitive else True
        if one.maps_to and not whole:
            row["names"] = list(ALIASES.get(one.maps_to, (one.maps_to,)))
        if one.when is not None:
            row["when"] = to_data(one.when)
        if not _starred(one, audience):
            pass
        elif one.required:
            row["must"] = True
        elif one.required_when is not None:
            row["must"] = to_data(one.required_when)
        rows.append(row)
    return {"fields": rows, "prefix": PREFIX}


def posted(template: Template, data: QueryDict | Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """What was typed into the fields of a form, empty ones too (they take answers back)."""
    found: dict[str, Any] = {}
    for one in template.fields:
        name = f"{PREFIX}{one.code}"
        if (one.maps_to and not whole) or (name not in data and not (one.kind == "multi" and f"{name}.shown" in data)):
            continue
        several = one.kind == "multi" and isinstance(data, QueryDict)
        found[one.code] = data.getlist(name) if several else data.get(name)  # type: ignore[union-attr]
    return found


def parted(fields: Mapping[str, Sequence[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The faults of a refusal: those of a scene's fields, by code, and the others."""
    own = {name.removeprefix(PREFIX): list(texts) for name, texts in fields.items() if name.startswith(PREFIX)}
    return own, {name: list(texts) for name, texts in fields.items() if not name.startswith(PREFIX)}
