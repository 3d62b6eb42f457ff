"""Staff: what was inspected, who was coached, who was there, who learnt."""

from __future__ import annotations

from denghuo.engine.indicators.facts.columns import (
    AGENT,
    CHANNEL,
    DAY_HEAD,
    MOMENT_HEAD,
    TEAM,
    dimension,
    flag,
    integer,
    number,
)
from denghuo.engine.indicators.model import Fact, Grain

INSPECTIONS = Fact(
    "inspections",
    "质检",
    "inspections",
    "One evaluation of one conversation or record, by the moment it was made.",
    (
        *MOMENT_HEAD,
        CHANNEL,
        AGENT,
        TEAM,
        dimension("subject", "质检对象", "inbound, call-back, online, robot, dispatch"),
        number("score", "得分", "score", "points"),
        flag("passed", "合格", "passed"),
        flag("fatal", "致命错误", "a fatal error was found"),
        flag("automatic", "智能质检", "scored by the machine"),
        flag("reviewed", "已复核", "a person checked the machine's verdict"),
        flag("agreed", "复核一致", "and found it right"),
        integer("records_checked", "抽检工单数", "records looked at"),
        integer("records_right", "正确工单数", "of them right"),
    ),
)

COACHING = Fact(
    "coaching",
    "监听与辅导",
    "coaching",
    "One act of monitoring one employee or of giving them feedback.",
    (
        *DAY_HEAD,
        AGENT,
        TEAM,
        flag("monitored", "监听", "the employee was monitored"),
        flag("feedback", "反馈辅导", "written or face-to-face feedback was given"),
    ),
    Grain.DAY,
)

STAFF_MONTHS = Fact(
    "staff_months",
    "人员月报",
    "staff by month",
    "One employee in one month; ``day`` is the first of the month.",
    (
        *DAY_HEAD,
        AGENT,
        TEAM,
        dimension("post", "岗位", "post"),
        number("present_share", "在岗份额", "share of the month employed"),
        flag("left", "离职", "left in this month"),
        flag("certified", "持证上岗", "holds the certificate of the post"),
        flag("trained", "参训", "took part in training within the last year"),
        flag("skill_passed", "技能合格", "passed the skill test"),
        integer("due_shifts", "应出勤班次", "shifts due"),
        integer("worked_shifts", "实出勤班次", "shifts worked"),
        flag("asked", "已调查", "asked about their satisfaction"),
        flag("satisfied", "满意", "satisfied with the work"),
        flag("star", "服务之星", "named star of service"),
    ),
    Grain.MONTH,
)

TRAINING = Fact(
    "training",
    "培训测评",
    "training results",
    "One person's test before and after one course.",
    (
        *DAY_HEAD,
        AGENT,
        TEAM,
        dimension("course", "课程", "course"),
        dimension("group", "组别", "intervention or control"),
        number("before", "训前得分", "before", "points"),
        number("after", "训后得分", "after", "points"),
    ),
    Grain.DAY,
)
