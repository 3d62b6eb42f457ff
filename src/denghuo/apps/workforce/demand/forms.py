"""Forms of the forecast's pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.models import DriverKind
from denghuo.web.formtools import PartForm

MOMENT = "%Y-%m-%dT%H:%M"


def moment_field(label: Any) -> forms.DateTimeField:
    """A local time to the minute."""
    return forms.DateTimeField(
        label=label, input_formats=[MOMENT, "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local", "step": "1800"}),
        error_messages={"invalid": _("请按 2026-01-31 08:30 的格式填写时间")},
    )  # fmt: skip


class OverrideForm(PartForm):
    """A correction of the forecast."""

    starts = moment_field(_("开始"))
    ends = moment_field(_("结束"))
    factor = forms.FloatField(label=_("系数"), required=False, help_text=_("1.2 为上调两成；与来量二选一"))
    value = forms.FloatField(label=_("每半小时来量"), required=False)
    reason = forms.CharField(label=_("原因"), max_length=200)

    @classmethod
    def of(cls, day: dt.date) -> OverrideForm:
        """An empty form for working hours of a day."""
        start = midnight(day)
        return cls(initial={"starts": start + dt.timedelta(hours=9), "ends": start + dt.timedelta(hours=12)})


class DriverForm(PartForm):
    """An event that moves contacts."""

    kind = forms.ChoiceField(label=_("类型"), choices=DriverKind.choices)
    name = forms.CharField(label=_("名称"), max_length=60)
    starts = moment_field(_("开始"))
    ends = moment_field(_("结束"))
    strength = forms.FloatField(label=_("强度"), initial=1.0, help_text=_("与以往同类事件相比，通常为 1"))
    queue = forms.ChoiceField(label=_("队列"), required=False)

    def __init__(self, *args: Any, queues: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["queue"].choices = [("", _t("全部队列")), *queues]  # type: ignore[attr-defined]


class FileForm(PartForm):
    """A file of counts."""

    file = forms.FileField(label=_("CSV 或 Excel 文件"))
