"""Forms of team management. Actions check again; forms give labels and controls."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.teams import words
from denghuo.apps.teams.access import people_of
from denghuo.apps.teams.choices import AbsenceKind, ItemState
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.display_name} {obj.employee_no}"


class PeopleChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.display_name)


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    """A day in the browser's own control."""
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def time_field(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


def _area(longest: int, rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": longest})


class OfTeam(forms.Form):
    """A form about one team: people and catalogue are the team's."""

    def __init__(self, team: OrgUnit, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        people = people_of(team)
        for name in ("staff_ids", "owner", "staff"):
            if name in self.fields:
                self.fields[name].queryset = people  # type: ignore[attr-defined]
        if "conditions" in self.fields:
            choices = list(words.names("teams.condition_names", team).items())
            self.fields["conditions"].choices = choices  # type: ignore[attr-defined]


class TaskForm(OfTeam):
    """A new task."""

    type = forms.ChoiceField(label=_("任务类型"), error_messages={"required": _("请选择任务类型")})
    title = forms.CharField(label=_("任务"), max_length=80, help_text=_("做什么，如“3 号台区更换 12 块表”"))
    place = forms.CharField(label=_("地点"), max_length=120, required=False)
    day = day_field(_("日期"))
    start = time_field(_("计划开始"))
    end = time_field(_("计划结束"))
    distance_km = forms.FloatField(label=_("单程距离（公里）"), required=False, min_value=0)
    conditions = forms.MultipleChoiceField(label=_("作业条件"), required=False, widget=forms.CheckboxSelectMultiple)
    staff_ids = PeopleChoice(
        label=_("执行人"), queryset=Staff.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("不选则放在“未分配”"),
    )  # fmt: skip

    def __init__(self, team: OrgUnit, *args: Any, **kwargs: Any) -> None:
        super().__init__(team, *args, **kwargs)
        names, groups = words.names("teams.type_names", team), words.names("teams.specialities", team)
        of = policies.get("teams.type_speciality", team)
        grouped = [
            (label, [(code, name) for code, name in names.items() if of.get(code, "common") == group])
            for group, label in groups.items()
        ]
        self.fields["type"].choices = [("", "—"), *(one for one in grouped if one[1])]  # type: ignore[attr-defined]


class ConditionsForm(OfTeam):
    """What the work was done under."""

    conditions = forms.MultipleChoiceField(label=_("作业条件"), required=False, widget=forms.CheckboxSelectMultiple)
    distance_km = forms.FloatField(label=_("单程距离（公里）"), required=False, min_value=0)


class MoveForm(OfTeam):
    """To whom, and on which day."""

    staff = PersonChoice(label=_("执行人"), queryset=Staff.objects.none(), required=False, empty_label=_("未分配"))
    day = day_field(_("日期"))
    from_staff = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class MarkForm(forms.Form):
    points = forms.FloatField(label=_("分值"), help_text=_("扣分填负数"))
    reason = forms.CharField(label=_("理由"), max_length=200, widget=_area(200))


class FinishForm(forms.Form):
    result = forms.CharField(label=_("完成情况"), max_length=400, required=False, widget=_area(400))
    safety_checked = forms.BooleanField(label=_("已做安全交底和作业前检查"), required=False)


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("取消原因"), max_length=200, widget=_area(200))


class ReviewForm(forms.Form):
    remarks = forms.CharField(
        label=_("总结"), max_length=1000, required=False, widget=_area(1000, 4),
        help_text=_("本周做得好的、问题和下周重点"),
    )  # fmt: skip


class ItemForm(OfTeam):
    text = forms.CharField(label=_("改进内容"), max_length=300, widget=_area(300))
    owner = PersonChoice(
        label=_("责任人"), queryset=Staff.objects.none(), error_messages={"required": _("请选择责任人")}
    )
    due = day_field(_("期限"))


class CloseItemForm(forms.Form):
    state = forms.ChoiceField(
        label=_("结果"), choices=[(ItemState.DONE, ItemState.DONE.label), (ItemState.DROPPED, ItemState.DROPPED.label)]
    )
    outcome = forms.CharField(label=_("落实情况"), max_length=300)


class AbsenceForm(OfTeam):
    staff = PersonChoice(label=_("人员"), queryset=Staff.objects.none(), error_messages={"required": _("请选择人员")})
    kind = forms.ChoiceField(label=_("类别"), choices=AbsenceKind.choices)
    first = day_field(_("第一天"))
    last = day_field(_("最后一天"), required=False)


def day_of(text: str) -> dt.date | None:
    """A day as 2026-11-23; None for anything else."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
