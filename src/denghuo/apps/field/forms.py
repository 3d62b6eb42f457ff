"""Forms of the field. Rules live in the actions; a form shapes and phrases the fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.catalogue.classes.widgets import ClassField
from denghuo.apps.requests.classification import CAUSES
from denghuo.core.scoping.models import OrgUnit


class MomentInput(forms.DateTimeInput):
    """The phone's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "60"}, format="%Y-%m-%dT%H:%M")


class FinishForm(forms.Form):
    """What a crew writes down when it returns an order."""

    cause = ClassField(
        code=CAUSES,
        label=_("故障原因"),
        help_text=_("先选大类再选细类，也可输入如“熔断器”或“rdq”查找"),
        error_messages={"required": _("请选择故障原因")},
    )
    result = forms.CharField(
        label=_("处理结果"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
        help_text=_("查到什么、做了什么、现在供电是否正常"),
        error_messages={"required": _("请填写处理结果")},
    )
    restored_at = forms.DateTimeField(
        label=_("恢复送电时间"),
        required=False,
        widget=MomentInput(),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("时间格式不对，请用选择器重新选择")},
    )
    no_signature_reason = forms.CharField(
        label=_("未签名原因"), required=False, max_length=200, help_text=_("客户不在场或不便签名时填写")
    )

    def __init__(self, *args: Any, org: OrgUnit | None = None, edition: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["cause"].widget
        widget.org, widget.edition = org, edition
