"""Policies of the robot."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.assistant.assist import policy_keys as _assist  # noqa: F401
from denghuo.core.policies import define

define("assistant.channels", type="texts", label=_("智能客服先接待的渠道（web_chat 在线客服，wechat 微信）"))
define("assistant.idle_minutes", type="minutes", label=_("与智能客服的对话无应答多久后结束"), unit=_("分钟"))
define("assistant.intent_at", type="number", label=_("意图模型的概率达到多少才采用"))
define("assistant.upset_score", type="number", label=_("情绪分低于多少视为情绪激动（-1 至 1）"))
define("assistant.fill_minutes", type="minutes", label=_("带填好内容的办理链接的有效时间"), unit=_("分钟"))
define("assistant.verbatim_at", type="number", label=_("标准答案把握达到多少时直接原文答复（低于此值先看知识图谱）"))
define("assistant.options_most", type="count", label=_("需要先问清楚时最多给出的选项数"), unit=_("个"))
define("assistant.asked_back_most", type="count", label=_("为答复一个问题最多反问几次"), unit=_("次"))
define("assistant.choices_most", type="count", label=_("拿不准时最多给出的选项数"), unit=_("个"))
