"""Indices made of several indicators. Their formulas are lost or not given in the documents: these are ours, the weights are
parameters, and every answer carries the weighted sum and the sum of the weights."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from denghuo.engine.indicators.book.sources import EXPERIENCE, OPERATIONS, QUALITY, standardisation
from denghuo.engine.indicators.measuring import double, of_sums, quotient, share
from denghuo.engine.indicators.model import (
    Definition,
    Direction,
    Grain,
    Index,
    Parameter,
    Parameters,
    Term,
    Unit,
)


def promptness(value: Any, parameters: Parameters) -> Any:
    """min(1, ideal time ÷ time): 1 at the ideal or sooner, half at twice the ideal."""
    return ibis.least(double(1), quotient(parameters["ideal_minutes"], value))


def recommended(value: Any, _parameters: Parameters) -> Any:
    """The net promoter score −100…100 as 0–1."""
    return (value + 100.0) / 200.0


def swift(value: Any, parameters: Parameters) -> Any:
    """min(1, target ÷ handling time)."""
    return ibis.least(double(1), quotient(parameters["aht_target"], value))


DEFINITIONS = (
    Definition(
        "consistency", "服务一致性指数", "service consistency index",
        "Share of the checks at the touchpoints that found what the standard says.",
        "符合标准的触点检查数 ÷ 触点检查数",
        share("touchpoint_checks", _.compliant),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1.2"), QUALITY, Grain.DAY, ours=True, tags=("composite",),
    ),
    Definition(
        "sei", "综合服务效能指数 SEI", "service effectiveness index",
        "α·CSAT + β·NPS on 0–1 + γ·FCR + δ·min(1, target ÷ AHT), over the sum of the weights.",
        "（α·满意率 ＋ β·净推荐值归一 ＋ γ·一次解决率 ＋ δ·min(1, 目标时长÷平均处理时长)）÷ 权重和",
        Index((
            Term("csat", "alpha"), Term("nps", "beta", recommended), Term("fcr", "gamma"), Term("aht", "delta", swift),
        )),
        Unit.INDEX, Direction.HIGHER, standardisation("3.2"), OPERATIONS, ours=True, tags=("composite",),
        parameters=(
            Parameter("alpha", 0.4, "满意率权重 α", "weight of satisfaction"),
            Parameter("beta", 0.2, "净推荐值权重 β", "weight of the net promoter score"),
            Parameter("gamma", 0.3, "一次解决率权重 γ", "weight of first contact resolution"),
            Parameter("delta", 0.1, "处理时长权重 δ", "weight of the handling time"),
            Parameter("aht_target", 300.0, "目标处理时长", "target of the handling time", "s"),
        ),
    ),
    Definition(
        "response_effect", "协同响应效果指数 E", "cross-department response effect E",
        "α·min(1, ideal ÷ response time) + β·resolution + γ·satisfaction in the call-back, over the sum of the weights.",
        "（α·min(1, T理想÷T响应) ＋ β·解决率 ＋ γ·回访满意率）÷ 权重和",
        Index((
            Term("mean_response", "alpha", promptness), Term("resolution_rate", "beta"),
            Term("call_back_satisfied", "gamma"),
        )),
        Unit.INDEX, Direction.HIGHER, standardisation("2.1.1"), OPERATIONS, ours=True, tags=("composite",),
        parameters=(
            Parameter("alpha", 0.4, "响应权重 α", "weight of the response time"),
            Parameter("beta", 0.3, "解决权重 β", "weight of resolution"),
            Parameter("gamma", 0.3, "满意权重 γ", "weight of satisfaction"),
            Parameter("ideal_minutes", 30.0, "理想响应时间", "ideal response time", "min"),
        ),
    ),
    Definition(
        "facility", "设施评估指数 E", "facility index E",
        "Σ weight A_i × completion B_i over the items that apply ÷ Σ A_i.",
        "Σ(A_i × B_i) ÷ ΣA_i（适用项）",
        of_sums("assessments", _.weight * _.score, _.weight, (_.assessment == "facility") & _.applicable),
        Unit.INDEX, Direction.HIGHER, standardisation("3.1.2"), EXPERIENCE, Grain.DAY, ours=True, tags=("composite",),
    ),
    Definition(
        "tmi", "技术成熟度指数 TMI", "technology maturity index",
        "Σ weight W_j × maturity S_j (0–10) ÷ Σ W_j.",
        "Σ(W_j × S_j) ÷ ΣW_j",
        of_sums("assessments", _.weight * _.score, _.weight, (_.assessment == "maturity") & _.applicable),
        Unit.SCORE, Direction.HIGHER, standardisation("3.1.2"), OPERATIONS, Grain.DAY, ours=True, tags=("composite",),
    ),
)  # fmt: skip
