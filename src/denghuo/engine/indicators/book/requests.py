"""Requests through the five steps: register, accept, assign, feed back, archive; and the figures for decisions."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import (
    CLAIMS,
    COORDINATION,
    HANDBOOK,
    TRADE,
    standardisation,
)
from denghuo.engine.indicators.measuring import MINUTE, amount, count, mean, of_sums, share, total
from denghuo.engine.indicators.model import Change, Definition, Direction, Grain, Ratio, Unit

FAULT = _.request_type == "fault_report"

DEFINITIONS = (
    Definition(
        "register_completeness", "信息登记完整率", "completeness of registration",
        "Share of the items a record must hold that are filled in.",
        "已登记项数 ÷ 应登记项数",
        of_sums("requests", _.items_filled, _.items_due),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1 五步流程表"), CLAIMS,
    ),
    Definition(
        "register_accuracy", "信息登记准确率", "accuracy of registration",
        "Share of the filled items that are right.",
        "登记正确项数 ÷ 已登记项数",
        of_sums("requests", _.items_right, _.items_filled),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1 五步流程表"), CLAIMS,
    ),
    Definition(
        "feedback_frequency", "日均服务反馈次数", "feedbacks a day",
        "Times progress was told to the customer, for each day on which it had to be.",
        "反馈次数 ÷ 处理天数",
        of_sums("requests", _.feedbacks, _.feedback_days),
        Unit.COUNT, Direction.HIGHER, standardisation("2.1 五步流程表"), CLAIMS, Grain.DAY,
    ),
    Definition(
        "resolution_rate", "问题解决率", "problem-resolution rate",
        "Share of all requests whose problem is solved.",
        "已解决数 ÷ 总数",
        share("requests", _.solved),
        Unit.SHARE, Direction.HIGHER, standardisation("1.3.1、2.1 五步流程表"), CLAIMS,
    ),
    Definition(
        "archive_completeness", "归档完整率", "completeness of archived records",
        "Share of the items an archived record must hold that are there.",
        "已归档项数 ÷ 应归档项数",
        of_sums("requests", _.archive_items_filled, _.archive_items_due),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1 五步流程表"), CLAIMS,
    ),
    Definition(
        "request_fcr", "诉求一次解决率", "requests solved at once",
        "Share of ended requests solved without a second contact or rework.",
        "一次解决的诉求数 ÷ 办结的诉求数",
        share("requests", _.solved_first, _.closed),
        Unit.SHARE, Direction.HIGHER, standardisation("2.3.2"), CLAIMS, family="fcr", variant="按诉求",
    ),
    Definition(
        "completion_rate", "任务完成率", "task-completion rate",
        "Share of the requests that are ended.",
        "办结数 ÷ 总数",
        share("requests", _.closed),
        Unit.SHARE, Direction.HIGHER, standardisation("3.3.1"), CLAIMS,
    ),
    Definition(
        "completion_accuracy", "工单完成准确率", "completion accuracy",
        "Share of all requests that were solved and closed without an error.",
        "正确解决并关闭的工单数 ÷ 工单总数",
        share("requests", _.correct),
        Unit.SHARE, Direction.HIGHER, standardisation("3.3.2"), CLAIMS,
    ),
    Definition(
        "dispatch_accuracy", "派单准确率", "dispatch accuracy",
        "Share of the dispatched requests that were not sent back.",
        "（派单数 － 退单数）÷ 派单数",
        share("requests", ~_.returned, _.dispatched),
        Unit.SHARE, Direction.HIGHER, f"{TRADE}；{COORDINATION} 4.5", CLAIMS,
    ),
    Definition(
        "passed_first", "工单一次合格率", "passed at the first review",
        "Share of the reviewed requests that passed their first review.",
        "一次审核合格数 ÷ 审核数",
        share("requests", _.passed_first, _.reviewed),
        Unit.SHARE, Direction.HIGHER, TRADE, CLAIMS,
    ),
    Definition(
        "urge_rate", "催办率", "urge rate",
        "Share of requests about which the customer asked again.",
        "被催办的诉求数 ÷ 诉求总数",
        share("requests", _.urged),
        Unit.SHARE, Direction.LOWER, TRADE, CLAIMS,
    ),
    Definition(
        "mean_response", "平均响应时间 T1", "mean response time T1",
        "Mean time from acceptance to the first response.",
        "ΣT1 ÷ 诉求数",
        mean("requests", _.response_seconds, scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.1.1、2.3.2"), CLAIMS,
    ),
    Definition(
        "mean_dispatch", "平均派单时间 T2", "mean dispatch time T2",
        "Mean time from the response to the hand-over to a unit.",
        "ΣT2 ÷ 诉求数",
        mean("requests", _.dispatch_seconds, scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.1.1"), CLAIMS,
    ),
    Definition(
        "mean_completion", "平均完成时间 T3", "mean completion time T3",
        "Mean time from the hand-over to the end of the work.",
        "ΣT3 ÷ 诉求数",
        mean("requests", _.completion_seconds, scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.1.1"), CLAIMS,
    ),
    Definition(
        "mean_total", "平均总时长 T", "mean total time T",
        "Mean of T = T1 + T2 + T3.",
        "Σ(T1＋T2＋T3) ÷ 诉求数",
        mean("requests", (_.response_seconds + _.dispatch_seconds + _.completion_seconds), scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.1.1"), CLAIMS, family="cycle", variant="T1＋T2＋T3", ours=True,
    ),
    Definition(
        "resolution_cycle", "解决周期", "resolution cycle",
        "Mean of diagnosis, notification and resolution together.",
        "Σ(诊断＋通知＋解决) ÷ 诉求数",
        mean("requests", (_.diagnosis_seconds + _.notification_seconds + _.resolution_seconds), scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.3.2"), CLAIMS, family="cycle", variant="诊断＋通知＋解决",
    ),
    Definition(
        "fault_handling", "故障平均处理时长", "mean handling time of faults",
        "Mean total time of fault reports that have ended.",
        "故障报修总时长之和 ÷ 办结的故障报修数",
        mean("requests", _.total_seconds, FAULT & _.closed, scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("2.1.1"), CLAIMS,
    ),
    Definition(
        "fault_handling_gain", "故障处理时长降幅", "fall of the handling time of faults",
        "Fall of the mean handling time of faults against the period before.",
        "（上期 － 本期）÷ 上期",
        Change("fault_handling", fall=True),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1.1"), CLAIMS, Grain.DAY, ours=True,
    ),
    Definition(
        "requests_count", "诉求量", "requests",
        "Requests accepted; by business type the eight counts.",
        "受理的诉求数",
        amount(count("requests")),
        Unit.COUNT, Direction.TARGET, f"{COORDINATION} 1", CLAIMS,
    ),
    Definition(
        "faults_count", "故障报修量", "fault reports",
        "Fault reports; by voltage level and by equipment type they serve the decisions of production.",
        "故障报修数（按电压等级、设备类型）",
        amount(count("requests", FAULT)),
        Unit.COUNT, Direction.LOWER, f"{HANDBOOK} 第一章", CLAIMS, tags=("decision",),
    ),
    Definition(
        "faults_per_100k", "每十万户报修率", "fault reports per 100,000 households",
        "Fault reports for every 100,000 customer accounts.",
        "故障报修数 ÷ 户数 × 100000",
        Ratio(count("requests", FAULT), total("households", _.accounts), scale=100_000.0),
        Unit.INDEX, Direction.LOWER, TRADE, CLAIMS, Grain.MONTH, tags=("decision",),
    ),
)  # fmt: skip
