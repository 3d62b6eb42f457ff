"""The form of a local rule: the parameters of its kind, weight or hard, whom it concerns, when it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce.rosters.forms import day_field, people_choices
from denghuo.apps.workforce.rosters.rule_kinds import (
    COUNT,
    DATE,
    KINDS,
    ORDER,
    PATTERN,
    PER,
    PERS,
    PERSON,
    SHIFT_OR_OFF,
    SHIFTS,
    TEAM,
    WEEKDAY_LIST,
    Parameter,
)
from denghuo.web.formtools import PartForm


class RuleForm(PartForm):
    """One kind of rule."""

    active_from = day_field(_("启用日期"))
    active_to = day_field(_("停用日期（不填为一直有效）"))

    def __init__(self, *args: Any, kind: str, people: list[Any], shifts: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = KINDS[kind]
        self.fields["active_to"].required = False
        for one in self.kind.parameters:
            self.fields[one.name] = _FIELDS[one.type](one, people, shifts)
            self.fields[one.name].help_text = one.hint  # type: ignore[assignment]
        if self.kind.soft:
            hint = _("不填为必须遵守") if self.kind.hard else _("必填；与缺一人的代价相比较")
            self.fields["weight"] = forms.FloatField(
                label=_("权重"), required=not self.kind.hard, min_value=0, help_text=hint
            )
        if self.kind.people:
            self.fields["people"] = forms.TypedMultipleChoiceField(
                label=_("只限这些人（不选为全部）"), coerce=int, required=False, choices=people_choices(people)
            )

    @property
    def parameters(self) -> dict[str, Any]:
        """What was filled in for the kind's parameters."""
        return {one.name: self.cleaned_data.get(one.name) for one in self.kind.parameters}

    @property
    def shown(self) -> list[Any]:
        """The fields in their order: parameters, weight, people, dates."""
        names = [one.name for one in self.kind.parameters]
        names += [name for name in ("weight", "people", "active_from", "active_to") if name in self.fields]
        return [self[name] for name in names]


class WordsField(forms.CharField):
    """Words separated by blanks, commas or 、 as a list."""

    def clean(self, value: Any) -> list[str]:
        """The list."""
        text = str(super().clean(value))
        for sign in ("，", ",", "、", "　"):
            text = text.replace(sign, " ")
        return text.split()


def _label(one: Parameter) -> Any:
    return one.label


def _codes(shifts: list[Any]) -> list[tuple[str, str]]:
    return [(one.code, f"{one.name} {one.start:%H:%M}") for one in shifts]


def _shifts(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return forms.MultipleChoiceField(label=_label(one), required=one.required, choices=_codes(shifts))


def _shift_or_off(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return forms.ChoiceField(label=_label(one), required=False, choices=[("", _t("休息")), *_codes(shifts)])


def _words(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return WordsField(label=_label(one), required=one.required, max_length=300)


def _count(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return forms.IntegerField(label=_label(one), required=one.required, min_value=one.least or 0, max_value=one.most)


def _per(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return forms.ChoiceField(label=_label(one), choices=list(PERS.items()))


def _weekdays(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    choices = list(WEEKDAYS.items())
    return forms.TypedMultipleChoiceField(label=_label(one), coerce=int, required=one.required, choices=choices)


def _date(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return day_field(one.label)


def _person(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return forms.TypedChoiceField(label=_label(one), coerce=int, choices=people_choices(people))


def _team(one: Parameter, people: list[Any], shifts: list[Any]) -> forms.Field:
    return forms.TypedMultipleChoiceField(label=_label(one), coerce=int, choices=people_choices(people))


_FIELDS: dict[str, Callable[[Parameter, list[Any], list[Any]], forms.Field]] = {
    SHIFTS: _shifts, SHIFT_OR_OFF: _shift_or_off, ORDER: _words, PATTERN: _words, COUNT: _count, PER: _per,
    WEEKDAY_LIST: _weekdays, DATE: _date, PERSON: _person, TEAM: _team,
}  # fmt: skip
