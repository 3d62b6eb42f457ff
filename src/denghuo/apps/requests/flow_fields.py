"""Fields of a flow's own: what is typed, checked; what stands in a request's answers, in words."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from denghuo.core import policies
from denghuo.core.inputs import Form
from denghuo.engine.flow import Flow, Step
from denghuo.engine.flow.fields import OwnField, own_fields


def clean(form: Form, flow: Flow, name: str, value: Any) -> Any:
    """``value`` of field ``name`` as it goes into the answers; what is wrong with it is noted on ``form``."""
    field = own_fields(flow).get(name)
    if field is None or value in (None, ""):
        return form.text(name, value, longest=policies.get("request.text_length")) if isinstance(value, str) else value
    if field.kind == "number":
        return _number(form, field, value)
    if field.kind == "choice":
        return form.choice(name, str(value), [code for code, _label in field.choices])
    if field.kind == "date":
        try:
            return dt.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            form.wrong(name, _("请按 2026-01-31 的格式填写日期"))
            return ""
    return form.text(name, str(value), longest=policies.get("request.text_length"))


def _number(form: Form, field: OwnField, value: Any) -> float | int | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        form.wrong(field.code, _("请填写数字"))
        return None
    words = {"least": field.least, "most": field.most, "unit": field.unit}
    if field.least is not None and number < field.least:
        form.wrong(field.code, _("不得小于 %(least)g %(unit)s，请核对") % words)
    if field.most is not None and number > field.most:
        form.wrong(field.code, _("不得大于 %(most)g %(unit)s，请核对") % words)
    return int(number) if number.is_integer() else number


def label_of(field: OwnField) -> str:
    """What the field is called in the reader's language."""
    english = (get_language() or "").startswith("en")
    return field.label_en if english and field.label_en else field.label


def told(flow: Flow, answers: Any) -> list[tuple[str, str]]:
    """The flow's own fields that are filled: label and value in words."""
    found = []
    for name, field in own_fields(flow).items():
        value = answers.get(name)
        if value in (None, "", []):
            continue
        text = dict(field.choices).get(str(value), str(value))
        found.append((label_of(field), f"{text} {field.unit}".strip()))
    return found


class StepForm(forms.Form):
    """What a step without code asks for: its required fields that are the flow's own, and a remark."""

    def __init__(self, data: Any, flow: Flow, step: Step, answers: Any) -> None:
        super().__init__(data)
        own = own_fields(flow)
        for name in step.required:
            if name in own:
                self.fields[name] = _control(own[name])
                self.fields[name].initial = answers.get(name)
        self.names = list(self.fields)
        self.fields["reason"] = forms.CharField(
            label=_("备注"), required=False, max_length=policies.get("request.reason_length"),
            widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """The fields as they were typed; the action checks them."""
        return {name: self.cleaned_data[name] for name in self.names if self.cleaned_data[name] not in (None, "")}


def _control(field: OwnField) -> forms.Field:
    label = f"{label_of(field)}（{field.unit}）" if field.unit else label_of(field)
    shared: dict[str, Any] = {"label": label, "help_text": field.help, "required": True}
    if field.kind == "number":
        widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
        return forms.FloatField(min_value=field.least, max_value=field.most, widget=widget, **shared)
    if field.kind == "choice":
        return forms.ChoiceField(choices=[("", _("请选择")), *field.choices], **shared)
    if field.kind == "date":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **shared)
    return forms.CharField(max_length=policies.get("request.text_length"), **shared)
