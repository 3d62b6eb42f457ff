"""Reading a plan from JSON, with every fault named by its field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.contacts.plans.definition import (
    ALWAYS,
    CALENDAR,
    MODES,
    WEEK,
    WINDOWS,
    Announcements,
    Hours,
    LadderStep,
    Levels,
    Plan,
    Words,
)
from denghuo.core.inputs import Form
from denghuo.engine.worktime import windows_from_pairs

MAX_LEVEL = 5
MAX_STEPS = 15
MAX_SKILLS = 30
LONGEST_WAIT = 24 * 3600
LONGEST_TEXT = 200
BIG = 1_000_000

_TOP = {
    "required", "language_level", "base_points", "ageing_per_minute", "target_seconds", "affinity_seconds", "ladder",
    "hours", "announcements",
}  # fmt: skip
_STEP = {"after_seconds", "waiting_over", "lower", "alternative", "drop_language", "echelon"}
_HOURS = {"mode", "windows", "closed_on_holidays", "calendar"}
_ANNOUNCE = {"wait", "closed", "callback_over_seconds", "message_over_seconds", "max_waiting"}


def parse(definition: Any, *, skills: Collection[str] | None = None, calendars: Collection[str] | None = None) -> Plan:
    """The plan of a stored or sent definition; what is missing has its default.

    ``skills`` and ``calendars`` are the codes that exist; None skips that check (a stored plan stays readable when a
    skill is gone). Raises InvalidInput with a fault for each field, dotted (``ladder.0.after_seconds``).
    """
    reader = _Reader(skills, calendars)
    plan = reader.plan(definition)
    reader.form.finish()
    return plan


class _Reader:
    def __init__(self, skills: Collection[str] | None, calendars: Collection[str] | None) -> None:
        self.form = Form()
        self.skills = skills
        self.calendars = calendars

    def plan(self, raw: Any) -> Plan:
        data = self.mapping("definition", raw, _TOP)
        required = self.levels("required", data.get("required"), lowest=1)
        if len(required) > MAX_SKILLS:
            self.form.wrong("required", _("最多要求 %(most)s 项技能，请精简") % {"most": MAX_SKILLS})
        language_level = self.whole("language_level", data.get("language_level", 1), 0, MAX_LEVEL) or 0
        ladder = self.ladder(data.get("ladder"))
        self.order(ladder)
        self.widening(required, language_level, ladder)
        return Plan(
            required=required,
            language_level=language_level,
            base_points=self.number("base_points", data.get("base_points", 0), -BIG, BIG),
            ageing_per_minute=self.number("ageing_per_minute", data.get("ageing_per_minute", 1), 0.001, 50),
            target_seconds=self.whole("target_seconds", data.get("target_seconds", 20), 1, LONGEST_WAIT) or 20,
            affinity_seconds=self.whole("affinity_seconds", data.get("affinity_seconds", 0), 0, LONGEST_WAIT) or 0,
            ladder=ladder,
            hours=self.hours(data.get("hours")),
            announcements=self.announcements(data.get("announcements")),
        )

    def mapping(self, name: str, raw: Any, known: Collection[str]) -> Mapping[str, Any]:
        if raw is None:
            return {}
        if not isinstance(raw, Mapping):
            self.form.wrong(name, _("应为一组“名称: 值”，请按示例填写"))
            return {}
        unknown = sorted(str(key) for key in raw if key not in known)
        if unknown:
            self.form.wrong(name, _("没有这些项目：%(names)s，请删去") % {"names": _("、").join(unknown)[:200]})
        return raw

    def whole(self, name: str, raw: Any, low: int, high: int, *, required: bool = True) -> int | None:
        if raw is None and not required:
            return None
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            self.form.wrong(name, _("请填写 %(low)s 到 %(high)s 之间的整数") % {"low": low, "high": high})
            return None
        return raw

    def number(self, name: str, raw: Any, low: float, high: float) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not low <= raw <= high:
            self.form.wrong(name, _("请填写 %(low)s 到 %(high)s 之间的数") % {"low": low, "high": high})
            return max(low, min(high, 1.0))
        return float(raw)

    def flag(self, name: str, raw: Any) -> bool:
        if raw is None:
            return False
        if not isinstance(raw, bool):
            self.form.wrong(name, _("请选择是或否"))
        return raw is True

    def levels(self, name: str, raw: Any, *, lowest: int) -> Levels:
        if raw is None:
            return {}
        if not isinstance(raw, Mapping):
            self.form.wrong(name, _("应为“技能: 等级”，请按示例填写"))
            return {}
        found = {}
        for code, level in raw.items():
            where = f"{name}.{code}"
            if not isinstance(code, str) or not code or code.startswith("@"):
                self.form.wrong(name, _("请选择技能"))
            elif self.skills is not None and code not in self.skills:
                self.form.wrong(where, _("没有“%(code)s”这项技能，请从列表中选择") % {"code": code})
            elif (value := self.whole(where, level, lowest, MAX_LEVEL)) is not None:
                found[code] = value
        return found

    def ladder(self, raw: Any) -> tuple[LadderStep, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list | tuple):
            self.form.wrong("ladder", _("应为一列放宽步骤，请按示例填写"))
            return ()
        if len(raw) > MAX_STEPS:
            self.form.wrong("ladder", _("最多 %(most)s 步，请合并") % {"most": MAX_STEPS})
        return tuple(self.step(f"ladder.{number}", item) for number, item in enumerate(raw[:MAX_STEPS]))

    def step(self, at: str, raw: Any) -> LadderStep:
        data = self.mapping(at, raw, _STEP)
        step = LadderStep(
            after_seconds=self.whole(f"{at}.after_seconds", data.get("after_seconds"), 1, LONGEST_WAIT, required=False),
            waiting_over=self.whole(f"{at}.waiting_over", data.get("waiting_over"), 1, BIG, required=False),
            lower=self.levels(f"{at}.lower", data.get("lower"), lowest=0),
            alternative=self.levels(f"{at}.alternative", data.get("alternative"), lowest=1),
            drop_language=self.flag(f"{at}.drop_language", data.get("drop_language")),
            echelon=self.whole(f"{at}.echelon", data.get("echelon", 0), 0, 9) or 0,
        )
        if step.after_seconds is None and step.waiting_over is None and f"{at}.after_seconds" not in self.form.faults:
            self.form.wrong(f"{at}.after_seconds", _("请填写等待多少秒后，或排队多少个后放宽"))
        return step

    def order(self, ladder: tuple[LadderStep, ...]) -> None:
        """Each step opens later than the one before it, and no step is narrower."""
        seconds, waiting, echelon = 0, 0, 0
        for number, step in enumerate(ladder):
            at = f"ladder.{number}"
            if step.after_seconds is not None:
                if number and step.after_seconds <= seconds:
                    self.form.wrong(f"{at}.after_seconds", _("应大于上一步的 %(seconds)s 秒") % {"seconds": seconds})
                seconds = max(seconds, step.after_seconds)
            if step.waiting_over is not None:
                if number and step.waiting_over <= waiting:
                    self.form.wrong(f"{at}.waiting_over", _("应大于上一步的 %(count)s 个") % {"count": waiting})
                waiting = max(waiting, step.waiting_over)
            if step.echelon < echelon:
                self.form.wrong(f"{at}.echelon", _("不能低于上一步的第 %(echelon)s 梯队") % {"echelon": echelon})
            echelon = max(echelon, step.echelon)

    def widening(self, required: Levels, language_level: int, ladder: tuple[LadderStep, ...]) -> None:
        """A level is only ever lowered, of a skill that is asked for; and each step admits somebody more."""
        asked, language, echelon = dict(required), language_level == 0, 0
        alternatives: list[dict[str, int]] = []
        for number, step in enumerate(ladder):
            at, widens = f"ladder.{number}", False
            for code, level in step.lower.items():
                levels = [known[code] for known in (asked, *alternatives) if code in known]
                if not levels:
                    self.form.wrong(f"{at}.lower.{code}", _("这一步之前并不要求该技能，不能再放宽"))
                elif level >= max(levels):
                    self.form.wrong(f"{at}.lower.{code}", _("只能低于现在要求的 %(level)s 级") % {"level": max(levels)})
                else:
                    widens = True
                    for known in (asked, *alternatives):
                        _lower(known, code, level)
            if step.alternative:
                widens = True
                if any(_covers(known, step.alternative) for known in (asked, *alternatives)):
                    self.form.wrong(f"{at}.alternative", _("满足这组技能的坐席此前已可接听，请改为更宽的条件"))
                alternatives.append(dict(step.alternative))
            widens = widens or (step.drop_language and not language) or step.echelon > echelon
            language, echelon = language or step.drop_language, max(echelon, step.echelon)
            if not widens and not any(name.startswith(at) for name in self.form.faults):
                self.form.wrong(
                    at, _("这一步没有放宽任何条件，请降低等级、增加替代技能、不限语言或动用梯队，或删去这一步")
                )

    def hours(self, raw: Any) -> Hours:
        data = self.mapping("hours", raw, _HOURS)
        mode = data.get("mode", ALWAYS)
        if mode not in MODES:
            self.form.wrong("hours.mode", _("请选择全天、每周时段或工作日历"))
            mode = ALWAYS
        windows = self.mapping("hours.windows", data.get("windows"), WEEK)
        kept = {}
        for day, pairs in windows.items():
            try:
                windows_from_pairs(pairs)
                kept[day] = [[str(a), str(b)] for a, b in pairs]
            except (ValueError, TypeError):
                self.form.wrong(f"hours.windows.{day}", _("时段格式不对：写成 08:30-12:00，多段用逗号分开，互不重叠"))
        if mode == WINDOWS and not any(kept.values()) and not self.form.faults:
            self.form.wrong("hours.windows", _("请至少填写一个服务时段，或改选全天服务"))
        calendar = data.get("calendar") or ""
        if mode == CALENDAR and not (isinstance(calendar, str) and calendar):
            self.form.wrong("hours.calendar", _("请选择工作日历"))
        elif mode == CALENDAR and self.calendars is not None and calendar not in self.calendars:
            self.form.wrong("hours.calendar", _("本单位没有这个工作日历，请从列表中选择"))
        holidays = self.flag("hours.closed_on_holidays", data.get("closed_on_holidays"))
        return Hours(mode, {day: kept[day] for day in WEEK if kept.get(day)}, holidays, str(calendar))

    def announcements(self, raw: Any) -> Announcements:
        at = "announcements"
        data = self.mapping(at, raw, _ANNOUNCE)

        def seconds(name: str) -> int | None:
            return self.whole(f"{at}.{name}", data.get(name), 0, LONGEST_WAIT, required=False)

        return Announcements(
            wait=self.words(f"{at}.wait", data.get("wait")),
            closed=self.words(f"{at}.closed", data.get("closed")),
            callback_over_seconds=seconds("callback_over_seconds"),
            message_over_seconds=seconds("message_over_seconds"),
            max_waiting=self.whole(f"{at}.max_waiting", data.get("max_waiting"), 1, BIG, required=False),
        )

    def words(self, at: str, raw: Any) -> Words:
        data = self.mapping(at, raw, {"zh", "en"})
        found = {}
        for language in ("zh", "en"):
            text = data.get(language) or ""
            if not isinstance(text, str):
                self.form.wrong(f"{at}.{language}", _("请填写文字"))
                text = ""
            found[language] = self.form.text(f"{at}.{language}", text, longest=LONGEST_TEXT)
        unknown = _unknown_places(found["zh"] + found["en"]) if at.endswith("wait") else []
        if unknown:
            self.form.wrong(f"{at}.zh", _("花括号里只能写 {minutes} 或 {position}，请改正"))
        if found["en"] and not found["zh"]:
            self.form.wrong(f"{at}.zh", _("请先填写中文"))
        return Words(**found)


def _unknown_places(text: str) -> list[str]:
    bare = text.replace("{minutes}", "").replace("{position}", "")
    return [sign for sign in "{}" if sign in bare]


def _lower(known: dict[str, int], code: str, level: int) -> None:
    if code not in known:
        return
    if level == 0:
        del known[code]
    else:
        known[code] = min(known[code], level)


def _covers(wide: Levels, narrow: Levels) -> bool:
    """Whoever meets ``narrow`` meets ``wide``."""
    return all(narrow.get(code, 0) >= level for code, level in wide.items())
