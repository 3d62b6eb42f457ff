"""Policies of conversations, and of times that arrive late."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("time.future_tolerance_seconds", type="seconds", label=_("业务时间允许超前现在的秒数"), unit=_("秒"))
define("time.oldest_days", type="count", label=_("补录业务时间最早可早于现在的天数"), unit=_("天"))
define("contact.public_per_minute", type="count", label=_("同一网络地址每分钟可发起的联络次数"), unit=_("次"))
define("contact.messages_per_minute", type="count", label=_("同一网络地址每分钟可发送的消息条数"), unit=_("条"))
define("contact.message_length", type="count", label=_("单条消息最多字数"), unit=_("字"))
define("clock.contact.answer", type="seconds", label=_("联络应答时限"), unit=_("秒"))
