"""Forms of the rosters' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce.rosters.models import DayKind, HoursSystem
from denghuo.web.formtools import PartForm

DATE = {"invalid": _("请按 2026-01-31 的格式填写日期")}


def day_field(label: Any) -> forms.DateField:
    """A date."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, error_messages=DATE)


class PeriodForm(PartForm):
    """A new month."""

    month = forms.DateField(
        label=_("月份"), input_formats=["%Y-%m"], error_messages={"invalid": _("请按 2026-01 的格式填写月份")},
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )  # fmt: skip
    hours = forms.ChoiceField(label=_("工时制度"), choices=HoursSystem.choices)


class DayForm(PartForm):
    """Somebody's day."""

    staff = forms.TypedChoiceField(label=_("人员"), coerce=int)
    day = day_field(_("日期"))
    kind = forms.ChoiceField(label=_("类型"), choices=DayKind.choices)
    shift = forms.TypedChoiceField(label=_("班次"), coerce=int, empty_value=None, required=False)
    exception = forms.CharField(
        label=_("应急理由"), max_length=200, required=False,
        help_text=_("仅抢修、救灾等紧急情形可突破工时限制（劳动法第四十二条），理由会留存"),
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[Any], shifts: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff"].choices = people_choices(people)  # type: ignore[attr-defined]
        self.fields["shift"].choices = [("", _t("无（休假）")), *shift_choices(shifts)]  # type: ignore[attr-defined]


class NeedForm(PartForm):
    """Heads of a shift."""

    day = day_field(_("日期"))
    shift = forms.TypedChoiceField(label=_("班次"), coerce=int)
    heads = forms.IntegerField(label=_("人数"), min_value=0, max_value=999)

    def __init__(self, *args: Any, shifts: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shift"].choices = shift_choices(shifts)  # type: ignore[attr-defined]


class ShiftForm(PartForm):
    """A shift of the library with one unpaid meal break."""

    code = forms.CharField(label=_("代码"), max_length=8)
    name = forms.CharField(label=_("名称"), max_length=20)
    start = forms.TimeField(label=_("开始"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    minutes = forms.IntegerField(label=_("时长（分钟，含休息）"), min_value=1, max_value=1440)
    break_at = forms.IntegerField(label=_("开班多少分钟后用餐"), min_value=0, required=False)
    break_minutes = forms.IntegerField(label=_("用餐分钟数（不计工时）"), min_value=0, required=False)


class AbsenceForm(PartForm):
    """Somebody cannot come."""

    staff = forms.TypedChoiceField(label=_("人员"), coerce=int)
    first = day_field(_("从哪天起"))
    last = day_field(_("到哪天止"))
    reason = forms.CharField(
        label=_("原因"), max_length=200, required=False, help_text=_("请写事由类别，不写病情等个人隐私"),
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff"].choices = people_choices(people)  # type: ignore[attr-defined]


class WishForm(PartForm):
    """A wish."""

    day = day_field(_("日期"))
    shift = forms.TypedChoiceField(label=_("希望"), coerce=int, empty_value=None, required=False)
    points = forms.IntegerField(label=_("积分"), min_value=1)

    def __init__(self, *args: Any, shifts: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shift"].choices = [("", _t("休息")), *shift_choices(shifts)]  # type: ignore[attr-defined]


def shift_choices(shifts: list[Any]) -> list[tuple[int, str]]:
    """Shifts to choose from."""
    return [(one.pk, f"{one.name} {one.start:%H:%M}") for one in shifts]


def people_choices(people: list[Any]) -> list[tuple[int, str]]:
    """People to choose from."""
    return [(one.pk, f"{one.display_name} {one.employee_no}") for one in people]
