"""Policies of clocks beyond the first: exceptions, sub-limits by class, complexity; and of the priority score."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.policy_values import name_parts
from denghuo.apps.customers.choices import CustomerKind, Tag
from denghuo.apps.requests import choices as c
from denghuo.core.policies import define

MINUTES, HOURS, SCORE = _("分钟"), _("小时"), _("分")
BY_CLASS = _("按类别代码、故障类别或业务类型逐项填写，取最具体的一项；前面加“urgent/”只对紧急诉求生效，“*”为其余全部")

define("clock.acceptance.exception", type="minutes", label=_("紧急、重大诉求的受理时限"), unit=MINUTES)
define("clock.take", type="minutes_by", label=_("基层单位接单或退单时限"), unit=MINUTES, help=BY_CLASS)
define("clock.response", type="minutes_by", label=_("响应时限（优先级表）"), unit=MINUTES, help=BY_CLASS)
define(
    "clock.answer.complexity",
    type="minutes_by",
    label=_("坐席处理时限（按复杂度）"),
    unit=MINUTES,
    help=_("low 低、medium 中、high 高"),
)
define("clock.processing.mean", type="minutes_by", label=_("办理平均时限"), unit=MINUTES, help=BY_CLASS)
define("clock.processing.max", type="minutes_by", label=_("办理最长时限"), unit=MINUTES, help=BY_CLASS)
define("clock.reply", type="minutes_by", label=_("答复时限"), unit=MINUTES, help=BY_CLASS)
define(
    "clock.handling.hours",
    type="number_by",
    label=_("按小时计的处理时限（不分昼夜）"),
    unit=HOURS,
    help=_("仅列出的类别按小时计，其余按工作日"),
)
define("clock.pausable", type="texts", label=_("挂起期间停止计时的时限"))
define("clock.urge", type="minutes", label=_("催办答复时限"), unit=MINUTES)

define(
    "request.complexity",
    type="text_by",
    label=_("诉求复杂度"),
    help=_("low 低、medium 中、high 高；按类别代码、故障类别或业务类型，“*”为其余全部"),
)

define(
    "priority.weights",
    type="number_by",
    label=_("优先级得分的权重"),
    help=_("time 时限消耗、complexity 复杂度、contribution 客户"),
)
define(
    "priority.complexity",
    type="number_by",
    label=_("优先级：复杂度取值"),
    unit=SCORE,
    help=_("low 低、medium 中、high 高，0 到 1"),
)
define(
    "priority.contribution",
    type="number_by",
    label=_("优先级：客户取值"),
    unit=SCORE,
    help=_("按客户性质、标签与敏感标记，取最大的一项，0 到 1；“*”为其余全部"),
)
define("priority.urgent_bonus", type="number", label=_("优先级：紧急诉求加分"), unit=SCORE)
define("priority.time_cap", type="number", label=_("优先级：时限消耗的上限倍数"))

name_parts(
    {
        **dict(c.RequestType.choices),
        **dict(c.FaultClass.choices),
        **dict(c.Complexity.choices),
        **dict(Tag.choices),
        **dict(CustomerKind.choices),
        "sensitive": _("敏感客户"),
        "time": _("时限消耗"),
        "complexity": _("复杂度"),
        "contribution": _("客户"),
        "fault": _("故障报修"),
        "other": _("其他业务"),
        "service_request.reconnection": _("欠费复电登记"),
        "service_request.appliance_damage": _("家用电器损坏"),
        "service_request.meter_abnormal": _("电能表异常"),
        "service_request.reading_abnormal": _("抄表数据异常"),
        "service_request.expressway_charging": _("高速公路充电服务"),
        "consulting.policy": _("咨询：通用政策"),
        "consulting.equipment": _("咨询：设备状态"),
        "consulting.connection": _("咨询：业扩报装"),
    }
)
