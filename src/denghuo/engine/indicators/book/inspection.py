"""What inspection finds, and how often people are monitored and coached."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import QUALITY, SHENZHEN, TRADE, table1
from denghuo.engine.indicators.measuring import count, mean, of_sums, share, total
from denghuo.engine.indicators.model import Definition, Direction, Grain, Ratio, Unit

DEFINITIONS = (
    Definition(
        "monitoring_score", "通话质量监控评分", "call-monitoring score",
        "Mean score of the inspected conversations.",
        "质检得分之和 ÷ 质检数",
        mean("inspections", _.score),
        Unit.POINTS, Direction.HIGHER, f"{table1(4)}；{SHENZHEN}", QUALITY, Grain.DAY,
    ),
    Definition(
        "inspection_passed", "质检合格率", "inspection pass rate",
        "Share of the inspected that passed.",
        "合格数 ÷ 质检数",
        share("inspections", _.passed),
        Unit.SHARE, Direction.HIGHER, TRADE, QUALITY, Grain.DAY,
    ),
    Definition(
        "fatal_rate", "致命错误率", "fatal error rate",
        "Share of the inspected in which a fatal error was found.",
        "致命错误数 ÷ 质检数",
        share("inspections", _.fatal),
        Unit.SHARE, Direction.LOWER, TRADE, QUALITY, Grain.DAY,
    ),
    Definition(
        "auto_inspection_accuracy", "智能质检准确率", "accuracy of automatic inspection",
        "Share of the machine's verdicts looked at by a person that were found right.",
        "复核一致数 ÷ 已复核的智能质检数",
        share("inspections", _.agreed, _.automatic & _.reviewed),
        Unit.SHARE, Direction.HIGHER, table1(13), QUALITY, Grain.DAY,
    ),
    Definition(
        "record_correctness", "工单正确率", "correctness of records",
        "Share of the records looked at that are right.",
        "正确工单数 ÷ 抽检工单数",
        of_sums("inspections", _.records_right, _.records_checked),
        Unit.SHARE, Direction.HIGHER, TRADE, QUALITY, Grain.DAY,
    ),
    Definition(
        "monitoring_frequency", "人均月监听次数", "monitorings per employee and month",
        "Times an employee was monitored in a month, in the mean of all employed.",
        "监听次数 ÷ 在岗人月",
        Ratio(count("coaching", _.monitored), total("staff_months", _.present_share)),
        Unit.PER_HEAD, Direction.TARGET, table1(11), QUALITY, Grain.MONTH, family="monitoring", variant="监听",
    ),
    Definition(
        "feedback_coaching", "人均月反馈辅导次数", "feedbacks per employee and month",
        "Times an employee was given written or face-to-face feedback in a month, in the mean of all employed.",
        "反馈辅导次数 ÷ 在岗人月",
        Ratio(count("coaching", _.feedback), total("staff_months", _.present_share)),
        Unit.PER_HEAD, Direction.TARGET, table1(11), QUALITY, Grain.MONTH, family="monitoring", variant="反馈",
    ),
)  # fmt: skip
