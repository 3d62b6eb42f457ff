"""The kinds of local rules: what each says in plain words, and what a planner fills in. Plain data; no engine."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Types of parameters: what a form shows and how :func:`denghuo.apps.workforce.rosters.rule_actions.cleaned` checks it.
SHIFTS, SHIFT_OR_OFF, ORDER, PATTERN = "shifts", "shift_or_off", "order", "pattern"
COUNT, PER, WEEKDAY_LIST, DATE, PERSON, TEAM = "count", "per", "weekdays", "date", "person", "team"
PERS = {"week": _("每周"), "month": _("每月"), "horizon": _("整张排班表")}
OFF_WORD, DUTY_WORD, ANY_WORD = "休", "班", "*"  # words of a pattern, as planners write them


@dataclass(frozen=True)
class Parameter:
    """One thing to fill in. ``required`` is of texts and choices; counts are always required unless ``least`` is None."""

    name: str
    type: str
    label: str | Promise
    required: bool = True
    least: int | None = 1
    most: int = 31
    hint: str | Promise = ""


@dataclass(frozen=True)
class Kind:
    """A kind of rule. ``hard``, ``soft``: which of the two it can be. ``people``: whether it can concern some people only."""

    code: str
    label: str | Promise
    help: str | Promise
    parameters: tuple[Parameter, ...] = ()
    hard: bool = True
    soft: bool = True
    people: bool = True


_SHIFTS = Parameter("shifts", SHIFTS, _("班次"))
_ANY_SHIFTS = Parameter("shifts", SHIFTS, _("班次"), required=False, hint=_("不选为全部"))

KINDS: dict[str, Kind] = {
    one.code: one
    for one in (
        Kind(
            "max_shifts_of_kind", _("某类班次的上限"), _("所选班次在每周、每月或整张排班表内最多上几个。"),
            (_ANY_SHIFTS, Parameter("most", COUNT, _("最多几个"), least=0), Parameter("per", PER, _("按什么计"))),
        ),
        Kind(
            "require_shift_count", _("某类班次的个数"), _("所选班次在整张排班表内至少、至多上几个。"),
            (
                _ANY_SHIFTS, Parameter("least", COUNT, _("至少几个"), least=0),
                Parameter("most", COUNT, _("至多几个"), required=False, least=0, hint=_("不填不限")),
            ),
        ),
        Kind(
            "min_run", _("连上的最少天数"), _("一旦开始上所选班次，至少连上几天，例如夜班成段。"),
            (_SHIFTS, Parameter("least", COUNT, _("至少连上几天"), least=2, most=7)),
        ),
        Kind(
            "max_run", _("连上的最多天数"), _("所选班次最多连上几天；法定的连续上班与连续夜班上限另行检查。"),
            (_ANY_SHIFTS, Parameter("most", COUNT, _("最多连上几天"))),
        ),
        Kind(
            "weekends_off", _("完整的周末休息"), _("整张排班表内至少有几个周末两天都不上班。"),
            (Parameter("least", COUNT, _("至少几个周末"), most=5),),
        ),
        Kind("whole_weekend", _("周末要上都上"), _("一个周末的两天要么都上班，要么都休息。")),
        Kind("no_isolated_day", _("不上单天班"), _("两个休息日之间不夹着只上一天的班。")),
        Kind(
            "rotation_forward", _("顺向轮班"), _("相邻两天的班次只能不变或往后轮，例如早、中、夜；休息一天后重新开始。"),
            (Parameter("order", ORDER, _("轮换次序"), hint=_("班次代码，以空格分开")),),
        ),
        Kind(
            "avoid_succession", _("不接着上"), _("上了前一个班次的次日不上后一个班次；两者都可以是休息。"),
            (Parameter("first", SHIFT_OR_OFF, _("前一天")), Parameter("second", SHIFT_OR_OFF, _("后一天"))),
        ),
        Kind(
            "after_nights_rest", _("连上夜班之后休息"), _("所选班次连上若干天之后，至少连休几天。只能是必须遵守的规则。"),
            (
                Parameter("shifts", SHIFTS, _("班次"), required=False, hint=_("不选为全部夜班")),
                Parameter("after", COUNT, _("连上几天以后"), most=7), Parameter("rest", COUNT, _("连休几天"), most=7),
            ),
            soft=False,
        ),
        Kind(
            "nights_fair", _("夜班均衡"), _("各人的夜班连同前几个月的尽量接近平均数。代替策略里的权重。"),
            hard=False, people=False,
        ),
        Kind(
            "holiday_fair", _("节假日均衡"), _("各人在法定节假日上班的天数尽量接近平均数。"), hard=False, people=False,
        ),
        Kind(
            "fixed_pattern", _("固定轮换表"),
            _("按写好的次序循环，例如“早 早 中 中 夜 休 休”。“休”是休息，“班”是任一班次，“*”是不限。"),
            (Parameter("pattern", PATTERN, _("次序"), hint=_("以空格分开")), Parameter("from", DATE, _("第一格是哪一天"))),
        ),
        Kind(
            "avoid_shift", _("不上某些班次"), _("不上所选班次，可以只限星期几。"),
            (_SHIFTS, Parameter("weekdays", WEEKDAY_LIST, _("星期"), required=False, hint=_("不选为每天"))),
        ),
        Kind(
            "pair_with_mentor", _("新人随师傅"), _("新人只在师傅上同一个班时上班。"),
            (Parameter("newcomer", PERSON, _("新人")), Parameter("mentor", PERSON, _("师傅"))), people=False,
        ),
        Kind(
            "same_team_together", _("同组同班"), _("一组人每天上相同的班次。"),
            (Parameter("team", TEAM, _("组员")),), people=False,
        ),
        Kind(
            "not_together", _("不同时上班"), _("这些人里同一个班最多几个人。"),
            (Parameter("team", TEAM, _("人员")), Parameter("most", COUNT, _("同一个班最多几人"))), people=False,
        ),
    )
}  # fmt: skip
