"""Complaints: how many, how soon, settled at once."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import HANDBOOK, QUALITY, TRADE, standardisation
from denghuo.engine.indicators.measuring import amount, count, share, total
from denghuo.engine.indicators.model import Definition, Direction, Grain, Parameter, Ratio, Unit

DEFINITIONS = (
    Definition(
        "complaints_count", "投诉量", "complaints",
        "Complaints accepted; by category they tell what customers complain about.",
        "受理的投诉数",
        amount(count("complaints")),
        Unit.COUNT, Direction.LOWER, f"{HANDBOOK} 第一章", QUALITY, tags=("decision",),
    ),
    Definition(
        "complaint_first_time", "投诉一次解决率", "complaint first-time resolution",
        "Share of the ended complaints that needed no second one about the same matter.",
        "一次解决的投诉数 ÷ 办结的投诉数",
        share("complaints", _.solved_first, _.closed),
        Unit.SHARE, Direction.HIGHER, f"{HANDBOOK} 第一章", QUALITY, tags=("decision",),
    ),
    Definition(
        "complaint_response", "投诉响应及时率", "complaints answered in time",
        "Share of the complaints answered within 7 days.",
        "7日内响应的投诉数 ÷ 投诉总数",
        share("complaints", lambda p: _.response_hours <= p["days"] * 24),
        Unit.SHARE, Direction.HIGHER, standardisation("2.3.1"), QUALITY,
        parameters=(Parameter("days", 7.0, "响应时限", "limit of the answer", "d"),),
    ),
    Definition(
        "complaint_solved", "投诉解决及时率", "complaints solved in time",
        "Share of the complaints solved within 10 days.",
        "10日内解决的投诉数 ÷ 投诉总数",
        share("complaints", lambda p: _.closed & (_.solve_hours <= p["days"] * 24)),
        Unit.SHARE, Direction.HIGHER, standardisation("2.3.1"), QUALITY,
        parameters=(Parameter("days", 10.0, "解决时限", "limit of the solution", "d"),),
    ),
    Definition(
        "complaints_per_1k", "千户投诉率", "complaints per 1,000 customers",
        "Complaints for every 1,000 customer accounts and month.",
        "投诉数 ÷ 户数 × 1000",
        Ratio(count("complaints"), total("households", _.accounts), scale=1000.0),
        Unit.INDEX, Direction.LOWER, standardisation("1.2.2"), QUALITY, Grain.MONTH,
        family="complaint_rate", variant="每千户",
    ),
    Definition(
        "complaints_per_10k", "万户投诉率", "complaints per 10,000 households",
        "Complaints for every 10,000 customer accounts and month.",
        "投诉数 ÷ 户数 × 10000",
        Ratio(count("complaints"), total("households", _.accounts), scale=10_000.0),
        Unit.INDEX, Direction.LOWER, TRADE, QUALITY, Grain.MONTH, family="complaint_rate", variant="每万户",
    ),
)  # fmt: skip
