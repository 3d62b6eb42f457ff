"""Policies of the search and the use of answers; parts of the app declare theirs beside this file."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.learned import keys as _learned  # noqa: F401
from denghuo.apps.knowledge.learning import keys as _learning  # noqa: F401
from denghuo.apps.knowledge.policy_keys import entries as _entries  # noqa: F401
from denghuo.apps.knowledge.policy_keys import graph as _graph  # noqa: F401
from denghuo.apps.knowledge.policy_keys import search as _search  # noqa: F401
from denghuo.core.policies import define

define("knowledge.search.floor", type="ratio", label=_("知识检索：低于此得分不列出"))
define("knowledge.most_used_days", type="count", label=_("知识常用榜统计的天数"), unit=_("天"))
define("knowledge.public_per_minute", type="count", label=_("同一网络地址每分钟可查看的公开答案数"), unit=_("次"))
