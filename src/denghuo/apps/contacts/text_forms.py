"""Forms of the desk's texts, and the plain notation in which the steps of a script are written."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.contacts.actions.texts import DispositionDraft, PhraseDraft, RuleDraft, ScriptDraft, Step
from denghuo.apps.contacts.choices import AGENT_OUTCOMES, Channel, PhraseKind
from denghuo.apps.contacts.models import DeskPhrase, DeskScript, Disposition, PhraseRule

MARKS = {"说": "say", "问": "ask", "注": "note"}
SPEAKERS = [("agent", gettext_lazy("坐席说的")), ("customer", gettext_lazy("客户说的"))]


def steps_as_text(steps: list[dict[str, Any]]) -> str:
    """Steps in the notation editors write: ``# title``, then lines that begin with 说：, 问： or 注：."""
    blocks = []
    for step in steps:
        lines = [f"# {step.get('title', '')}"]
        lines += [f"说：{step['say']}"] if step.get("say") else []
        lines += [f"问：{ask}" for ask in step.get("ask", [])]
        lines += [f"注：{step['note']}"] if step.get("note") else []
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def steps_from_text(text: str) -> tuple[Step, ...]:
    """The notation read. A line without a mark goes on with the one before. Raises ValidationError with the line."""
    found: list[dict[str, Any]] = []
    last = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line:
            continue
        if line[0] in "#＃":
            found.append({"title": line[1:].strip(), "say": "", "ask": [], "note": ""})
            last = ""
            continue
        if not found:
            raise forms.ValidationError(_("第 %(n)s 行之前还没有步骤，请先写一行“# 步骤名”") % {"n": number})
        mark = MARKS.get(line[0]) if line[1:2] in {"：", ":"} else None
        if mark is None and not last:
            raise forms.ValidationError(_("第 %(n)s 行请以“说：”“问：”或“注：”开头") % {"n": number})
        value = line[2:].strip() if mark else line
        last = _put(found[-1], mark or last, value, goes_on=mark is None)
    return tuple(Step(one["title"], one["say"], tuple(one["ask"]), one["note"]) for one in found)


def _put(step: dict[str, Any], name: str, value: str, *, goes_on: bool) -> str:
    if name == "ask":
        if goes_on:
            step["ask"][-1] += value
        else:
            step["ask"].append(value)
    else:
        step[name] = f"{step[name]}\n{value}" if step[name] else value
    return name


class ScriptForm(forms.Form):
    """A script of a scene."""

    title = forms.CharField(label=gettext_lazy("标题"), max_length=60)
    scene = forms.CharField(
        label=gettext_lazy("场景"), max_length=32, help_text=gettext_lazy("如 fault、bill、complaint")
    )
    words = forms.CharField(
        label=gettext_lazy("触发词"), required=False, help_text=gettext_lazy("客户说到就排到最前，用空格或逗号隔开")
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("适用渠道"), required=False, choices=Channel.choices, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("不选即所有渠道"),
    )  # fmt: skip
    steps = forms.CharField(
        label=gettext_lazy("步骤"), widget=forms.Textarea({"rows": 16}),
        help_text=gettext_lazy("每步一行“# 步骤名”，其下写“说：”“问：”“注：”，问可以有多行"),
    )  # fmt: skip
    position = forms.IntegerField(label=gettext_lazy("次序"), min_value=0, max_value=30000, initial=0)
    active = forms.BooleanField(label=gettext_lazy("在用"), required=False, initial=True)

    def clean_steps(self) -> tuple[Step, ...]:
        return steps_from_text(self.cleaned_data["steps"])

    def draft(self) -> ScriptDraft:
        """What was written, for the action."""
        data = self.cleaned_data
        words = data["words"].replace("，", " ").replace(",", " ").replace("、", " ").split()
        return ScriptDraft(
            data["scene"], data["title"], data["steps"], tuple(words), tuple(data["channels"]), data["active"],
            data["position"],
        )  # fmt: skip

    @staticmethod
    def initial_of(row: DeskScript) -> dict[str, Any]:
        held = {name: getattr(row, name) for name in ("title", "scene", "channels", "position", "active")}
        return held | {"words": " ".join(row.words), "steps": steps_as_text(row.steps)}


class PhraseForm(forms.Form):
    """A ready sentence."""

    shortcut = forms.CharField(
        label=gettext_lazy("快捷码"), max_length=16, help_text=gettext_lazy("坐席输入 / 加快捷码")
    )
    title = forms.CharField(label=gettext_lazy("标题"), max_length=40)
    text = forms.CharField(label=gettext_lazy("内容"), max_length=500, widget=forms.Textarea({"rows": 4}))
    scene = forms.CharField(label=gettext_lazy("场景"), max_length=32, required=False)
    position = forms.IntegerField(label=gettext_lazy("次序"), min_value=0, max_value=30000, initial=0)
    active = forms.BooleanField(label=gettext_lazy("在用"), required=False, initial=True)

    def draft(self) -> PhraseDraft:
        """What was written, for the action."""
        return PhraseDraft(**self.cleaned_data)

    @staticmethod
    def initial_of(row: DeskPhrase) -> dict[str, Any]:
        return {name: getattr(row, name) for name in PhraseForm.base_fields}


class RuleForm(forms.Form):
    """A wording to avoid or to heed."""

    said_by = forms.ChoiceField(label=gettext_lazy("谁说的"), choices=SPEAKERS)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=PhraseKind.choices)
    pattern = forms.CharField(label=gettext_lazy("用语"), max_length=80)
    regex = forms.BooleanField(label=gettext_lazy("正则表达式"), required=False)
    advice = forms.CharField(
        label=gettext_lazy("改用 / 提醒"), required=False, max_length=200, widget=forms.Textarea({"rows": 3})
    )
    active = forms.BooleanField(label=gettext_lazy("在用"), required=False, initial=True)

    def draft(self) -> RuleDraft:
        """What was written, for the action."""
        return RuleDraft(**self.cleaned_data)

    @staticmethod
    def initial_of(row: PhraseRule) -> dict[str, Any]:
        return {name: getattr(row, name) for name in RuleForm.base_fields}


class DispositionForm(forms.Form):
    """A disposition of the first or second level."""

    code = forms.CharField(label=gettext_lazy("编码"), max_length=32)
    parent_id = forms.TypedChoiceField(label=gettext_lazy("上级"), required=False, coerce=int, empty_value=None)
    name = forms.CharField(label=gettext_lazy("小结"), max_length=40)
    name_en = forms.CharField(label=gettext_lazy("英文名"), max_length=60)
    outcome = forms.ChoiceField(
        label=gettext_lazy("通常结果"), required=False, choices=[("", "—"), *AGENT_OUTCOMES],
        help_text=gettext_lazy("坐席选此小结时先填上的结果"),
    )  # fmt: skip
    position = forms.IntegerField(label=gettext_lazy("次序"), min_value=0, max_value=30000, initial=0)
    active = forms.BooleanField(label=gettext_lazy("在用"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heads = Disposition.objects.filter(parent=None).order_by("position", "code")
        choices = [("", _("第一级")), *((str(row.pk), row.label) for row in heads)]
        self.fields["parent_id"].choices = choices  # type: ignore[attr-defined]

    def draft(self) -> DispositionDraft:
        """What was written, for the action."""
        return DispositionDraft(**self.cleaned_data)

    @staticmethod
    def initial_of(row: Disposition) -> dict[str, Any]:
        return {name: getattr(row, name) for name in DispositionForm.base_fields}
