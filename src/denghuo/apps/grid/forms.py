"""Forms of the grid screens."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid import queries
from denghuo.apps.grid.choices import (
    DelayCause,
    DelayStage,
    FilingReason,
    MatterType,
    OutageKind,
    PublicChannel,
)
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.scoping.models import OrgKind, OrgUnit

FIELD_OF = {"feeder_id": "feeder", "at": "restored_at", "account_ids": "accounts", "org_id": "org"}
_SPLIT = re.compile(r"[\s,，;；、]+")


class LocalTime(forms.DateTimeInput):
    """The browser's own control for day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class OutageForm(forms.Form):
    """Enter a piece of outage information: what, when, where, and where it is shown."""

    kind = forms.ChoiceField(label=_("停电类型"), choices=OutageKind.choices, widget=forms.RadioSelect)
    started_at = forms.DateTimeField(label=_("停电开始"), widget=LocalTime(), help_text=_("晚于现在即为公告"))
    expected_at = forms.DateTimeField(label=_("预计恢复"), required=False, widget=LocalTime())
    confirmed_at = forms.DateTimeField(
        label=_("故障点确认时间"), required=False, widget=LocalTime(), help_text=_("故障信息发布时限由此起算")
    )
    feeder = forms.TypedChoiceField(
        label=_("馈线"), coerce=int, required=False, empty_value=None, help_text=_("选择后列出其分段开关和台区")
    )
    accounts = forms.CharField(
        label=_("户号"), required=False, max_length=10_000, help_text=_("每行一个，或用逗号隔开"),
        widget=forms.Textarea(attrs={"rows": 4, "inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    equipment = forms.CharField(
        label=_("停电设备"), required=False, max_length=200, help_text=_("如：10kV 某线 02 号分段开关以下")
    )
    range_text = forms.CharField(
        label=_("停电范围"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("客户看得懂的街道、小区、村组"),
    )  # fmt: skip
    cause = forms.CharField(label=_("原因"), required=False, max_length=120)
    channels = forms.MultipleChoiceField(
        label=_("发布渠道"), required=False, choices=[c for c in PublicChannel.choices if c[0] != PublicChannel.DESK],
        widget=forms.CheckboxSelectMultiple, help_text=_("坐席工作台总能看到；单户停电只通知本户，不对外公布"),
    )  # fmt: skip

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[int, str]]] = {}
        for feeder in queries.feeders_for(actor):
            groups.setdefault(feeder.org.label, []).append((feeder.pk, f"{feeder.name} · {feeder.substation.name}"))
        self.fields["feeder"].choices = [("", _("请选择")), *groups.items()]  # type: ignore[attr-defined]
        self.fields["channels"].initial = policies.get("outage.channels")


def numbers_in(text: str) -> list[str]:
    """Account numbers of a list as people paste it, each once, in their order."""
    return list(dict.fromkeys(part for part in _SPLIT.split(text.strip()) if part))


class UpdateForm(forms.Form):
    """New knowledge of an outage."""

    started_at = forms.DateTimeField(label=_("改期：停电开始"), required=False, widget=LocalTime())
    expected_at = forms.DateTimeField(label=_("预计恢复"), required=False, widget=LocalTime())
    cause = forms.CharField(label=_("原因"), required=False, max_length=120)
    range_text = forms.CharField(
        label=_("停电范围"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    known_at = forms.DateTimeField(
        label=_("变更确认时间"), required=False, widget=LocalTime(), help_text=_("用于核对变更报送是否及时")
    )


class StartForm(forms.Form):
    """When supply was really cut."""

    started_at = forms.DateTimeField(label=_("实际停电时间"), widget=LocalTime())
    delay_cause = forms.ChoiceField(
        label=_("延迟原因"), required=False, choices=[("", _("按计划，无延迟")), *DelayCause.choices]
    )


class DelayForm(forms.Form):
    """It will not begin, or not end, in time."""

    stage = forms.ChoiceField(label=_("延迟"), choices=DelayStage.choices, widget=forms.RadioSelect)
    until = forms.DateTimeField(label=_("推迟到"), widget=LocalTime())
    cause = forms.ChoiceField(label=_("延迟原因"), choices=DelayCause.choices)
    note = forms.CharField(label=_("说明"), required=False, max_length=200)


class RestoreForm(forms.Form):
    """When supply came back."""

    restored_at = forms.DateTimeField(label=_("恢复时间"), widget=LocalTime())
    delay_cause = forms.ChoiceField(
        label=_("延迟原因"), required=False, choices=[("", _("按计划，无延迟")), *DelayCause.choices],
        help_text=_("晚于计划送电时间须选择"),
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why something is called off, returned or withdrawn."""

    reason = forms.CharField(label=_("原因"), max_length=120)


class CancelForm(ReasonForm):
    """Why an announced outage will not take place."""

    reason = forms.CharField(label=_("取消原因"), max_length=120)


class ReturnForm(ReasonForm):
    """What is wrong with a submitted piece of information."""

    reason = forms.CharField(label=_("退回原因"), max_length=120)


class FilingForm(forms.Form):
    """A matter filed ahead."""

    title = forms.CharField(label=_("标题"), max_length=80)
    reason = forms.ChoiceField(label=_("报备类型"), choices=FilingReason.choices)
    org = forms.TypedChoiceField(label=_("报备单位"), coerce=int)
    area_text = forms.CharField(
        label=_("涉及区域"), required=False, max_length=300, help_text=_("写给坐席看的地名；不选台区即为整个单位")
    )
    feeder = forms.TypedChoiceField(
        label=_("馈线"), coerce=int, required=False, empty_value=None, help_text=_("只涉及部分台区时选择")
    )
    starts_at = forms.DateTimeField(label=_("开始"), widget=LocalTime())
    ends_at = forms.DateTimeField(label=_("结束"), widget=LocalTime())
    script = forms.CharField(
        label=_("答复口径"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4, "maxlength": 1000}),
        help_text=_("坐席照此向客户说明"),
    )  # fmt: skip
    request_types = forms.MultipleChoiceField(
        label=_("涉及的业务类型"), required=False, choices=MatterType.choices, widget=forms.CheckboxSelectMultiple,
        help_text=_("不选即为全部类型"),
    )  # fmt: skip
    answers = forms.BooleanField(
        label=_("解释答复，不再派单"), required=False, help_text=_("坐席登记诉求时提示先答复；客户坚持仍可登记")
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        paths = actor.paths_for("outage.manage")
        units = OrgUnit.objects.exclude(kind=OrgKind.TEAM).order_by("path")
        mine = [(one.pk, one.label) for one in units if any(one.path.startswith(path) for path in paths)]
        self.fields["org"].choices = mine  # type: ignore[attr-defined]
        groups: dict[str, list[tuple[int, str]]] = {}
        for feeder in queries.feeders_for(actor):
            groups.setdefault(feeder.org.label, []).append((feeder.pk, feeder.name))
        self.fields["feeder"].choices = [("", _("整个单位")), *groups.items()]  # type: ignore[attr-defined]


def show_faults(form: forms.Form, error: InvalidInput) -> None:
    """Put the faults an action found beside the fields they belong to."""
    for name, texts in error.fields.items():
        field = FIELD_OF.get(name, name)
        for text in texts:
            form.add_error(field if field in form.fields else None, text)
