"""Staff: certificates, training, attendance, attrition, satisfaction."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import GUIDELINE, PEOPLE, TRADE, standardisation
from denghuo.engine.indicators.measuring import count, mean, of_sums, share, total
from denghuo.engine.indicators.model import Definition, Direction, Grain, Parameter, Ratio, Unit

DEFINITIONS = (
    Definition(
        "certified", "持证上岗率", "certified on post",
        "Share of the employed who hold the certificate of their post.",
        "持证人数 ÷ 在岗人数",
        share("staff_months", _.certified),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2"), PEOPLE, Grain.MONTH,
    ),
    Definition(
        "training_coverage", "年度培训覆盖率", "annual training coverage",
        "Share of the employed who took part in training within the last year.",
        "参训人数 ÷ 在岗人数",
        share("staff_months", _.trained),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2、1.2.2"), PEOPLE, Grain.MONTH,
    ),
    Definition(
        "skill_passed", "技能考核合格率", "skill test passed",
        "Share of the employed who passed the skill test.",
        "合格人数 ÷ 在岗人数",
        share("staff_months", _.skill_passed),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2.2"), PEOPLE, Grain.MONTH,
    ),
    Definition(
        "employee_satisfaction", "员工满意度", "employee satisfaction",
        "Share of the asked who are satisfied with their work.",
        "满意人数 ÷ 调查人数",
        share("staff_months", _.satisfied, _.asked),
        Unit.SHARE, Direction.HIGHER, f"{standardisation('1.2')}；{GUIDELINE} 5.2、8.3", PEOPLE, Grain.MONTH,
    ),
    Definition(
        "attendance", "出勤率", "attendance",
        "Shifts worked over shifts due.",
        "实出勤班次 ÷ 应出勤班次",
        of_sums("staff_months", _.worked_shifts, _.due_shifts),
        Unit.SHARE, Direction.HIGHER, TRADE, PEOPLE, Grain.MONTH,
    ),
    Definition(
        "attrition", "人员流失率", "attrition",
        "Leavers over the mean number of staff, for a year (12 months).",
        "离职人数 ÷ 平均在岗人数 × 12 ÷ 月数",
        Ratio(count("staff_months", _.left), total("staff_months", _.present_share), scale=12.0),
        Unit.SHARE, Direction.LOWER, f"{GUIDELINE} 5.2、8.3；{TRADE}", PEOPLE, Grain.MONTH,
    ),
    Definition(
        "training_effect", "培训效果", "training effect",
        "Rise of the mean test score by the training over the mean before it.",
        "（训后均分 － 训前均分）÷ 训前均分",
        of_sums("training", _.after - _.before, _.before, _.after.notnull() & _.before.notnull()),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2、3.2.1"), PEOPLE, Grain.DAY, ours=True,
    ),
    Definition(
        "stress_change", "心理压力改善", "change of stress ΔPS",
        "Stress at the beginning less the goal, the goal being the mean of the control group less the effect expected.",
        "PS初始 －（对照组均值 － μ干预）",
        Ratio(
            total("training", lambda p: _.before - (_.after - p["effect"]), _.group == "control"),
            count("training", (_.group == "control") & _.before.notnull() & _.after.notnull()),
        ),
        Unit.SCORE, Direction.HIGHER, standardisation("3.2.2"), PEOPLE, Grain.DAY, ours=True,
        parameters=(Parameter("effect", 0.0, "干预效果 μ", "effect expected of the intervention"),),
    ),
    Definition(
        "mean_gain_trained", "训后平均提分", "mean rise of the score",
        "Mean rise of the test score of the trained.",
        "Σ(训后 － 训前) ÷ 参训人数",
        mean("training", _.after - _.before),
        Unit.POINTS, Direction.HIGHER, standardisation("3.2.1"), PEOPLE, Grain.DAY, ours=True,
    ),
)  # fmt: skip
