"""Forms of the hall and the desks. Business rules live in the actions; forms shape and phrase the fields."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.apps.catalogue.classes.widgets import ClassPicker
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.grid.models import Transformer
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.classification import TREE_OF
from denghuo.apps.requests.models import Request
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.web.formtools import PartForm


def counties() -> list[tuple[str, list[tuple[int, str]]]]:
    """Counties grouped by city, for a select."""
    groups: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    units = OrgUnit.objects.filter(kind__in=[OrgKind.CITY, OrgKind.COUNTY]).order_by("path")
    for unit in units:
        if unit.kind == OrgKind.CITY:
            groups[unit.pk] = (unit.label, [])
        elif unit.parent_id in groups:
            groups[unit.parent_id][1].append((unit.pk, unit.label))
    return [group for group in groups.values() if group[1]]


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class AccountFinderForm(forms.Form):
    """户号 plus a second fact that only its holder knows."""

    number = forms.CharField(label=_("户号"), required=False, max_length=20, help_text=_("电费单左上角的 10 位数字"))
    phone = forms.CharField(
        label=_("登记手机号"), required=False, max_length=20, help_text=_("与户号一同核对，不会显示给他人")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "tel"}


class ReportForm(forms.Form):
    """A fault report of the public: the required items of the trade and nothing more."""

    account_ref = forms.CharField(required=False, widget=forms.HiddenInput)
    caller_name = forms.CharField(label=_("您的姓名"), max_length=60)
    caller_phone = forms.CharField(label=_("联系电话"), max_length=20, help_text=_("抢修人员会拨打这个号码"))
    org_id = forms.TypedChoiceField(label=_("所在区县"), required=False, coerce=int, empty_value=None)
    address = forms.CharField(
        label=_("详细地址"), required=False, max_length=200, help_text=_("小区、楼栋、单元、门牌，或村组和附近标志")
    )
    phenomenon = forms.ChoiceField(label=_("故障现象"), choices=c.Phenomenon.choices, widget=forms.RadioSelect)
    scope = forms.ChoiceField(label=_("影响范围"), choices=c.Scope.choices, widget=forms.RadioSelect)
    occurred_at = forms.DateTimeField(label=_("什么时候开始的"), widget=LocalDateTimeInput())
    description = forms.CharField(
        label=_("补充说明"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("例如：听到响声后没电、开关已试过"),
    )

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["org_id"].choices = [("", _("请选择"))] + counties()  # type: ignore[attr-defined]
        self.fields["occurred_at"].initial = timezone.localtime(now).replace(second=0, microsecond=0)
        self.fields["caller_name"].widget.attrs["autocomplete"] = "name"
        self.fields["caller_phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "tel"}
        self.fields["address"].widget.attrs["autocomplete"] = "street-address"


class MatterForm(forms.Form):
    """The other business types from the hall."""

    TYPES = [choice for choice in c.RequestType.choices if choice[0] != c.RequestType.FAULT_REPORT]

    type = forms.ChoiceField(label=_("类型"), choices=TYPES, widget=forms.RadioSelect)
    account_ref = forms.CharField(required=False, widget=forms.HiddenInput)
    caller_name = forms.CharField(label=_("您的姓名"), max_length=60)
    caller_phone = forms.CharField(label=_("联系电话"), max_length=20)
    org_id = forms.TypedChoiceField(label=_("所在区县"), required=False, coerce=int, empty_value=None)
    address = forms.CharField(label=_("地址"), required=False, max_length=200)
    description = forms.CharField(label=_("请说明情况"), max_length=1000, widget=forms.Textarea(attrs={"rows": 5}))
    confidential = forms.BooleanField(
        label=_("请为我保密"), required=False, help_text=_("只有经办人员能看到，我们不会主动打电话")
    )
    anonymous = forms.BooleanField(
        label=_("匿名提交"), required=False, help_text=_("不用填姓名和电话；我们无法联系您核实，可能无法有效处理")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self["anonymous"].value():
            self.fields["caller_name"].required = self.fields["caller_phone"].required = False
        self.fields["org_id"].choices = [("", _("请选择"))] + counties()  # type: ignore[attr-defined]


class ProgressFinderForm(forms.Form):
    """The number of a request with the phone it was reported from."""

    number = forms.CharField(label=_("诉求编号"), max_length=24, help_text=_("提交后显示的数字，也在短信中"))
    phone = forms.CharField(label=_("联系电话"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs["inputmode"] = "numeric"
        self.fields["phone"].widget.attrs["inputmode"] = "tel"


class AcceptForm(forms.Form):
    """Acceptance: class, urgency, area. The supply transformer of an account is shown, not asked; a report without an
    account may be given one here. What is no fault has no area, and a class as far as it is known."""

    class_code = forms.CharField(label=_("分类"), required=False, max_length=80)
    urgency = forms.ChoiceField(label=_("紧急程度"), choices=c.Urgency.choices, widget=forms.RadioSelect)
    area_type = forms.ChoiceField(label=_("地域"), choices=AreaType.choices, widget=forms.RadioSelect)
    transformer = forms.CharField(
        label=_("供电台区"), required=False, max_length=60, help_text=_("核实地址后填台区编号，可从列表选择")
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: Request, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        fault = request.type == c.RequestType.FAULT_REPORT
        chosen = self.fields["class_code"]
        chosen.widget = ClassPicker(TREE_OF[request.type], request.org, edition=request.class_tree_id)
        chosen.label = _("故障类别") if fault else _("分类")
        chosen.required = fault and "fault_class" not in self.data  # the first level alone, from those who know no more
        chosen.widget.is_required = chosen.required
        if not fault:
            del self.fields["area_type"]
        if not fault or request.transformer_id is not None:
            del self.fields["transformer"]
        else:
            self.fields["transformer"].widget.attrs |= {"list": "transformers", "autocomplete": "off"}

    def clean_transformer(self) -> str:
        """The code must be one of the unit's; what follows it in the list is its name."""
        text: str = self.cleaned_data["transformer"].strip()
        code = text.split(" ", 1)[0]
        found = Transformer.objects.under(self.request.org).filter(code=code).first() if code else None
        if code and found is None:
            raise forms.ValidationError(_("本单位没有这个台区，请从列表选择，或留空"))
        self.cleaned_data["transformer_id"] = found.pk if found else None
        return text

    def data_for_action(self) -> dict[str, Any]:
        """What :func:`accept_request` takes."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "transformer"}
        return told | ({"fault_class": self.data["fault_class"]} if "fault_class" in self.data else {})


class AnswerForm(forms.Form):
    """What the customer was told."""

    answer = forms.CharField(label=_("答复内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class ReplyForm(forms.Form):
    """The handling unit's result."""

    result = forms.CharField(label=_("处理结果"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class NoteForm(forms.Form):
    """A note on the request."""

    text = forms.CharField(label=_("备注"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class ReviewForm(PartForm):
    """Pass, or send back with a reason."""

    passed = forms.TypedChoiceField(
        label=_("审核意见"),
        choices=[("1", _("通过，转回访")), ("0", _("退回班组"))],
        coerce=lambda v: v == "1",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("退回原因"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class AttemptForm(forms.Form):
    """What happened when the customer was called."""

    outcome = forms.ChoiceField(label=_("拨打结果"), choices=c.AttemptOutcome.choices, widget=forms.RadioSelect)
    resolved = forms.NullBooleanField(
        label=_("问题是否解决"),
        widget=forms.RadioSelect(choices=[("true", _("已解决")), ("false", _("未解决"))]),
        required=False,
    )
    arrival_honoured = forms.NullBooleanField(
        label=_("到达时间是否属实"),
        widget=forms.RadioSelect(choices=[("true", _("属实")), ("false", _("不属实"))]),
        required=False,
    )
    satisfaction = forms.ChoiceField(
        label=_("满意度"), choices=list(c.Satisfaction.choices), widget=forms.RadioSelect, required=False
    )
    note = forms.CharField(
        label=_("客户意见"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SpeakerForm(forms.Form):
    """The agent's new request for a caller."""

    caller_name = forms.CharField(label=_("联系人"), max_length=60, required=False)
    caller_phone = forms.CharField(label=_("联系电话"), max_length=20, required=False)
    account_number = forms.CharField(label=_("户号"), max_length=20, required=False)
    confidential = forms.BooleanField(
        label=_("保密"), required=False, help_text=_("只有知悉人员能看到这张诉求，不回访")
    )
    anonymous = forms.BooleanField(
        label=_("匿名"), required=False, help_text=_("不留姓名电话，不回访；请告知客户可能无法有效处理")
    )
    org_id = forms.TypedChoiceField(label=_("所在区县"), required=False, coerce=int, empty_value=None)
    address = forms.CharField(label=_("地址"), max_length=200, required=False)
    type = forms.ChoiceField(label=_("业务类型"), choices=c.RequestType.choices)
    class_code = forms.CharField(label=_("分类"), required=False, max_length=80)
    phenomenon = forms.ChoiceField(label=_("故障现象"), choices=[("", "—"), *c.Phenomenon.choices], required=False)
    scope = forms.ChoiceField(label=_("影响范围"), choices=[("", "—"), *c.Scope.choices], required=False)
    occurred_at = forms.DateTimeField(label=_("发生时间"), widget=LocalDateTimeInput(), required=False)
    description = forms.CharField(
        label=_("描述"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = str(self["type"].value() or c.RequestType.FAULT_REPORT)
        tree = TREE_OF.get(kind, TREE_OF[c.RequestType.FAULT_REPORT])
        self.fields["class_code"].widget = ClassPicker(tree)
        self.fields["org_id"].choices = [("", _("请选择"))] + counties()  # type: ignore[attr-defined]
