"""What customers say: call-backs, surveys, complaints; and what was checked at the touchpoints."""

from __future__ import annotations

from denghuo.engine.indicators.facts.columns import (
    AGENT,
    CHANNEL,
    DAY_HEAD,
    MOMENT_HEAD,
    REQUEST_TYPE,
    TEAM,
    dimension,
    flag,
    integer,
)
from denghuo.engine.indicators.model import Fact, Grain

CALL_BACKS = Fact(
    "call_backs",
    "回访",
    "call-backs",
    "One call-back that was due, by the moment it was due.",
    (
        *MOMENT_HEAD,
        CHANNEL,
        REQUEST_TYPE,
        flag("called", "已回访", "at least one attempt was made"),
        flag("reached", "接通", "the customer was reached"),
        flag("rated", "已评价", "the customer said whether they are satisfied"),
        flag("satisfied", "满意", "satisfied"),
        flag("dissatisfied", "不满意", "dissatisfied"),
        flag("dissatisfied_called", "不满意已复访", "a dissatisfied customer was called about the reason"),
    ),
)

SURVEYS = Fact(
    "surveys",
    "满意度评价",
    "surveys",
    "One invitation to rate, by the moment it was sent; answers are empty where none came.",
    (
        *MOMENT_HEAD,
        CHANNEL,
        REQUEST_TYPE,
        AGENT,
        TEAM,
        dimension("questionnaire", "问卷", "questionnaire of the channel"),
        dimension("touchpoint", "触点", "touchpoint"),
        flag("answered", "参评", "an answer came"),
        integer("score", "评分", "1–5"),
        flag("satisfied", "满意", "counts as satisfied"),
        integer("recommend", "推荐意愿", "0–10"),
        integer("effort", "费力度", "1–5, 5 is easy"),
        integer("servqual_expected", "期望", "SERVQUAL expectation, 1–7"),
        integer("servqual_perceived", "感知", "SERVQUAL perception, 1–7"),
        dimension("servqual_dimension", "SERVQUAL 维度", "SERVQUAL dimension"),
    ),
)

COMPLAINTS = Fact(
    "complaints",
    "投诉",
    "complaints",
    "One complaint, by the moment it was accepted.",
    (
        *MOMENT_HEAD,
        CHANNEL,
        dimension("category", "投诉类别", "category"),
        dimension("grade", "投诉等级", "grade"),
        flag("valid", "属实", "found true"),
        flag("closed", "已办结", "ended"),
        flag("solved_first", "一次解决", "solved without a second complaint about the same matter"),
        integer("response_hours", "响应时长", "from acceptance to the first answer", "h"),
        integer("solve_hours", "办结时长", "from acceptance to the end", "h"),
    ),
)

TOUCHPOINT_CHECKS = Fact(
    "touchpoint_checks",
    "触点检查",
    "touchpoint checks",
    "One check of one standard at one touchpoint.",
    (
        *DAY_HEAD,
        CHANNEL,
        dimension("touchpoint", "触点", "touchpoint"),
        dimension("standard", "标准", "standard"),
        flag("compliant", "符合", "as the standard says"),
    ),
    Grain.DAY,
)
