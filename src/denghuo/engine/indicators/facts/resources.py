"""What the centre stands on: households served, money, systems and lines, facilities and maturity."""

from __future__ import annotations

from denghuo.engine.indicators.facts.columns import DAY_HEAD, dimension, flag, integer, number
from denghuo.engine.indicators.model import Fact, Grain

HOUSEHOLDS = Fact(
    "households",
    "户数",
    "households",
    "Customer accounts of one county in one month; ``day`` is the first of the month.",
    (*DAY_HEAD, integer("accounts", "户数", "customer accounts")),
    Grain.MONTH,
)

COSTS = Fact(
    "costs",
    "成本",
    "costs",
    "Cost booked on one day.",
    (*DAY_HEAD, dimension("kind", "成本项", "kind of cost"), number("yuan", "金额", "amount", "yuan")),
    Grain.DAY,
)

DOWNTIME = Fact(
    "downtime",
    "系统与线路运行",
    "service of systems and lines",
    "One system or line on one day.",
    (
        *DAY_HEAD,
        dimension("kind", "类别", "line: telecom and network; application: program"),
        dimension("system", "系统", "system or line"),
        integer("service_seconds", "应运行时长", "time it should serve", "s"),
        integer("outage_seconds", "中断时长", "of it out of service", "s"),
    ),
    Grain.DAY,
)

ASSESSMENTS = Fact(
    "assessments",
    "评估项",
    "assessment items",
    "One item of one assessment.",
    (
        *DAY_HEAD,
        dimension("assessment", "评估", "facility or maturity"),
        dimension("item", "评估项", "item"),
        number("weight", "权重", "weight of the item"),
        number("score", "得分", "score: completion 0–1, maturity 0–10"),
        flag("applicable", "适用", "the item applies here"),
    ),
    Grain.DAY,
)
