"""Policy values as people read and fill them in: never as raw JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.core.policies.keys import PolicyKey
from denghuo.core.policies.models import TrustMark
from denghuo.core.scoping.models import OrgUnit
from denghuo.web import states

AREAS: dict[str, Any] = {
    "signin": gettext_lazy("登录"),
    "session": gettext_lazy("会话与令牌"),
    "token": gettext_lazy("会话与令牌"),
    "clock": gettext_lazy("时限"),
    "priority": gettext_lazy("优先级"),
    "dispatch": gettext_lazy("派单"),
    "order": gettext_lazy("现场作业"),
    "request": gettext_lazy("诉求"),
    "callback": gettext_lazy("回访"),
    "contact": gettext_lazy("联络"),
    "channel": gettext_lazy("渠道"),
    "outage": gettext_lazy("停电"),
    "grid": gettext_lazy("停电"),
    "file": gettext_lazy("文件"),
    "privacy": gettext_lazy("个人信息"),
    "export": gettext_lazy("导出"),
    "time": gettext_lazy("时间"),
    "calendar": gettext_lazy("工作日历"),
    "job": gettext_lazy("后台任务"),
    "live": gettext_lazy("实时推送"),
    "floor": gettext_lazy("值守大屏"),
    "metrics": gettext_lazy("值守大屏"),
    "hall": gettext_lazy("网上大厅"),
    "customers": gettext_lazy("客户"),
    "exchange": gettext_lazy("数据交换"),
    "webhook": gettext_lazy("数据交换"),
    "import": gettext_lazy("数据交换"),
    "exporting": gettext_lazy("数据交换"),
    "adapter": gettext_lazy("数据交换"),
}
_NAMED: dict[str, Any] = {"*": gettext_lazy("其余全部")}


def name_parts(labels: Mapping[str, Any]) -> None:
    """Words for parts of map values, from the app that knows them; called when its policies are declared."""
    _NAMED.update(labels)


#: state machines whose labels name the parts of a map value
PART_MACHINES = ("area", "urgency", "satisfaction", "outage", "request", "order")
NEW_ROWS = 2
TRUST_TONES = {"S": "ok", "W": "warn", "K": "info", "K?": "danger", "D": "neutral", "L": "progress"}
TYPE_UNITS = {"minutes": gettext_lazy("分钟"), "minutes_by": gettext_lazy("分钟"), "seconds": gettext_lazy("秒")}


def area_of(key: str) -> str:
    """The heading a policy stands under; the key's first word when it has no heading of its own."""
    word = key.split(".")[0]
    return str(AREAS.get(word, word))


def part_label(part: str) -> str:
    """A part of a map value in words: an area type, an urgency, a state; ``a/b`` and ``a.b`` part by part; its code when
    nobody named it."""
    if part in _NAMED:
        return str(_NAMED[part])
    for sign, joint in (("/", " · "), (".", " › ")):
        if sign in part.strip(sign):
            return joint.join(part_label(piece) for piece in part.split(sign))
    for machine in PART_MACHINES:
        look = states.states_of(machine).get(part)
        if look is not None:
            return str(look.label)
    return part


def in_order(parts: Iterable[str]) -> list[str]:
    """Parts as people list them (urban before rural): the database keeps a map's keys in an order of its own."""
    places = {part: place for machine in PART_MACHINES for place, part in enumerate(states.states_of(machine))}
    return sorted(parts, key=lambda part: (places.get(part, len(places)), part))


def trust_look(mark: str) -> tuple[Any, str, str]:
    """Badge of a trust mark: text, tone, icon."""
    icons = {"S": "shield-check", "K?": "alert-triangle", "W": "alert-circle"}
    return TrustMark(mark).label, TRUST_TONES.get(mark, "neutral"), icons.get(mark, "bookmark")


def shown(key: PolicyKey, value: Any) -> list[tuple[str, str]]:
    """A value as (part, text) pairs; a plain value has one pair without a part."""
    unit = str(key.unit or TYPE_UNITS.get(key.type, ""))
    if key.type == "window":
        return [("", f"{value['from']} – {value['to']}")]
    if isinstance(value, dict):
        return [(part_label(name), _one(value[name], unit)) for name in in_order(value)]
    if isinstance(value, list):
        return [("", _("、").join(str(item) for item in value) or "—")]
    return [("", _one(value, unit))]


