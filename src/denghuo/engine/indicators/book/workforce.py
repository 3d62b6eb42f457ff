"""How well the hours of agents fit the volume."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import TRADE, WORKFORCE, table1
from denghuo.engine.indicators.measuring import of_sums, total
from denghuo.engine.indicators.model import Definition, Direction, Ratio, Unit

DEFINITIONS = (
    Definition(
        "occupancy", "工时利用率", "occupancy",
        "Share of signed-in time without breaks in which agents talked, held or wrapped up.",
        "（通话＋保持＋话后）时长 ÷（签入时长 － 离席时长）",
        of_sums("agent_time", _.handling_seconds, _.logged_in_seconds - _.aux_seconds),
        Unit.SHARE, Direction.TARGET, TRADE, WORKFORCE,
    ),
    Definition(
        "adherence", "排班遵守率", "schedule adherence",
        "Share of the scheduled time spent in the state the roster says.",
        "处于排班状态的时长 ÷ 排班时长",
        of_sums("agent_time", _.adhered_seconds, _.scheduled_seconds),
        Unit.SHARE, Direction.HIGHER, TRADE, WORKFORCE,
    ),
    Definition(
        "shrinkage", "损耗率", "shrinkage",
        "Share of the paid time in which agents were not available for contacts.",
        "（带薪时长 － 可用时长）÷ 带薪时长",
        of_sums("agent_time", _.paid_seconds - _.available_seconds, _.paid_seconds),
        Unit.SHARE, Direction.TARGET, TRADE, WORKFORCE,
    ),
    Definition(
        "forecast_ratio", "业务量预测准确率", "forecast ratio",
        "Actual volume over forecast volume; above 1 more came than was forecast.",
        "实际业务量 ÷ 预测业务量",
        of_sums("forecasts", _.actual, _.forecast),
        Unit.SHARE, Direction.TARGET, table1(16), WORKFORCE, family="forecast", variant="实际÷预测",
    ),
    Definition(
        "forecast_accuracy", "预测准确度（误差）", "forecast accuracy (by error)",
        "1 less the absolute errors of the half hours over the forecast volume.",
        "1 － Σ|实际 － 预测| ÷ Σ预测",
        Ratio(
            total("forecasts", (_.actual - _.forecast).abs()), total("forecasts", _.forecast), scale=-1.0, offset=1.0
        ),
        Unit.SHARE, Direction.HIGHER, TRADE, WORKFORCE, family="forecast", variant="误差",
    ),
)  # fmt: skip
