"""The form of a queue's plan: rows a planner fills in, turned into a definition, with each fault back at its row.

Fields carry what was typed; :mod:`denghuo.apps.contacts.plans` checks it, so page and API refuse alike.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.contacts.plans import LadderStep, Plan
from denghuo.apps.contacts.plans.definition import ALWAYS, CALENDAR, WEEK, WINDOWS
from denghuo.core.errors import InvalidInput

DAYS = dict(
    zip(
        WEEK,
        (
            gettext_lazy("周一"), gettext_lazy("周二"), gettext_lazy("周三"), gettext_lazy("周四"), gettext_lazy("周五"),
            gettext_lazy("周六"), gettext_lazy("周日"),
        ),
        strict=True,
    )
)  # fmt: skip
PAIRS = 2  # skills a step may lower, or ask for instead, before more rows are needed
SPARE = 1
MOST_ROWS = 15
ROW = re.compile(r"(req|step)-(\d{1,2})-")

Rows = list[dict[str, Any]]


class PlanForm(forms.Form):
    """One plan. ``rows_required`` and ``rows_steps`` give the bound fields row by row for the template."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        plan: Plan,
        skills: Mapping[str, str],
        calendars: Mapping[str, str],
    ) -> None:
        super().__init__(data)
        self.skill_choices = [("", _("选择技能")), *skills.items()]
        self.places: dict[str, str] = {}
        self._required = _indices(data, "req", len(plan.required))
        self._steps = _indices(data, "step", len(plan.ladder))
        self._whole(plan)
        required = list(plan.required.items())
        for row in self._required:
            self._pair(f"req-{row}", required[row] if row < len(required) else ("", ""), range(1, 6))
        for row in self._steps:
            self._step(row, plan.ladder[row] if row < len(plan.ladder) else None)
        self._hours(plan, calendars)
        self._words(plan)

    # --- fields ------------------------------------------------------------------------------------------------------

    def _add(
        self, name: str, label: Any, initial: Any, *, choices: Any = None, long: bool = False, **attrs: Any
    ) -> None:
        widget: forms.Widget = forms.TextInput(attrs=attrs)
        if choices is not None:
            widget = forms.Select(choices=list(choices), attrs=attrs)
        elif long:
            widget = forms.Textarea(attrs={"rows": 3, **attrs})
        self.fields[name] = forms.CharField(label=label, initial=initial, required=False, widget=widget)

    def _number(self, name: str, label: Any, initial: Any) -> None:
        self._add(name, label, "" if initial is None else f"{initial:g}", inputmode="decimal", autocomplete="off")

    def _pair(self, prefix: str, initial: tuple[str, Any], levels: range) -> None:
        self._add(f"{prefix}-skill", _("技能"), initial[0], choices=self.skill_choices)
        shown = [("", _("等级")), *((str(n), _("%(level)s 级") % {"level": n} if n else _("不再要求")) for n in levels)]
        self._add(f"{prefix}-level", _("最低等级"), str(initial[1]), choices=shown)

    def _whole(self, plan: Plan) -> None:
        levels = [("0", _("不看语种")), *((str(n), _("%(level)s 级以上") % {"level": n}) for n in range(1, 6))]
        self._number("target_seconds", _("应答目标（秒）"), plan.target_seconds)
        self._number("base_points", _("基础分"), plan.base_points)
        self._number("ageing_per_minute", _("每等一分钟加分"), plan.ageing_per_minute)
        self._number("affinity_seconds", _("优先等待上次坐席（秒）"), plan.affinity_seconds)
        self._add("language_level", _("外语客户要求的语言等级"), str(plan.language_level), choices=levels)

    def _step(self, row: int, step: LadderStep | None) -> None:
        at = f"step-{row}"
        known = step or LadderStep()
        self._number(f"{at}-after", _("等待满（秒）"), known.after_seconds)
        self._number(f"{at}-over", _("或排队达（个）"), known.waiting_over)
        for name, pairs, levels in (("low", known.lower, range(5)), ("alt", known.alternative, range(1, 6))):
            given = list(pairs.items())
            for slot in range(max(PAIRS, len(given))):
                self._pair(f"{at}-{name}{slot}", given[slot] if slot < len(given) else ("", ""), levels)
        self.fields[f"{at}-drop"] = forms.BooleanField(label=_("不限语种"), initial=known.drop_language, required=False)
        reserves = [("0", _("不动用")), *((str(n), _("第 %(n)s 梯队") % {"n": n}) for n in range(1, 10))]
        self._add(f"{at}-echelon", _("动用梯队"), str(known.echelon), choices=reserves)

    def _hours(self, plan: Plan, calendars: Mapping[str, str]) -> None:
        hours = plan.hours
        modes = ((ALWAYS, _("全天 24 小时")), (WINDOWS, _("每周时段")), (CALENDAR, _("工作日历")))
        self._add("mode", _("服务时间"), hours.mode, choices=modes)
        self._add("calendar", _("工作日历"), hours.calendar, choices=[("", "—"), *calendars.items()])
        for day, label in DAYS.items():
            text = ", ".join(f"{begin}-{end}" for begin, end in hours.windows.get(day, ()))
            self._add(f"day-{day}", label, text, placeholder="08:30-12:00, 13:30-17:30", autocomplete="off")
        self.fields["holidays"] = forms.BooleanField(
            label=_("法定节假日不服务，调休上班日照常"), initial=hours.closed_on_holidays, required=False
        )

    def _words(self, plan: Plan) -> None:
        told = plan.announcements
        self._add("wait_zh", _("等候提示"), told.wait.zh, long=True, maxlength=200)
        self.fields["wait_zh"].help_text = _("可写 {position}（排第几位）和 {minutes}（预计分钟）")
        self._add("wait_en", _("等候提示（英文）"), told.wait.en, long=True, maxlength=200)
        self._add("closed_zh", _("非服务时间提示"), told.closed.zh, long=True, maxlength=200)
        self._add("closed_en", _("非服务时间提示（英文）"), told.closed.en, long=True, maxlength=200)
        self._number("callback_over", _("预计等待超过多少秒可选回呼"), told.callback_over_seconds)
        self._number("message_over", _("预计等待超过多少秒可选留言"), told.message_over_seconds)
        self._number("max_waiting", _("排队达多少个后只能留言"), told.max_waiting)
        self._add("valid_from", _("生效时间"), "", type="datetime-local")
        self.fields["valid_from"].widget.input_type = "datetime-local"  # type: ignore[attr-defined]
        self.fields["valid_from"].help_text = _("不填为立即生效")
        self._add("note", _("修改说明"), "", maxlength=200)

    # --- rows for the template ---------------------------------------------------------------------------------------

    @property
    def rows_required(self) -> Rows:
        return [self._shown_pair(f"req-{row}") for row in self._required]

    @property
    def rows_steps(self) -> Rows:
        rows = []
        for number, row in enumerate(self._steps, start=1):
            at = f"step-{row}"
            slots = {
                name: [self._shown_pair(f"{at}-{name}{slot}") for slot in self._slots(at, name)]
                for name in ("low", "alt")
            }
            own = {name: self[f"{at}-{name}"] for name in ("after", "over", "drop", "echelon")}
            blank = self._blank(at) and not any(self[name].errors for name in self.fields if name.startswith(f"{at}-"))
            rows.append({**own, **slots, "number": number, "row": row, "blank": blank})
        return rows

    @property
    def rows_days(self) -> list[forms.BoundField]:
        return [self[f"day-{day}"] for day in WEEK]

    def _shown_pair(self, prefix: str) -> dict[str, Any]:
        skill, level = self[f"{prefix}-skill"], self[f"{prefix}-level"]
        return {"skill": skill, "level": level, "errors": [*skill.errors, *level.errors]}

    def _slots(self, at: str, name: str) -> list[int]:
        return [n for n in range(PAIRS + MOST_ROWS) if f"{at}-{name}{n}-skill" in self.fields]

    # --- the definition ----------------------------------------------------------------------------------------------

    def _text(self, name: str) -> str:
        value = self[name].value()
        return str(value).strip() if value not in (None, False) else ""

    def _flag(self, name: str) -> bool:
        return bool(self[name].value())

    def _value(self, name: str) -> Any:
        """A number, None for nothing, or what was typed: the check then says what is wrong with it."""
        text = self._text(name).replace("，", ",").replace("。", ".")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() and abs(number) < 1e12 else number

    def _pairs(self, prefixes: list[str], at: str) -> dict[str, Any]:
        found = {}
        for prefix in prefixes:
            skill, level = self._text(f"{prefix}-skill"), self._value(f"{prefix}-level")
            if not skill and level is None:
                continue
            self.places[f"{at}.{skill}"] = f"{prefix}-level" if skill else f"{prefix}-skill"
            if not skill or skill in found:
                self.add_error(f"{prefix}-skill", _("该技能已列出，请合并") if skill else _("请选择技能"))
                continue
            found[skill] = level
        return found

    def _blank(self, at: str) -> bool:
        names = [name for name in self.fields if name.startswith(f"{at}-")]
        return not any(
            self._flag(name) if name.endswith("-drop") else self._text(name) not in ("", "0") for name in names
        )

    def _or(self, name: str, default: Any) -> Any:
        value = self._value(name)
        return default if value is None else value

    def definition(self) -> dict[str, Any]:
        """What was typed as a definition; blank rows are left out. Fills :attr:`places` for :meth:`blame`."""
        self.full_clean()
        ladder = []
        for row in self._steps:
            if not self._blank(f"step-{row}"):
                ladder.append(self._step_definition(f"step-{row}", f"ladder.{len(ladder)}"))
        for path, name in (
            ("required", "req-0-skill"), ("hours.mode", "mode"), ("hours.calendar", "calendar"), ("hours.windows", "day-mon"),
            ("announcements.wait", "wait_zh"), ("announcements.closed", "closed_zh"),
            ("announcements.callback_over_seconds", "callback_over"),
            ("announcements.message_over_seconds", "message_over"), ("announcements.max_waiting", "max_waiting"),
            *((f"hours.windows.{day}", f"day-{day}") for day in WEEK),
            *((f"announcements.{kind}.en", f"{kind}_en") for kind in ("wait", "closed")),
        ):  # fmt: skip
            self.places[path] = name
        words = {kind: {"zh": self._text(f"{kind}_zh"), "en": self._text(f"{kind}_en")} for kind in ("wait", "closed")}
        return {
            "required": self._pairs([f"req-{row}" for row in self._required], "required"),
            "language_level": self._or("language_level", 0),
            "base_points": self._or("base_points", 0),
            "ageing_per_minute": self._or("ageing_per_minute", ""),
            "target_seconds": self._or("target_seconds", ""),
            "affinity_seconds": self._or("affinity_seconds", 0),
            "ladder": ladder,
            "hours": {
                "mode": self._text("mode"),
                "windows": {day: _windows(self._text(f"day-{day}")) for day in WEEK if self._text(f"day-{day}")},
                "closed_on_holidays": self._flag("holidays"),
                "calendar": self._text("calendar"),
            },
            "announcements": {
                **words,
                "callback_over_seconds": self._value("callback_over"),
                "message_over_seconds": self._value("message_over"),
                "max_waiting": self._value("max_waiting"),
            },
        }

    def _step_definition(self, at: str, path: str) -> dict[str, Any]:
        names = {"after_seconds": "after", "waiting_over": "over", "echelon": "echelon", "lower": "low0-skill"}
        self.places |= {f"{path}.{key}": f"{at}-{name}" for key, name in names.items()}
        self.places |= {path: f"{at}-after", f"{path}.alternative": f"{at}-alt0-skill"}
        return {
            "after_seconds": self._value(f"{at}-after"),
            "waiting_over": self._value(f"{at}-over"),
            "lower": self._pairs([f"{at}-low{slot}" for slot in self._slots(at, "low")], f"{path}.lower"),
            "alternative": self._pairs([f"{at}-alt{slot}" for slot in self._slots(at, "alt")], f"{path}.alternative"),
            "drop_language": self._flag(f"{at}-drop"),
            "echelon": self._or(f"{at}-echelon", 0),
        }

    @property
    def note(self) -> str:
        """The remark about the change."""
        return self._text("note")

    def moment(self) -> Any:
        """The stated beginning; None for at once. A time that is none is a fault of its field."""
        text = self._text("valid_from")
        if not text:
            return None
        try:
            return timezone.make_aware(dt.datetime.fromisoformat(text))
        except ValueError:
            self.add_error("valid_from", _("时间格式不对，请重新选择"))
            return None

    def blame(self, error: InvalidInput) -> None:
        """Put each fault of the check at the field it came from."""
        for path, messages in error.fields.items():
            self.add_error(self._place(path), list(messages))

    def _place(self, path: str) -> str | None:
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            known = ".".join(parts[:length])
            name = self.places.get(known, known if known in self.fields else "")
            if name in self.fields:
                return name
        return None


def _indices(data: QueryDict | None, kind: str, count: int) -> list[int]:
    """Row numbers of a form: those that were sent, or one for each that is there and a spare one."""
    if data is not None:
        found = {int(match[2]) for name in data if (match := ROW.match(name)) and match[1] == kind}
        if found:
            return sorted(found)[:MOST_ROWS]
    return list(range(min(count + SPARE, MOST_ROWS)))


def _windows(text: str) -> Any:
    """ "08:30-12:00, 13:30-17:30" as pairs; what cannot be read stays text and is refused by the check."""
    pairs = []
    for part in re.split(r"[,，、;；\s]+", text.replace("：", ":")):
        if not part:
            continue
        times = re.split(r"[-–—~至到]", part)
        if len(times) != 2:
            return text
        pairs.append([time if len(time) == 5 else f"0{time}" for time in (times[0].strip(), times[1].strip())])
    return pairs
