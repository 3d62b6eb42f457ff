"""Policies of forecasting and staffing. A table by queue is asked for the queue's code first, then its channel class."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("workforce.forecast.days", type="count", label=_("每次预测今后几天"), unit=_("天"))
define("workforce.forecast.learn_days", type="count", label=_("预测最多看多少天的历史"), unit=_("天"))
define("workforce.forecast.level", type="ratio", label=_("预测区间应包含实际的比例"))
define(
    "workforce.forecast.models",
    type="texts",
    label=_("参与比较的预测模型"),
    help=_("mean、svd_ar、factors、boosting、ets、tbats、lstm；缺少所需软件包的自动退出，并在结果里注明"),
)
define("workforce.forecast.processes", type="count", label=_("预测同时使用的进程数"))
define("workforce.forecast.billing_days", type="texts", label=_("出账日"), help=_("每月几日，如 1、15"))
define("workforce.replay.days", type="count", label=_("补算过去几天的预测"), unit=_("天"))
define("workforce.keep_days", type="count", label=_("时段来量与预测保留多久"), unit=_("天"))
define("workforce.target.service_level", type="ratio_by", label=_("服务水平目标"), help=_("按队列代码或渠道类别"))
define("workforce.target.within", type="number_by", label=_("服务水平的应答时限"), unit=_("秒"))
define("workforce.target.answer", type="number_by", label=_("平均应答速度目标"), help=_("0 为不设"), unit=_("秒"))
define("workforce.target.abandoned", type="ratio_by", label=_("放弃率上限"), help=_("0 为不设"))
define("workforce.target.occupancy", type="ratio_by", label=_("坐席占用率上限"), help=_("0 为不设"))
define("workforce.target.fewest", type="count_by", label=_("每时段最少人数"))
define("workforce.patience", type="number_by", label=_("客户平均耐心"), unit=_("秒"))
define("workforce.handling", type="number_by", label=_("没有历史时的平均处理时长"), unit=_("秒"))
define(
    "workforce.chat.slowing",
    type="number_by",
    label=_("同时处理几个会话时每个会话的时长倍数"),
    help=_("1 须为 1；最多几个会话以最大的键为准"),
)
define("workforce.deferred.within", type="minutes", label=_("延时处理的办结时限"), unit=_("分钟"))
define("workforce.deferred.window", type="window", label=_("延时处理的办理时段"))
define(
    "workforce.shrinkage", type="ratio_by", label=_("工时缩减各项占比"), help=_("休假、培训、会议、休息等，依次相乘")
)
define("workforce.accuracy.levels", type="number_by", label=_("预测准确率分级"), help=_("good、fair 的下限，百分比"))
define("workforce.scenario.replications", type="count", label=_("推演每个方案模拟多少天"))
