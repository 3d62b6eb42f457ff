"""Policies of the search: where its three outcomes part, how long questions are kept, how often the public may ask."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("knowledge.search.answer_at", type="ratio", label=_("知识检索：把握达到此值直接回答"))
define("knowledge.search.choices_at", type="ratio", label=_("知识检索：把握达到此值给出选项"))
define("knowledge.search.margin", type="ratio", label=_("知识检索：直接回答须领先第二名"))
define("knowledge.search.choices_fewest", type="count", label=_("知识检索：选项最少条数"), unit=_("条"))
define("knowledge.search.choices_most", type="count", label=_("知识检索：选项最多条数"), unit=_("条"))
define("knowledge.search.own_thresholds", type="flag", label=_("知识检索：用上述门槛而不用排序模型标定的门槛"))
define("knowledge.search.found", type="count", label=_("知识检索：一次最多找出条数"), unit=_("条"))
define("knowledge.asked_days", type="count", label=_("提问原文保存天数"), unit=_("天"))
define("knowledge.ask_per_minute", type="count", label=_("同一网络地址每分钟可自助提问次数"), unit=_("次"))
define("knowledge.feedback_hours", type="count", label=_("自助提问后可反馈的小时数"), unit=_("小时"))
