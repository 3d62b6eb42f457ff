"""Crews and their work."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import FIELD, SHENZHEN, TRADE, standardisation
from denghuo.engine.indicators.measuring import MINUTE, mean, of_sums, share
from denghuo.engine.indicators.model import Definition, Direction, Grain, Index, Parameter, Term, Unit

DEFINITIONS = (
    Definition(
        "arrival_time", "平均到达现场时间", "mean time to arrival",
        "Mean time from acceptance of the request to the crew's arrival.",
        "到场时长之和 ÷ 到场工单数",
        mean("field_orders", _.arrive_seconds, scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, TRADE, FIELD,
    ),
    Definition(
        "work_time", "平均现场作业时间", "mean time on site",
        "Mean time from arrival to the end of the work.",
        "作业时长之和 ÷ 完工工单数",
        mean("field_orders", _.work_seconds, _.finished, scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, TRADE, FIELD,
    ),
    Definition(
        "fixed_first", "一次修复率", "fixed at the first visit",
        "Share of finished work that the first visit settled.",
        "一次修复数 ÷ 完工数",
        share("field_orders", _.fixed_first, _.finished),
        Unit.SHARE, Direction.HIGHER, TRADE, FIELD,
    ),
    Definition(
        "rework_rate", "返工率", "rework rate",
        "Share of finished work that was a second visit for the same fault.",
        "返工工单数 ÷ 完工数",
        share("field_orders", _.rework, _.finished),
        Unit.SHARE, Direction.LOWER, TRADE, FIELD,
    ),
    Definition(
        "planned_rate", "计划性工作占比", "planned-work rate",
        "Share of the work that was planned beforehand.",
        "计划内工单数 ÷ 工单总数",
        share("field_orders", _.planned),
        Unit.SHARE, Direction.HIGHER, SHENZHEN, FIELD, Grain.DAY,
    ),
    Definition(
        "saturation", "班组饱和度", "saturation of crews",
        "Work content done over the work content the crew could do.",
        "工作当量 ÷ 可用当量",
        of_sums("field_orders", _.work_points, _.capacity_points),
        Unit.SHARE, Direction.TARGET, SHENZHEN, FIELD, Grain.DAY, ours=True,
    ),
    Definition(
        "distance_score", "派单距离得分", "distance score of dispatch",
        "Mean closeness of crew and place, 0–1.",
        "距离得分之和 ÷ 工单数",
        mean("field_orders", _.distance_score),
        Unit.INDEX, Direction.HIGHER, standardisation("1.3.1"), FIELD,
    ),
    Definition(
        "skill_score", "派单技能匹配", "skill match of dispatch",
        "Mean fit of skill and work, 0–1.",
        "技能匹配之和 ÷ 工单数",
        mean("field_orders", _.skill_score),
        Unit.INDEX, Direction.HIGHER, standardisation("1.3.1"), FIELD,
    ),
    Definition(
        "load_score", "派单负载均衡", "load balance of dispatch",
        "Mean balance of the crews' load, 0–1.",
        "负载均衡之和 ÷ 工单数",
        mean("field_orders", _.load_score),
        Unit.INDEX, Direction.HIGHER, standardisation("1.3.1"), FIELD,
    ),
    Definition(
        "dispatch_efficiency", "调度效率指数", "dispatch efficiency",
        "α·distance + β·skill match + γ·load balance; the weights are divided by their sum.",
        "α·距离权重 ＋ β·技能匹配 ＋ γ·负载均衡",
        Index((Term("distance_score", "alpha"), Term("skill_score", "beta"), Term("load_score", "gamma"))),
        Unit.INDEX, Direction.HIGHER, standardisation("1.3.1"), FIELD,
        parameters=(
            Parameter("alpha", 0.4, "距离权重 α", "weight of distance"),
            Parameter("beta", 0.4, "技能权重 β", "weight of skill"),
            Parameter("gamma", 0.2, "负载权重 γ", "weight of load"),
        ),
    ),
)  # fmt: skip
