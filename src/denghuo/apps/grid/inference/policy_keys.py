"""Policies of outage inference."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

MINUTES = _("分钟")

define("inference.enabled", type="flag", label=_("由报修、电表和跳闸推断停电"))
define(
    "inference.odds",
    type="number_by",
    label=_("各类设备此刻断开的先验几率"),
    help=_("按设备类型，如 line 0.006；由本单位故障频次估计"),
)
define("inference.call_share", type="ratio", label=_("停电客户中会报修的比例"))
define("inference.call_delay_minutes", type="minutes", label=_("停电到报修的平均时间"), unit=MINUTES)
define("inference.noise_per_hour", type="number", label=_("无停电时每户每小时的报停电次数"))
define("inference.mislocated", type="ratio", label=_("报修定位到错误用户的比例"))
define("inference.meter_share", type="ratio", label=_("电表停电上报的到达比例"))
define("inference.meter_coverage", type="ratio", label=_("具备停电上报能力的电表比例"))
define("inference.probable_at", type="ratio", label=_("把握达到多少列为疑似停电"))
define("inference.confirmed_at", type="ratio", label=_("两类来源互证时把握达到多少列为已证实"))
define("inference.rule_calls", type="count", label=_("低压设备下几户报修即列为疑似停电"))
define("inference.rule_minutes", type="minutes", label=_("计数规则的时间窗"), unit=MINUTES)
define("inference.horizon_minutes", type="minutes", label=_("线索参与推断的时间"), unit=MINUTES)
define(
    "inference.phenomena", type="texts", label=_("视为停电线索的故障现象"), help=_("no_power 没有电；partial 部分没电")
)
define(
    "inference.half_life_minutes",
    type="minutes_by",
    label=_("线索的半衰期"),
    unit=MINUTES,
    help=_("call 报修；gasp 电表停电上报；trip 跳闸；过了这段时间只按一半计，未列出的不衰减"),
)
define("restoration.enabled", type="flag", label=_("按历史和现场进度估计恢复时间"))
define("restoration.coverage", type="ratio", label=_("恢复时间区间应包含实际的比例"))
define(
    "restoration.tell_minutes",
    type="minutes",
    label=_("预计恢复变动超过多少才通知客户"),
    unit=MINUTES,
)
define("restoration.round_minutes", type="minutes", label=_("对外的预计恢复取整到"), unit=MINUTES)
define("restoration.refresh_minutes", type="minutes", label=_("无新进展时多久重估一次"), unit=MINUTES)
define("restoration.history_days", type="count", label=_("学习恢复时间所用历史"), unit=_("天"))
define(
    "restoration.usual_minutes",
    type="minutes_by",
    label=_("历史不足时的通常停电时长"),
    unit=MINUTES,
    help=_("low 较短；middle 一般；high 较长"),
)
define(
    "restoration.plan_ratio",
    type="number_by",
    label=_("计划停电实际时长与计划之比"),
    help=_("历史不足时使用：low、middle、high"),
)
define("remaining.watch_minutes", type="minutes", label=_("报送恢复后多久内查找仍未恢复的客户"), unit=MINUTES)
define("remaining.settle_minutes", type="minutes", label=_("恢复后给报修和电表上报留出的时间"), unit=MINUTES)
define("remaining.ask_sample", type="count", label=_("一次抽样询问是否来电的户数"))
define("topology.by_another", type="flag", label=_("拓扑导入须由上传人以外的人生效"))
define("decision.repeated_times", type="count", label=_("重复故障设备的次数起点"), unit=_("次"))
define("decision.repeated_days", type="count", label=_("重复故障设备的统计天数"), unit=_("天"))
define("outage.public_rounding", type="count", label=_("公众页影响户数取整到"), unit=_("户"))
