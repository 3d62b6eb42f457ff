"""What the solver found, in words: how good a roster is, what stays short and why, what a rule says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Skill, Staff
from denghuo.apps.workforce.demand.models import SLOTS
from denghuo.apps.workforce.rosters.models import ShiftType
from denghuo.apps.workforce.rosters.rule_kinds import (
    COUNT,
    KINDS,
    PER,
    PERS,
    PERSON,
    SHIFT_OR_OFF,
    TEAM,
    WEEKDAY_LIST,
    Parameter,
)
from denghuo.apps.workforce.rosters.solution_models import RosterSolution, RuleChoice


def quality(solution: RosterSolution) -> str:
    """How far a roster is from the best possible."""
    if solution.cost is None or solution.gap is None:
        return ""
    if solution.gap < 0.0005:
        return _("已证明是按现有规则和权重能排出的最好的班")
    percent = max(0.1, round(1000 * solution.gap) / 10)
    if percent >= 100:
        return _("时间不够，还不能说明与理论最优相差多少；可加大计算时间（策略 workforce.solver.seconds）")
    return _("与理论最优相差不超过 %(percent)s%%") % {"percent": f"{percent:.1f}".removesuffix(".0")}


def limit(code: str) -> str:
    """What keeps somebody from filling a gap, by the engine's code."""
    plain = {
        "leave": _("休假、备班或当天已定休息"), "locked": _("当天已锁定或有其他安排"),
        "not_allowed": _("登记不排夜班，或当日工时会超过上限"), "protected": _("登记不排夜班"),
        "rest": _("两班之间休息不够"), "runs": _("连续上班已到上限"), "days_running": _("连续上班已到上限"),
        "nights_running": _("连续夜班已到上限"), "days_week": _("当周须休息一天"), "overtime": _("当月加班已到上限"),
        "trade_off": _("可以上，但会使别处更缺人或代价更大"),
    }  # fmt: skip
    if code in plain:
        return plain[code]
    return str(KINDS[code].label) if code in KINDS else _("其他规则")


def unmet(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Needs that stay short as a page shows them: ``day``, ``what``, ``missing``, ``why``. Two statements."""
    rows = list(rows)
    names = dict(
        ShiftType.objects.filter(pk__in={pk for row in rows for pk in row["shifts"]}).values_list("pk", "name")
    )
    asked = {code.partition(":")[0] for row in rows for code in row["skill"].split()}
    skills = {one.code: one.label for one in Skill.objects.filter(code__in=asked)} if asked else {}
    return [
        {
            "day": dt.date.fromisoformat(row["day"]), "what": _what(row, names), "missing": row["missing"],
            "skill": _("、").join(skills.get(code.partition(":")[0], code) for code in row["skill"].split()),
            "why": _why(row),
        }
        for row in rows
    ]  # fmt: skip


def _what(row: Mapping[str, Any], names: Mapping[int, str]) -> str:
    if row["spans"]:
        return _("、").join(f"{_clock(begin)}–{_clock(end)}" for begin, end in row["spans"])
    return _("、").join(dict.fromkeys(names.get(pk, "") for pk in row["shifts"]))


def _clock(slot: int) -> str:
    """The time of a half hour; past 48 it is the next morning's."""
    if slot > SLOTS:
        return _("次日%(time)s") % {"time": _clock(slot - SLOTS)}
    return f"{slot // 2:02d}:{slot % 2 * 30:02d}"


def _why(row: Mapping[str, Any]) -> str:
    if row["why"] == "no_shift":
        return _("班次库里没有覆盖这个时段的班次")
    if row["why"] == "last_night":
        return _("只有前一天的夜班能覆盖，须在上一张排班表里安排")
    if row["why"] == "nobody_qualified":
        return _("没有具备所需技能的人")
    told = [
        _("%(count)s 人%(limit)s") % {"count": many, "limit": limit(code)}
        for code, many in sorted(row["reasons"].items(), key=lambda item: -item[1])
    ]
    parts = _("；").join(told)
    if row["why"] == "trade_off":
        return _("权衡的结果：%(parts)s") % {"parts": parts}
    return _("能上的人都到了上限：%(parts)s") % {"parts": parts} if parts else _("能上的人都已在班")


def rule(row: RuleChoice, people: Mapping[int, Staff]) -> str:
    """The parameters of a local rule on one line."""
    kind = KINDS[row.kind]
    parts = [
        _("%(label)s：%(value)s") % {"label": one.label, "value": _value(one, row.parameters[one.name], people)}
        for one in kind.parameters if one.name in row.parameters
    ]  # fmt: skip
    if row.people:
        parts.append(_("%(label)s：%(value)s") % {"label": _("只限"), "value": _names(row.people, people)})
    return _("；").join(parts)


def _value(one: Parameter, value: Any, people: Mapping[int, Staff]) -> str:
    if one.type == PER:
        return str(PERS[value])
    if one.type == PERSON:
        return _names([value], people)
    if one.type == TEAM:
        return _names(value, people)
    if one.type == WEEKDAY_LIST:
        return _("、").join(str(WEEKDAYS_ABBR[number]) for number in value)
    if one.type == SHIFT_OR_OFF and not value:
        return _("休息")
    if one.type == COUNT or not isinstance(value, list):
        return str(value)
    return " ".join(value)


def _names(ids: Iterable[int], people: Mapping[int, Staff]) -> str:
    return _("、").join(people[pk].display_name if pk in people else f"#{pk}" for pk in ids)
