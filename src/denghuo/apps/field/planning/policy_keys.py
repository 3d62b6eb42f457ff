"""Policies of the plan of all crews."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "dispatch.mode",
    type="text",
    label=_("派单计划的方式"),
    help=_("按班组：manual 只显示计划，suggested 提出建议待确认，automatic 自动派单和改派"),
)
define("dispatch.plan.unit", type="text", label=_("派单计划的范围"), help=_("county 按县区，city 按市"))
define("dispatch.plan.seconds", type="seconds", label=_("每次重做计划的计算时间"), unit=_("秒"))
define("dispatch.plan.debounce_seconds", type="seconds", label=_("事件合并等待时间"), unit=_("秒"))
define("dispatch.plan.watch_minutes", type="minutes", label=_("人工方式下查看后继续更新计划的时间"), unit=_("分钟"))
define(
    "dispatch.plan.frozen_next",
    type="count",
    label=_("锁定在班组手中的下几单"),
    help=_("已接单的前几单不再改派；在途和现场作业的总是锁定"),
)
define(
    "dispatch.plan.weights",
    type="number_by",
    label=_("计划成本权重"),
    help=_("km 每公里，driving 每行车分钟，working 每占用分钟，overtime 每超时分钟，reassignment 每次改派"),
)
define(
    "dispatch.plan.costs",
    type="number_by",
    label=_("承诺与未安排的成本"),
    help=_(
        "breach 每次违诺，late 每迟到分钟，unserved 每单未安排，priority 优先级评分每 1 分增加的比例，emergency 应急的倍数"
    ),
)
define("dispatch.plan.minutes_by_class", type="minutes_by", label=_("各类故障的现场工时"), unit=_("分钟"))
define("dispatch.plan.minutes_least", type="minutes", label=_("在现场的工单至少还需"), unit=_("分钟"))
define(
    "dispatch.plan.shift_changes",
    type="texts",
    label=_("班组交接班时刻"),
    help=_("如 08:00；计划不超过最近一次交接班加允许的超时"),
)
define("dispatch.plan.overtime_max", type="minutes", label=_("交接班后最多超时"), unit=_("分钟"))
define("dispatch.plan.break", type="window", label=_("班组用餐时段"))
define("dispatch.plan.break_minutes", type="minutes", label=_("班组用餐时长"), unit=_("分钟"))
define("dispatch.plan.fresh_minutes", type="minutes", label=_("没有新情况时多久重做计划"), unit=_("分钟"))
define("dispatch.plan.keep_days", type="count", label=_("被取代的计划保留多久"), unit=_("天"))
define(
    "dispatch.emergency",
    type="texts",
    label=_("绿色通道规则"),
    help=_(
        "任一条成立即为应急；一条内用 + 连接须同时成立：phenomenon:现象，urgency:紧急程度，class:故障类别，trait:客户标签"
    ),
)
define("dispatch.displaced_minutes", type="minutes", label=_("因应急后移多少分钟以上告知客户"), unit=_("分钟"))
