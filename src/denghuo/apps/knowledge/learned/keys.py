"""Policies of the trends of topics."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("knowledge.topics.weeks", type="count", label=_("热点趋势：与前几周比较"), unit=_("周"))
define("knowledge.topics.fewest", type="count", label=_("热点趋势：一周内至少出现的条数"), unit=_("条"))
define("knowledge.topics.false_share", type="ratio", label=_("热点趋势：允许的误报占比"))
define("knowledge.topics.most", type="count", label=_("热点趋势：每个来源最多读取的条数"), unit=_("条"))
