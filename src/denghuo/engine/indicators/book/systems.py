"""Systems, lines and money."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import GUIDELINE, OPERATIONS, TECHNOLOGY, TRADE, table1
from denghuo.engine.indicators.measuring import count, of_sums, total
from denghuo.engine.indicators.model import Definition, Direction, Grain, Ratio, Unit

DEFINITIONS = (
    Definition(
        "line_outage_rate", "电信及网络线路故障率", "outage rate of telecom and network lines",
        "Time lines were out of service over the time they should serve.",
        "年线路中断时间 ÷ 总服务时间",
        of_sums("downtime", _.outage_seconds, _.service_seconds, _.kind == "line"),
        Unit.SHARE, Direction.LOWER, table1(14), TECHNOLOGY, Grain.DAY,
    ),
    Definition(
        "application_outage_rate", "应用程序故障率", "outage rate of applications",
        "Time applications were out of service over the time they should serve.",
        "年应用中断时间 ÷ 总服务时间",
        of_sums("downtime", _.outage_seconds, _.service_seconds, _.kind == "application"),
        Unit.SHARE, Direction.LOWER, table1(15), TECHNOLOGY, Grain.DAY,
    ),
    Definition(
        "cost_per_contact", "单次联络成本", "cost per contact",
        "Cost over the conversations an agent took.",
        "成本 ÷ 人工应答数",
        Ratio(total("costs", _.yuan), count("contacts", _.answered)),
        Unit.YUAN, Direction.LOWER, TRADE, OPERATIONS, Grain.DAY,
    ),
    Definition(
        "cost_per_account", "单户成本", "cost per customer account",
        "Cost for every customer account and month.",
        "成本 ÷ 户数",
        Ratio(total("costs", _.yuan), total("households", _.accounts)),
        Unit.YUAN, Direction.LOWER, f"{GUIDELINE} 5.2 d", OPERATIONS, Grain.MONTH,
    ),
)  # fmt: skip
