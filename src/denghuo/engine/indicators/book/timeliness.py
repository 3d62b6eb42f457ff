"""The on-time family: what was done within its limit, by step. The limits themselves are policies of the clocks."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import CLAIMS, HANDBOOK, OPERATIONS, TRADE, standardisation, table1
from denghuo.engine.indicators.measuring import MINUTE, mean, share
from denghuo.engine.indicators.model import Definition, Direction, Unit


def step(code: str, zh: str, en: str, of: str, source: str) -> Definition:
    """The share of the limits of one step that were kept."""
    return Definition(
        code, zh, en,
        f"Share of the limits of the step “{of}” that were kept.",
        "按时完成数 ÷ 应完成数",
        share("clocks", _.met, _.step == of),
        Unit.SHARE, Direction.HIGHER, source, CLAIMS, family="on_time", variant=of,
    )  # fmt: skip


DEFINITIONS = (
    Definition(
        "deferred_on_time", "非实时业务处理准时率", "on-time rate of deferred work",
        "Share of the limits kept on requests that did not come in real time: mail, web, fax, short message.",
        "按时处理的非实时业务数 ÷ 非实时业务数",
        share("clocks", _.met, ~_.real_time),
        Unit.SHARE, Direction.HIGHER, table1(6), CLAIMS,
    ),
    step("register_on_time", "接待登记及时率", "registered in time", "register", standardisation("2.3.1")),
    step("accept_on_time", "问题受理及时率", "accepted in time", "accept", standardisation("2.1 五步流程表")),
    step("assign_on_time", "任务分配及时率", "assigned in time", "assign", standardisation("2.1 五步流程表")),
    step("process_on_time", "处理及时率", "processed in time", "process", standardisation("2.3.1")),
    step("reply_on_time", "答复及时率", "replied in time", "reply", standardisation("2.3.1")),
    step("archive_on_time", "归档及时率", "archived in time", "archive", standardisation("2.1 五步流程表")),
    step("dispatch_on_time", "派单及时率", "dispatched in time", "dispatch", TRADE),
    step("arrive_on_time", "到达现场及时率", "arrived in time", "arrive", TRADE),
    step("outage_info_on_time", "停电信息及时率", "outage information in time", "outage_info", TRADE),
    Definition(
        "processing_time", "平均处理用时", "mean processing time",
        "Mean working time of the processing step.",
        "处理环节用时之和 ÷ 处理环节数",
        mean("clocks", _.elapsed_seconds, _.step == "process", scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.3.1"), CLAIMS,
    ),
    Definition(
        "complexity_on_time", "分级应答及时率", "answered in time by complexity",
        "Share of matters that agents settled within the limit of their complexity.",
        "时限内办结数 ÷ 应办结数",
        share("clocks", _.met, _.family == "agent"),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1.1"), OPERATIONS,
    ),
    Definition(
        "field_response_on_time", "现场响应及时率", "field response in time",
        "Share of the field-response limits of the priority table that were kept.",
        "时限内响应数 ÷ 应响应数",
        share("clocks", _.met, _.family == "field"),
        Unit.SHARE, Direction.HIGHER, standardisation("3.1.1"), OPERATIONS,
    ),
    Definition(
        "promise_rate", "承诺兑现率", "promise-fulfilment rate",
        "Share of the public service promises that fell due and were kept.",
        "兑现的服务承诺数 ÷ 到期的服务承诺数",
        share("clocks", _.met, _.promise),
        Unit.SHARE, Direction.HIGHER, f"{HANDBOOK} 第一章", CLAIMS, tags=("decision",),
    ),
)  # fmt: skip
