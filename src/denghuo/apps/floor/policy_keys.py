"""Policies of the service floor."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("floor.short_abandon_seconds", type="seconds", label=_("短时放弃的界限"), unit=_("秒"))
define("floor.count_short_abandons", type="flag", label=_("短时放弃计入服务水平与放弃率"))
define(
    "floor.service_level_base",
    type="text",
    label=_("服务水平分母：offered 进线数，answered_and_lost 应答数与放弃数之和"),
)
define("floor.window_minutes", type="count", label=_("现场监控的滚动窗口"), unit=_("分钟"))
define("floor.long_talk_seconds", type="seconds", label=_("通话过长界限"), unit=_("秒"))
define("floor.long_chat_seconds", type="seconds", label=_("会话过长界限"), unit=_("秒"))
define("floor.long_wrap_up_seconds", type="seconds", label=_("整理过长界限"), unit=_("秒"))
define("floor.long_break_seconds", type="seconds", label=_("单次离席过长界限"), unit=_("秒"))
define("floor.slow_reply_seconds", type="seconds", label=_("会话中客户等待回复的界限"), unit=_("秒"))
define("floor.sentiment_drop", type="number", label=_("情绪下降界限（-1 至 1 的分值差）"))
define("floor.sentiment_messages", type="count", label=_("情绪走势所看的客户消息条数"), unit=_("条"))
define("report.receipt_minutes", type="minutes_by", label=_("信息报送的回执时限"), unit=_("分钟"))
define("floor.level_target", type="ratio", label=_("服务水平目标，低于此值在监控中标出"))
