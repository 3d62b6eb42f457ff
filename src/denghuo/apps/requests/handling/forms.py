"""Forms of what happens to a request beside its flow. The rules live in the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.forms import LocalDateTimeInput, counties
from denghuo.apps.requests.handling import choices as c

ROWS = 3


def _text(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=300, widget=forms.Textarea(attrs={"rows": ROWS}), **more)


class HandlingForm(forms.Form):
    """``version`` is what the page showed: a request that moved on meanwhile is not changed blindly."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class UnitForm(HandlingForm):
    """With a unit to choose."""

    unit = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.unit].choices = [("", _("请选择")), *counties()]  # type: ignore[attr-defined]


class DeclineForm(UnitForm):
    unit = "other_org_id"
    reason = forms.ChoiceField(label=_("退单原因"), choices=c.DeclineReason.choices)
    other_org_id = forms.TypedChoiceField(
        label=_("应由哪个单位处理"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("不属本单位供电区域时必填"),
    )
    text = _text(_("退单说明"), help_text=_("写明缺什么、应如何派发，中心据此重新派单"))


class TransferForm(UnitForm):
    unit = "org_id"
    org_id = forms.TypedChoiceField(label=_("转派到"), coerce=int, empty_value=None)
    reason = forms.ChoiceField(label=_("转派原因"), choices=c.TransferReason.choices)
    text = _text(_("转派说明"))


class HoldForm(HandlingForm):
    reason = forms.ChoiceField(label=_("挂起原因"), choices=c.HoldReason.choices)
    until = forms.DateTimeField(label=_("挂起至"), widget=LocalDateTimeInput(), help_text=_("到时自动恢复办理"))
    text = _text(_("挂起说明"), help_text=_("客户可在进度页看到“暂时等待”及恢复时间，看不到此说明"))


class ResumeForm(HandlingForm):
    text = _text(_("恢复说明"), required=False)


class ReopenForm(HandlingForm):
    reason = _text(_("重启原因"))


class SplitForm(HandlingForm):
    type = forms.ChoiceField(label=_("另一事项的业务类型"), choices=[])
    description = forms.CharField(
        label=_("另一事项"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": ROWS}),
        help_text=_("客户怎么说的；可多次拆分"),
    )
    reason = forms.CharField(label=_("拆分原因"), max_length=300, initial=_("一次来电反映多件事"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A fault needs its symptom and scope: that is what the form of a new request is for.
        self.fields["type"].choices = [row for row in RequestType.choices if row[0] != RequestType.FAULT_REPORT]  # type: ignore[attr-defined]


class SuperviseForm(HandlingForm):
    text = _text(_("督办要求"))
    due_at = forms.DateTimeField(
        label=_("督办期限"), required=False, widget=LocalDateTimeInput(), help_text=_("不填则按规定天数")
    )


class WordsForm(HandlingForm):
    text = _text(pgettext_lazy("督办", "内容"))


class EscalateForm(HandlingForm):
    text = _text(_("升级说明"))


class OverrunForm(HandlingForm):
    kind = forms.ChoiceField(label=_("登记"), choices=c.OverrunStepKind.choices)
    text = _text(_("对客户怎么说的"))
    amount = forms.DecimalField(
        label=_("补偿金额（元）"), required=False, max_digits=10, decimal_places=2, help_text=_("补偿须主管批准后生效")
    )


class PrivateForm(HandlingForm):
    confidential = forms.BooleanField(label=_("保密"), required=False, help_text=_("只有知悉人员能看到这张诉求"))
    anonymous = forms.BooleanField(
        label=_("匿名"), required=False, help_text=_("抹去姓名和电话且不可恢复，不回访；须告知客户可能无法有效处理")
    )
    reason = _text(pgettext_lazy("保密", "原因"))
