"""Forms of the call-back desk and what stands around it. Rules live in the actions."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests.callbacks import choices as cc
from denghuo.apps.requests.callbacks.campaigns import CampaignDraft
from denghuo.apps.requests.callbacks.models import Campaign, ImprovementItem
from denghuo.apps.requests.callbacks.script import NO, SCRIPTS, YES, Question, Script, local
from denghuo.apps.requests.choices import AttemptOutcome, RequestType, Satisfaction
from denghuo.apps.requests.forms import LocalDateTimeInput, counties
from denghuo.core import policies
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.scoping.models import OrgUnit, units_under

#: in the order of the keys: reached first
OUTCOMES = [
    (code, AttemptOutcome(code).label)
    for code in (
        "answered",
        "partly",
        "later",
        "no_answer",
        "busy",
        "powered_off",
        "wrong_number",
        "refused",
        "language",
    )
]
BOOLEAN = {YES: "true", NO: "false"}


class CallForm(forms.Form):
    """What happened on a call: the result, the answers to the script, what the customer said, where accounts differ."""

    script_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label=_("拨打结果"), choices=OUTCOMES, widget=forms.RadioSelect)
    ask_at = forms.DateTimeField(label=_("约定时间"), required=False, widget=LocalDateTimeInput())
    language = forms.ChoiceField(label=_("语言"), required=False)
    note = forms.CharField(
        label=_("客户意见"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    aspects = forms.MultipleChoiceField(
        label=_("不一致之处"), required=False, choices=cc.Aspect.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, script_id: int, script: Script, org: OrgUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.script = script
        self.fields["script_id"].initial = script_id
        spoken = policies.get("callback.languages", org)
        self.fields["language"].choices = [("", "—"), *((one, one) for one in spoken)]  # type: ignore[attr-defined]
        for question in script.questions:
            self.fields[name_of(question)] = _field(question)

    def questions(self) -> list[dict[str, Any]]:
        """Question, field and what the page's script needs to branch, in order."""
        return [
            {
                "question": one,
                "field": self[name_of(one)],
                "when": json.dumps(self._when(one)) if one.when else "",
            }
            for one in self.script.questions
        ]

    def _when(self, question: Question) -> dict[str, list[str]]:
        by_code = {one.code: one for one in self.script.questions}
        return {
            name_of(by_code[code]): [form_value(by_code[code], answer) for answer in wanted]
            for code, wanted in (question.when or {}).items()
        }

    def answers(self) -> dict[str, str]:
        """The answers by question, as the script knows them; also of a form that is not complete."""
        given = {one.code: str(self.data.get(name_of(one)) or "") for one in self.script.questions}
        back = {value: code for code, value in BOOLEAN.items()}
        for one in self.script.questions:
            if one.bind in ("resolved", "arrival_honoured"):
                given[one.code] = back.get(given[one.code].lower(), "")
        return {code: answer for code, answer in given.items() if answer}

    def data_for_action(self) -> dict[str, Any]:
        """What :func:`..actions.record_attempt` takes. Answers belong to a customer on the line only."""
        data = self.cleaned_data
        told: dict[str, Any] = {
            "outcome": data["outcome"], "note": data["note"], "language": data["language"], "aspects": data["aspects"],
            "ask_at": data["ask_at"],
        }  # fmt: skip
        if data["outcome"] in ("answered", "partly"):
            told |= {"answers": self.answers(), "script_id": data["script_id"] or self.fields["script_id"].initial}
        return told

    def refuse(self, error: ActionError) -> None:
        """Put a refusal at its fields; those of bound questions carry another name here."""
        if not isinstance(error, InvalidInput):
            self.add_error(None, error.message)
            return
        names = {f"q_{one.code}": name_of(one) for one in self.script.questions}
        for name, texts in error.fields.items():
            here = names.get(name, name)
            for text in texts:
                self.add_error(here if here in self.fields else None, text)


def name_of(question: Question) -> str:
    """The name of the question's field: the figure it is counted under, if any."""
    return question.bind or f"q_{question.code}"


def form_value(question: Question, answer: str) -> str:
    """An answer as the form sends it."""
    return BOOLEAN[answer] if question.bind in ("resolved", "arrival_honoured") else answer


def _field(question: Question) -> forms.Field:
    label = local(question.label, question.label_en)
    if question.kind == "text":
        return forms.CharField(label=label, required=False, max_length=300)
    options = [(form_value(question, one.code), local(one.label, one.label_en)) for one in question.options]
    if question.bind == "satisfaction" and question.kind != "scale":
        options = [(code, str(Satisfaction(code).label)) for code, _label in options]
    return forms.ChoiceField(label=label, required=False, choices=options, widget=forms.RadioSelect)


