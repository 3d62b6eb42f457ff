"""What customers say of the service."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import (
    COORDINATION,
    EXPERIENCE,
    GUIDELINE,
    HANDBOOK,
    TRADE,
    standardisation,
)
from denghuo.engine.indicators.measuring import count, mean, share, total
from denghuo.engine.indicators.model import Change, Definition, Direction, Gain, Grain, Parameter, Ratio, Unit

DEFINITIONS = (
    Definition(
        "csat", "客户满意率", "customer satisfaction",
        "Share of the rated that were satisfied.",
        "满意数 ÷ 参评数",
        share("surveys", _.satisfied, _.answered),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2"), EXPERIENCE, family="csat", variant="百分比", ours=True,
    ),
    Definition(
        "csat_score", "客户满意度评分", "customer satisfaction score",
        "Mean score of the answers, 1–5.",
        "评分之和 ÷ 参评数",
        mean("surveys", _.score, _.answered),
        Unit.SCORE, Direction.HIGHER, standardisation("3.3.2"), EXPERIENCE, family="csat", variant="五分制",
    ),
    Definition(
        "response_rate", "参评率", "response rate of surveys",
        "Share of the invitations that were answered.",
        "参评数 ÷ 邀请数",
        share("surveys", _.answered),
        Unit.SHARE, Direction.HIGHER, TRADE, EXPERIENCE,
    ),
    Definition(
        "nps", "净推荐值", "net promoter score",
        "Share of those who would recommend (9–10) less the share of those who would not (0–6), −100 to 100.",
        "（推荐者占比 － 贬损者占比）× 100",
        Ratio(
            total("surveys", (_.recommend >= 9).ifelse(1, 0) - (_.recommend <= 6).ifelse(1, 0), _.recommend.notnull()),
            count("surveys", _.recommend.notnull()),
            scale=100.0,
        ),
        Unit.POINTS, Direction.HIGHER, f"{TRADE}；{standardisation('3.2')}", EXPERIENCE,
    ),
    Definition(
        "effort_easy", "客户费力度（轻松占比）", "customer effort (share of easy)",
        "Share of the answers that call it easy.",
        "评为轻松的数量 ÷ 参评数",
        share("surveys", lambda p: _.effort >= p["easy_from"], _.effort.notnull()),
        Unit.SHARE, Direction.HIGHER, TRADE, EXPERIENCE, family="effort", variant="轻松占比",
        parameters=(Parameter("easy_from", 4.0, "轻松起点", "lowest answer that counts as easy"),),
    ),
    Definition(
        "effort_mean", "客户费力度（均值）", "customer effort (mean)",
        "Mean of the answers, 1–5, where 5 is easy.",
        "费力度评分之和 ÷ 参评数",
        mean("surveys", _.effort),
        Unit.SCORE, Direction.HIGHER, TRADE, EXPERIENCE, family="effort", variant="均值",
    ),
    Definition(
        "servqual_gap", "SERVQUAL 差距", "SERVQUAL gap",
        "Mean of perception less expectation; by dimension the five gaps.",
        "Σ(感知 － 期望) ÷ 作答数",
        mean("surveys", _.servqual_perceived - _.servqual_expected),
        Unit.SCORE, Direction.HIGHER, f"{COORDINATION} 2（Parasuraman 等，1988）", EXPERIENCE, Grain.DAY,
    ),
    Definition(
        "satisfaction_change", "满意率变化", "change of satisfaction",
        "Satisfaction now less before.",
        "本期满意率 － 上期满意率",
        Change("csat", relative=False),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1.2"), EXPERIENCE, Grain.DAY, ours=True,
    ),
    Definition(
        "satisfaction_gain", "满意度增益", "satisfaction gain",
        "Σ W_i·Δ_i over the touchpoints, Δ_i the change of satisfaction at touchpoint i.",
        "Σ 触点权重 W_i × 触点满意率变化 Δ_i",
        Gain("csat", "touchpoint"),
        Unit.INDEX, Direction.HIGHER, standardisation("2.1.2"), EXPERIENCE, Grain.DAY, ours=True,
        parameters=(
            Parameter("weight_call_back", 0.4, "回访权重", "weight of the call-back"),
            Parameter("weight_diagnosis", 0.3, "诊断权重", "weight of the diagnosis"),
            Parameter("weight_acceptance", 0.2, "受理权重", "weight of the acceptance"),
            Parameter("weight_field", 0.1, "现场权重", "weight of the work on site"),
        ),
    ),
    Definition(
        "call_back_rate", "回访率", "call-back rate",
        "Share of the call-backs due that were made.",
        "已回访数 ÷ 应回访数",
        share("call_backs", _.called),
        Unit.SHARE, Direction.HIGHER, f"{HANDBOOK} 第一章；{TRADE}", EXPERIENCE,
    ),
    Definition(
        "call_back_reached", "回访成功率", "call-backs reached",
        "Share of the call-backs made that reached the customer.",
        "回访接通数 ÷ 已回访数",
        share("call_backs", _.reached, _.called),
        Unit.SHARE, Direction.HIGHER, TRADE, EXPERIENCE,
    ),
    Definition(
        "call_back_satisfied", "回访满意率", "satisfied in the call-back",
        "Share of the reached that were satisfied.",
        "回访满意数 ÷ 回访接通数",
        share("call_backs", _.satisfied, _.reached),
        Unit.SHARE, Direction.HIGHER, TRADE, EXPERIENCE,
    ),
    Definition(
        "dissatisfied_called", "不满意工单复访率", "dissatisfied called again",
        "Share of the dissatisfied whom we called to learn why.",
        "已复访的不满意数 ÷ 不满意数",
        share("call_backs", _.dissatisfied_called, _.dissatisfied),
        Unit.SHARE, Direction.HIGHER, f"{GUIDELINE} 5.1.1", EXPERIENCE,
    ),
)  # fmt: skip
