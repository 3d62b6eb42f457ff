"""Policies of the running day."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "workforce.adherence.tolerance",
    type="minutes",
    label=_("排班遵守：偏离多久以内不计"),
    help=_("迟到、早退、超时小休等不超过这个时长的不算偏离"),
    unit=_("分钟"),
)
define("workforce.outlook.replications", type="count", label=_("推算当天：模拟多少遍"), unit=_("遍"))
define("workforce.outlook.keep_days", type="count", label=_("推算当天：结果保留多久"), unit=_("天"))
define("workforce.moves.ahead", type="minutes", label=_("日内调整：看今后多久"), unit=_("分钟"))
define("workforce.moves.heads", type="count", label=_("日内调整：一条建议最多几人"), unit=_("人"))
define("workforce.moves.most", type="count", label=_("日内调整：最多模拟几条建议"), unit=_("条"))
define("workforce.moves.extend", type="minutes", label=_("日内调整：一次延班多久"), unit=_("分钟"))
define("workforce.moves.lead", type="minutes", label=_("日内调整：叫人多久后到岗"), unit=_("分钟"))
define("workforce.moves.least", type="minutes", label=_("提前下班：至少上满多久、至少省下多久"), unit=_("分钟"))
define(
    "workforce.moves.spare",
    type="ratio",
    label=_("提前下班：服务水平须高出目标多少"),
    help=_("模拟所得区间的下限仍高于目标加这个值，才建议提前下班"),
)
define(
    "workforce.emergency.waiting",
    type="number_by",
    label=_("应急：排队数达到多少建议启动"),
    help=_("按梯队 1、2、3 填写；不填的梯队不按这项建议"),
)
define(
    "workforce.emergency.connect_rate",
    type="ratio_by",
    label=_("应急：接通率低于多少建议启动"),
    help=_("按梯队填写，取现场监控的滚动窗口"),
)
define(
    "workforce.emergency.over_forecast",
    type="number_by",
    label=_("应急：来量为预测的几倍建议启动"),
    help=_("按梯队填写，取上一个完整的半小时"),
)
define(
    "workforce.emergency.fewest",
    type="count",
    label=_("应急：来量少于多少不看接通率和倍数"),
    help=_("半夜几通电话的接通率说明不了什么"),
    unit=_("通"),
)
define(
    "workforce.emergency.warning",
    type="count_by",
    label=_("应急：气象预警颜色建议启动第几梯队"),
    help=_("blue、yellow、orange、red；0 为不建议"),
)
define("workforce.emergency.lead", type="minutes", label=_("应急：梯队多久后到岗"), unit=_("分钟"))
define(
    "workforce.emergency.automatic",
    type="flag",
    label=_("应急：达到条件时不经批准自动启动"),
    help=_("默认否：只提出建议，由有权限的人批准"),
)
define("workforce.emergency.sms", type="flag", label=_("应急：同时发短信通知梯队人员"))
define("workforce.log.days", type="count", label=_("排班日志：不选日期时看多少天"), unit=_("天"))