class RatingForm(forms.Form):
    """The rating by the link of a short message."""

    score = forms.ChoiceField(
        label=_("请为这次服务打分"),
        choices=[
            ("5", _("5 非常满意")),
            ("4", _("4 满意")),
            ("3", _("3 一般")),
            ("2", _("2 不满意")),
            ("1", _("1 非常不满意")),
        ],
        widget=forms.RadioSelect,
    )
    resolved = forms.TypedChoiceField(
        label=_("问题解决了吗"),
        choices=[("1", _("已解决")), ("0", _("未解决"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    said = forms.CharField(
        label=_("想对我们说的话"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CampaignForm(forms.Form):
    """A campaign before it starts."""

    name = forms.CharField(label=_("任务名称"), max_length=60)
    org_id = forms.TypedChoiceField(label=_("范围"), coerce=int)
    script_code = forms.ChoiceField(label=_("回访脚本"))
    types = forms.MultipleChoiceField(
        label=_("业务类型"), required=False, choices=RequestType.choices, widget=forms.CheckboxSelectMultiple
    )
    class_code = forms.CharField(
        label=_("分类"), required=False, max_length=80, help_text=_("分类代码，含其下级；如 low_voltage")
    )
    area_type = forms.ChoiceField(label=_("地域"), required=False, choices=[("", _("不限")), *AreaType.choices])
    filed_from = forms.DateTimeField(label=_("归档时间起"), required=False, widget=LocalDateTimeInput())
    filed_to = forms.DateTimeField(label=_("归档时间止"), required=False, widget=LocalDateTimeInput())
    numbers = forms.CharField(
        label=_("指定诉求编号"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("填写后只回访这些诉求，用空格、逗号或换行分隔"),
    )
    share = forms.IntegerField(label=_("抽取比例（%）"), initial=100)
    priority = forms.IntegerField(label=_("优先级"), initial=7, help_text=_("1 最先，9 最后；派发工单的回访为 5"))
    window_from = forms.TimeField(label=_("每日时段起"), required=False, widget=TimeInput())
    window_to = forms.TimeField(label=_("每日时段止"), required=False, widget=TimeInput())

    def __init__(self, *args: Any, paths: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_under(paths).exclude(kind="team").order_by("path") if paths else OrgUnit.objects.none()
        listed = [(unit.pk, f"{'　' * (unit.path.count('.') - 1)}{unit.label}") for unit in units]
        self.fields["org_id"].choices = listed  # type: ignore[attr-defined]
        self.fields["script_code"].choices = [(row.code, row.label) for row in SCRIPTS.codes()]  # type: ignore[attr-defined]

    def draft(self) -> CampaignDraft:
        """What :func:`..campaigns.save_campaign` takes."""
        return CampaignDraft(**{name: value for name, value in self.cleaned_data.items() if name != "org_id"})

    @staticmethod
    def initial_of(row: Campaign) -> dict[str, Any]:
        """A saved campaign as the form shows it."""
        names = ("name", "org_id", "script_code", "types", "class_code", "area_type", "share", "priority")
        shown = {name: getattr(row, name) for name in (*names, "window_from", "window_to")}
        for name in ("filed_from", "filed_to"):
            value = getattr(row, name)
            shown[name] = timezone.localtime(value) if value else None
        return shown | {"numbers": "\n".join(row.numbers)}


class AssignForm(forms.Form):
    """Who puts it right, by when, and of which class the cause is."""

    cause_class = forms.ChoiceField(label=_("原因类别"), choices=cc.ImprovementClass.choices, widget=forms.RadioSelect)
    owner_id = forms.TypedChoiceField(label=_("责任单位"), coerce=int)
    due_on = forms.DateField(label=_("完成期限"), widget=DateInput())

    def __init__(self, *args: Any, item: ImprovementItem, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"cause_class": item.cause_class, "owner_id": item.owner_id or item.org_id, "due_on": item.due_on},
        )
        super().__init__(*args, **kwargs)
        self.fields["owner_id"].choices = counties()  # type: ignore[attr-defined]


class MeasureForm(forms.Form):
    """What the owner did."""

    measure = forms.CharField(label=_("整改措施"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class CorrectionForm(forms.Form):
    """The unit's answer to a disagreement."""

    upheld = forms.TypedChoiceField(
        label=_("核对结果"),
        choices=[("0", _("工单内容有误，更正")), ("1", _("核实无误，维持原内容"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    result = forms.CharField(
        label=_("更正后的处理结果"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    explanation = forms.CharField(label=_("说明"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class NumberForm(forms.Form):
    """The right phone number of a customer."""

    phone = forms.CharField(label=_("正确的联系电话"), max_length=20)


class WishForm(forms.Form):
    """When the customer would like to be called."""

    no_reply = forms.BooleanField(label=_("不用给我回电"), required=False)
    not_before = forms.DateTimeField(label=_("请在此时间之后回电"), required=False, widget=LocalDateTimeInput())
    window_from = forms.TimeField(label=_("每天从"), required=False, widget=TimeInput())
    window_to = forms.TimeField(label=_("到"), required=False, widget=TimeInput())
