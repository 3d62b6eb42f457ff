"""Policies of the helper beside an agent."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("assist.enabled", type="flag", label=_("坐席助手：启用"))
define("assist.answers", type="count", label=_("坐席助手：推荐答案条数"), unit=_("条"))
define("assist.answer_floor", type="ratio", label=_("坐席助手：低于此把握的答案不推荐"))
define("assist.similar", type="count", label=_("坐席助手：相似诉求条数"), unit=_("条"))
define("assist.similar_floor", type="ratio", label=_("坐席助手：低于此相似度的诉求不列出"))
define("assist.similar_looked_at", type="count", label=_("坐席助手：比较的近期已办结诉求数"), unit=_("条"))
define("assist.last_messages", type="count", label=_("坐席助手：依据客户最近几条消息"), unit=_("条"))
define("assist.sent_within_seconds", type="seconds", label=_("坐席助手：采用后多久内发出算作该建议"), unit=_("秒"))