def _one(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {unit}".strip()


class PolicyForm(forms.Form):
    """A new value of one policy. The control of the value follows the policy's type; a map has a row for each part."""

    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=300, help_text=gettext_lazy("文件、条款或决定的名称")
    )
    trust = forms.ChoiceField(label=gettext_lazy("可信标记"), choices=TrustMark.choices, initial=TrustMark.LOCAL)
    note = forms.CharField(
        label=gettext_lazy("调整原因"), max_length=500, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500})
    )
    valid_from = forms.DateTimeField(
        label=gettext_lazy("生效时间"),
        required=False,
        help_text=gettext_lazy("留空表示立即生效；不能早于现在"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    valid_to = forms.DateTimeField(
        label=gettext_lazy("失效时间"),
        required=False,
        help_text=gettext_lazy("留空表示长期有效"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(self, data: Any = None, *, key: PolicyKey, units: Any, company: bool, value: Any = None) -> None:
        super().__init__(data)
        self.key = key
        self.parts: list[str] = in_order(value) if isinstance(value, dict) and key.type != "window" else []
        self._value_controls(value)
        empty = _("全公司") if company else None
        self.fields["org"] = forms.ModelChoiceField(
            label=_("适用单位"),
            queryset=units,
            required=not company,
            empty_label=empty,
            help_text=_("包括其下级单位，最近的单位优先"),
        )
        self.order_fields([name for name in self.fields if name.startswith(("value", "part", "new"))])

    def _value_controls(self, value: Any) -> None:
        kind = self.key.type
        unit = str(self.key.unit or TYPE_UNITS.get(kind, ""))
        label = _("取值（%(unit)s）") % {"unit": unit} if unit else _("取值")
        if kind.endswith("_by"):
            for index, part in enumerate(self.parts):
                self.fields[f"part_{index}"] = self._scalar(kind[:-3], part_label(part), value[part], required=False)
            for index in range(NEW_ROWS):
                self.fields[f"new_name_{index}"] = forms.CharField(label=_("新类别代码"), max_length=40, required=False)
                self.fields[f"new_value_{index}"] = self._scalar(kind[:-3], label, None, required=False)
        elif kind == "window":
            for name, text in (("from", _("起")), ("to", _("止"))):
                clock = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
                initial = (value or {}).get(name)
                self.fields[f"value_{name}"] = forms.TimeField(label=text, initial=initial, widget=clock)
        elif kind == "texts":
            area = forms.Textarea(attrs={"rows": 4})
            initial = "\n".join(value or [])
            self.fields["value"] = forms.CharField(
                label=_("取值（每行一项）"), initial=initial, required=False, widget=area
            )
        else:
            self.fields["value"] = self._scalar(kind, label, value)

    @staticmethod
    def _scalar(kind: str, label: str, initial: Any, *, required: bool = True) -> forms.Field:
        if isinstance(initial, float) and initial.is_integer():
            initial = int(initial)
        if kind == "count":
            return forms.IntegerField(label=label, initial=initial, min_value=0, max_value=10**12, required=required)
        if kind in {"number", "minutes", "seconds", "ratio"}:
            lowest = None if kind == "number" else 0
            highest = 1 if kind == "ratio" else None
            step = forms.NumberInput(attrs={"step": "any"})
            return forms.FloatField(
                label=label, initial=initial, min_value=lowest, max_value=highest, required=required, widget=step
            )
        if kind == "texts":
            area, lines = forms.Textarea(attrs={"rows": 2}), "\n".join(initial or [])
            return forms.CharField(label=label, initial=lines, required=required, widget=area, help_text=_("每行一项"))
        if kind == "flag":
            choices = [("yes", _("是")), ("no", _("否"))]
            return forms.ChoiceField(
                label=label, choices=choices, initial="yes" if initial else "no", required=required
            )
        return forms.CharField(label=label, initial=initial, max_length=500, required=required)

    def value_fields(self) -> list[forms.BoundField]:
        """Controls of a plain value."""
        return [
            self[name] for name in self.fields if name.startswith("value") and name not in {"valid_from", "valid_to"}
        ]

    def part_fields(self) -> list[forms.BoundField]:
        """Controls of the parts a map has now; emptying one takes the part away."""
        return [self[f"part_{index}"] for index in range(len(self.parts))]

    def new_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Rows for further parts."""
        return [
            (self[f"new_name_{i}"], self[f"new_value_{i}"]) for i in range(NEW_ROWS) if f"new_name_{i}" in self.fields
        ]

    def value(self) -> Any:
        """What was filled in, in the shape the policy's type wants. Call after ``is_valid``."""
        data = self.cleaned_data
        kind = self.key.type
        if kind.endswith("_by"):
            found = {part: data[f"part_{i}"] for i, part in enumerate(self.parts)}
            found |= {data[f"new_name_{i}"].strip(): data[f"new_value_{i}"] for i in range(NEW_ROWS)}
            kept = {name: item for name, item in found.items() if name and item not in (None, "")}
            return {name: _lines(item) for name, item in kept.items()} if kind == "texts_by" else kept
        if kind == "window":
            return {name: _clock(data[f"value_{name}"]) for name in ("from", "to")}
        if kind == "texts":
            return _lines(data["value"])
        if kind == "flag":
            return data["value"] == "yes"
        return data["value"]

    def unit(self) -> OrgUnit | None:
        """The unit chosen; None is the whole company."""
        found = self.cleaned_data["org"]
        return found if isinstance(found, OrgUnit) else None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _clock(value: dt.time) -> str:
    return value.strftime("%H:%M")
