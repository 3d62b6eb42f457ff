"""Working calendars as people write them: ``08:30-12:00 13:30-17:30`` a day, one date that differs a line."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from denghuo.core.clocks.calendar_actions import fault_of, shown_pairs
from denghuo.core.clocks.calendars import Pairs
from denghuo.core.clocks.models import WorkCalendar
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime.calendar import DAY_NAMES

DAY_LABELS: Final[dict[str, Any]] = {
    "mon": gettext_lazy("周一"),
    "tue": gettext_lazy("周二"),
    "wed": gettext_lazy("周三"),
    "thu": gettext_lazy("周四"),
    "fri": gettext_lazy("周五"),
    "sat": gettext_lazy("周六"),
    "sun": gettext_lazy("周日"),
}
REST: Final = "休"
_SEPARATORS: Final = re.compile(r"[\s,，、;；]+")
_RANGE: Final = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})")


def parse_windows(text: str) -> Pairs:
    """Pairs of times from a line; ValidationError names what cannot be read. 休 or nothing is a free day."""
    clean = text.strip()
    if clean in ("", REST, "-", "—"):
        return []
    pairs = [[f"{int(a):02d}:{b}", f"{int(c):02d}:{d}"] for a, b, c, d in _RANGE.findall(clean)]
    rest = _SEPARATORS.sub("", _RANGE.sub("", clean))
    if rest or not pairs:
        raise forms.ValidationError(
            _("“%(text)s”读不懂：时段写成 08:30-12:00，多个时段用空格隔开，休息写“休”") % {"text": (rest or clean)[:40]}
        )
    if fault := fault_of(pairs):
        raise forms.ValidationError(fault)
    return pairs


def parse_exceptions(text: str) -> dict[str, Pairs]:
    """Dates that differ, one a line: ``2026-10-01 休``, ``2026-10-10 08:30-12:00``; ValidationError names the lines."""
    found: dict[str, Pairs] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        date, _space, rest = line.strip().partition(" ")
        where = _("第 %(n)s 行") % {"n": number}
        try:
            key = dt.date.fromisoformat(date).isoformat()
            pairs = parse_windows(rest)
        except forms.ValidationError as error:
            faults.append(f"{where}：{error.messages[0]}")
            continue
        except ValueError:
            faults.append(
                _("%(where)s：“%(date)s”不是日期，请写成 2026-10-01 休") % {"where": where, "date": date[:20]}
            )
            continue
        if key in found:
            faults.append(_("%(where)s：%(date)s 写了两次，请只留一行") % {"where": where, "date": key})
        found[key] = pairs
    if faults:
        raise forms.ValidationError(faults[:10])
    return found


def exception_lines(exceptions: dict[str, Pairs]) -> str:
    """The inverse of :func:`parse_exceptions`."""
    return "\n".join(f"{date} {shown_pairs(pairs) or REST}" for date, pairs in sorted(exceptions.items()))


class CalendarForm(forms.Form):
    """A version of a calendar."""

    name = forms.CharField(
        label=gettext_lazy("代码"), max_length=40, help_text=gettext_lazy("办公日历用 office，时限与业务办理都按它计算")
    )
    label = forms.CharField(label=gettext_lazy("显示名称"), max_length=80)
    valid_from = forms.DateField(
        label=gettext_lazy("生效日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("已开始的计时仍按旧版本走完"),
    )
    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=300, help_text=gettext_lazy("文件、通知或决定的名称")
    )
    exceptions = forms.CharField(
        label=pgettext_lazy("日历", "节假日与调休"),
        required=False,
        max_length=60_000,
        help_text=gettext_lazy("一行一天：2026-10-01 休；调休或改时段写 2026-10-10 08:30-12:00 13:30-17:30"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "dh-mono"}),
    )

    def __init__(self, data: Any = None, *, units: Any, company: bool, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["org"] = forms.ModelChoiceField(
            label=_("适用单位"),
            queryset=units,
            required=not company,
            empty_label=_("全公司") if company else None,
            help_text=_("包括其下级单位，最近的单位优先"),
        )
        for day, label in DAY_LABELS.items():
            field = forms.CharField(label=label, required=False, max_length=120)
            field.widget.attrs |= {"placeholder": "休", "autocomplete": "off", "class": "dh-mono"}
            self.fields[day] = field

    def clean(self) -> dict[str, Any]:
        """Windows and exceptions as data; each fault at its own field."""
        data = super().clean() or {}
        self.windows: dict[str, Pairs] = {}
        for day in DAY_NAMES:
            try:
                self.windows[day] = parse_windows(data.get(day, ""))
            except forms.ValidationError as error:
                self.add_error(day, error)
        try:
            self.parsed = parse_exceptions(data.get("exceptions", ""))
        except forms.ValidationError as error:
            self.add_error("exceptions", error)
        return data

    def day_fields(self) -> list[forms.BoundField]:
        return [self[day] for day in DAY_NAMES]

    def unit(self) -> OrgUnit | None:
        found = self.cleaned_data.get("org")
        return found if isinstance(found, OrgUnit) else None

    def draft(self) -> WorkCalendar:
        """The version as typed, not saved; for the preview."""
        return WorkCalendar(
            name=self.cleaned_data["name"], org=self.unit(), label=self.cleaned_data["label"], windows=self.windows,
            exceptions=self.parsed, valid_from=self.cleaned_data["valid_from"],
        )  # fmt: skip


def initial_of(row: WorkCalendar | None, tomorrow: dt.date) -> dict[str, Any]:
    """What the form of a new version shows: the version it follows."""
    if row is None:
        return {"name": "", "valid_from": tomorrow}
    start = max(tomorrow, row.valid_from)
    coming = {date: pairs for date, pairs in row.exceptions.items() if date >= f"{start.year}-01-01"}
    days = {day: shown_pairs(row.windows.get(day, [])) for day in DAY_NAMES}
    return {
        "name": row.name, "label": row.label, "org": row.org_id, "exceptions": exception_lines(coming),
        "valid_from": start, **days,
    }  # fmt: skip
