"""Forms of the flow editor: the parts of a document one at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.accounts.models import Role
from denghuo.apps.accounts.roles import role_name
from denghuo.apps.catalogue.flows.host import Words
from denghuo.engine.flow.fields import KINDS
from denghuo.engine.flow.model import EVERY, PHASES

OWN: Final = "__own__"
NOTICES: Final = 3
CODE: Final = r"^[a-z][a-z0-9_]*$"
CODE_HELP: Final = _("小写字母、数字、下划线，以字母开头")


def _many(choices: Iterable[tuple[str, Any]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(choices=list(choices), required=False, widget=forms.CheckboxSelectMultiple)


class LocalMoment(forms.DateTimeField):
    """Date and time as the browser's own control gives them, in the product's time zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value) if hasattr(value, "tzinfo") and value is not None else value


def _day() -> forms.DateInput:
    """The browser's own control takes nothing but ISO dates."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class BasicsForm(forms.Form):
    """Name, types, classes, where a request begins."""

    label = forms.CharField(label=_("流程名称"), max_length=80)
    label_en = forms.CharField(label=_("英文名称"), max_length=80, required=False)
    classes = forms.CharField(
        label=_("适用分类"),
        required=False,
        help_text=_("分类代码，每行一个，含其下级；不填为该业务类型的全部诉求"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    initial = forms.ChoiceField(label=_("初始状态"))

    def __init__(self, data: Any, document: Mapping[str, Any], words: Words) -> None:
        super().__init__(
            data,
            initial={
                "label": document.get("label", ""),
                "label_en": document.get("label_en", ""),
                "types": document.get("types", []),
                "classes": "\n".join(document.get("classes", [])),
                "initial": document.get("initial", ""),
            },
        )
        self.fields["types"] = _many(words.types.items())
        self.fields["types"].label = _("业务类型")
        self.fields["initial"].choices = _states(document)  # type: ignore[attr-defined]

    def row(self) -> dict[str, Any]:
        """The values as they stand in the document."""
        data = self.cleaned_data
        return {**data, "classes": data["classes"].split()}


class StateForm(forms.Form):
    """One state."""

    code = forms.RegexField(CODE, label=_("状态代码"), max_length=24, help_text=CODE_HELP)
    label = forms.CharField(label=_("状态名称"), max_length=30)
    label_en = forms.CharField(label=_("英文名称"), max_length=60, required=False)
    phase = forms.ChoiceField(
        label=_("所属阶段"), help_text=_("列表、看板和现场按阶段识别诉求；归档和撤销阶段的状态是结束状态")
    )

    def __init__(self, data: Any, document: Mapping[str, Any], words: Words, index: int | None) -> None:
        rows = document.get("states", [])
        super().__init__(data, initial=rows[index] if index is not None else {"phase": "handling"})
        self.fields["phase"].choices = [  # type: ignore[attr-defined]
            (code, words.phases.get(code, code)) for code in PHASES
        ]
        self._others = {row.get("code") for n, row in enumerate(rows) if n != index}

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code in self._others:
            raise forms.ValidationError(_("已有这个代码，请改用另一个"))
        return code

    def row(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class FieldForm(forms.Form):
    """A field of the flow's own."""

    code = forms.RegexField(CODE, label=_("字段代码"), max_length=40, help_text=CODE_HELP)
    label = forms.CharField(label=_("字段名称"), max_length=30)
    label_en = forms.CharField(label=_("英文名称"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("填写方式"))
    unit = forms.CharField(label=pgettext_lazy("计量", "单位"), max_length=12, required=False)
    least = forms.FloatField(label=_("最小值"), required=False)
    most = forms.FloatField(label=_("最大值"), required=False)
    choices = forms.CharField(
        label=_("选项"),
        required=False,
        help_text=_("每行一个：代码=名称，如 normal=正常"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    help = forms.CharField(label=_("填写提示"), max_length=120, required=False)

    def __init__(self, data: Any, document: Mapping[str, Any], words: Words, index: int | None) -> None:
        rows = document.get("fields", [])
        row = dict(rows[index]) if index is not None else {"kind": "text"}
        row["choices"] = "\n".join("=".join(one) for one in row.get("choices", []) if len(one) == 2)
        super().__init__(data, initial=row)
        self.fields["kind"].choices = [(kind, KIND_LABELS[kind]) for kind in KINDS]  # type: ignore[attr-defined]
        self._others = {row.get("code") for n, row in enumerate(rows) if n != index} | set(words.fields)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code in self._others:
            raise forms.ValidationError(_("已有这个代码，请改用另一个"))
        return code

    def clean_choices(self) -> list[list[str]]:
        pairs = [line.split("=", 1) for line in self.cleaned_data["choices"].splitlines() if line.strip()]
        if any(len(pair) != 2 or not all(part.strip() for part in pair) for pair in pairs):
            raise forms.ValidationError(_("每行须写成：代码=名称"))
        return [[part.strip() for part in pair] for pair in pairs]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == "choice" and not data.get("choices") and "choices" not in self.errors:
            self.add_error("choices", _("请至少写一个选项"))
        least, most = data.get("least"), data.get("most")
        if least is not None and most is not None and least > most:
            self.add_error("most", _("最大值须不小于最小值"))
        return data

    def row(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


KIND_LABELS: Final = {"text": _("文字"), "number": _("数字"), "choice": _("单选"), "date": _("日期")}


class StepForm(forms.Form):
    """One step: what is done, from where, to where, by whom, with what, and what it sets off."""

    verb = forms.ChoiceField(label=_("办理动作"))
    own_verb = forms.RegexField(
        CODE, label=_("自定义动作代码"), max_length=24, required=False, help_text=_("选“自定义步骤”时填写，如 verify")
    )
    label = forms.CharField(
        label=_("按钮名称"), max_length=30, required=False, help_text=_("不填则用动作的名称；自定义步骤必填")
    )
    label_en = forms.CharField(label=_("英文名称"), max_length=60, required=False)
    to = forms.ChoiceField(label=_("到达状态"), required=False, help_text=_("不选为办理后留在原状态"))
    automatic = forms.ChoiceField(label=_("自动执行"), required=False)
    after_minutes = forms.IntegerField(label=_("停留分钟数"), required=False, min_value=1, max_value=525_600)
    on_breach = forms.ChoiceField(label=_("哪个时限超期"), required=False)

    def __init__(self, data: Any, document: Mapping[str, Any], words: Words, index: int | None) -> None:
        row = dict(document.get("steps", [])[index]) if index is not None else {}
        super().__init__(data, initial=self._initial(row, words))
        states, clocks = _states(document), list(words.clocks.items())
        own = [(one.get("code", ""), one.get("label", "")) for one in document.get("fields", [])]
        used = sorted({str(step.get("verb")) for step in document.get("steps", [])} - set(words.verbs))
        self._set("verb", [*words.verbs.items(), (OWN, _("自定义步骤"))])
        self.fields["own_verb"].widget.attrs["placeholder"] = _("、").join(used[:3]) or "verify"
        self._set("to", [("", _("留在原状态")), *states])
        self._set("automatic", [("", _("由人办理")), ("after", _("停留一段时间后")), ("breach", _("时限超期时"))])
        self._set("on_breach", [("", "—"), *clocks])
        columns = sorted(words.fields.items(), key=lambda pair: pair[0] not in row.get("required", ()))
        self.groups = {
            "sources": (_("从哪些状态"), _many(states)),
            "roles": (_("办理角色"), _many(_roles())),
            "required": (_("必填字段"), _many([*own, *columns])),
            "start": (_("开始计时"), _many(clocks)),
            "stop": (_("停止计时"), _many([(EVERY, _("全部时限")), *clocks])),
        }
        for name, (label, field) in self.groups.items():
            field.label = label
            self.fields[name] = field
        targets = [("", "—"), *words.targets.items(), *_roles()]
        for number in range(self._notices(row)):
            self.fields[f"to_{number}"] = forms.ChoiceField(label=_("通知谁"), choices=targets, required=False)
            self.fields[f"text_{number}"] = forms.CharField(label=_("通知内容"), max_length=200, required=False)
        self._count = self._notices(row)
        self.placeholders = [(f"{{{name}}}", label) for name, label in words.placeholders.items()]

    def _set(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def _notices(row: Mapping[str, Any]) -> int:
        return max(NOTICES, len(row.get("notify", [])) + 1)

    @staticmethod
    def _initial(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
        verb = row.get("verb", "")
        found = {name: row.get(name) for name in ("label", "label_en", "to", "roles", "required", "start", "stop")}
        found["sources"] = row.get("from", [])
        found["verb"], found["own_verb"] = (verb, "") if verb in words.verbs else (OWN if verb else "", verb)
        auto = row.get("automatic") or {}
        if isinstance(auto, Mapping) and auto:
            found["automatic"] = "breach" if auto.get("on_breach") else "after"
            found["after_minutes"], found["on_breach"] = auto.get("after_minutes"), auto.get("on_breach")
        for number, notice in enumerate(row.get("notify", [])):
            found[f"to_{number}"], found[f"text_{number}"] = notice.get("to"), notice.get("text")
        return found

    def notices(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Pairs of fields for the template."""
        return [(self[f"to_{n}"], self[f"text_{n}"]) for n in range(self._count)]

    def chips(self) -> list[tuple[forms.BoundField, int]]:
        """The groups of boxes to tick beside the sources, with how many are ticked."""
        return [(self[name], len(self[name].value() or ())) for name in self.groups if name != "sources"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("verb") == OWN and not data.get("own_verb") and "own_verb" not in self.errors:
            self.add_error("own_verb", _("请填写自定义动作的代码"))
        if not data.get("sources"):
            self.add_error("sources", _("请至少选一个出发状态"))
        if data.get("automatic") == "after" and not data.get("after_minutes") and "after_minutes" not in self.errors:
            self.add_error("after_minutes", _("请填写停留多少分钟后自动执行"))
        if data.get("automatic") == "breach" and not data.get("on_breach"):
            self.add_error("on_breach", _("请选择哪个时限超期时自动执行"))
        for number in range(self._count):
            to, text = data.get(f"to_{number}"), data.get(f"text_{number}")
            if bool(to) != bool(text):
                name = f"text_{number}" if to else f"to_{number}"
                self.add_error(name, _("通知对象和内容须一起填写"))
        return data

    def row(self) -> dict[str, Any]:
        data = self.cleaned_data
        auto: dict[str, Any] = {}
        if data["automatic"] == "after":
            auto = {"after_minutes": data["after_minutes"]}
        elif data["automatic"] == "breach":
            auto = {"on_breach": data["on_breach"]}
        notices = [(data[f"to_{n}"], data[f"text_{n}"]) for n in range(self._count)]
        return {
            "verb": data["own_verb"] if data["verb"] == OWN else data["verb"],
            "from": data["sources"],
            "to": data["to"],
            **{name: data[name] for name in ("label", "label_en", "roles", "required", "start", "stop")},
            "notify": [{"to": to, "text": text} for to, text in notices if to],
            "automatic": auto or None,
        }


class TextForm(forms.Form):
    """The whole document as text."""

    text = forms.CharField(
        label=_("流程文本"), strip=False, widget=forms.Textarea(attrs={"rows": 32, "class": "fl-text", "spellcheck": "false", "wrap": "off"})
    )  # fmt: skip


class ReleaseForm(forms.Form):
    """When a draft comes into force, and why."""

    valid_from = LocalMoment(
        label=_("生效时间"), required=False, help_text=_("不填为立即生效；已提交的诉求仍按原版本办理")
    )
    note = forms.CharField(label=_("修订说明"), max_length=300, required=False, help_text=_("说明改了什么、依据什么"))


class DryRunForm(forms.Form):
    """Which past requests the draft is tried on."""

    since = forms.DateField(label=_("提交日期从"), widget=_day())
    until = forms.DateField(label=_("到（含）"), widget=_day())
    most = forms.IntegerField(label=_("最多条数"), min_value=1, help_text=_("从最近的开始取"))

    def period(self) -> tuple[dt.datetime, dt.datetime]:
        """From the beginning of the first day to the end of the last."""
        day = dt.timedelta(days=1)
        return _midnight(self.cleaned_data["since"]), _midnight(self.cleaned_data["until"] + day)


class ImportForm(forms.Form):
    """A file with a flow."""

    file = forms.FileField(label=_("流程文件"), help_text=_("TOML 或 JSON，由“导出”得到或自行编写"))
    unit = forms.ChoiceField(label=_("适用单位"), required=False)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _states(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (str(row.get("code", "")), str(row.get("label") or row.get("code", ""))) for row in document.get("states", [])
    ]


def _roles() -> list[tuple[str, str]]:
    """Roles of the business; administrators take no step of a request."""
    rows = Role.objects.exclude(kind="admin").order_by("pk").values_list("code", flat=True)
    return [(code, role_name(code)) for code in rows]
