"""Policies of channels: limits of public use, time-outs, health."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("channel.run_per_minute", type="count", label=_("同一网络地址每分钟可办理的服务功能次数"), unit=_("次"))
define("channel.use_timeout", type="minutes", label=_("办理中断多久记为放弃"), unit=_("分钟"))
define("channel.probe.down_after", type="count", label=_("连续几次检测失败判为渠道异常"), unit=_("次"))
define("channel.probe.slow_ms", type="number", label=_("检测响应多慢判为缓慢"), unit=_("毫秒"))
define("channel.probe.keep_days", type="count", label=_("渠道检测记录保留"), unit=_("天"))
define("channel.use.keep_days", type="count", label=_("功能使用记录保留"), unit=_("天"))
define(
    "channel.completion.warn",
    type="ratio",
    label=_("功能办结率预警线"),
    help=_("当日办结次数占已结束次数的比例低于此值时，渠道卡片提示"),
)
define("channel.completion.least", type="count", label=_("办结率预警所需最少次数"), unit=_("次"))
