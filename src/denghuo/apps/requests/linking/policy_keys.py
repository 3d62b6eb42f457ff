"""Policies of duplicates, repeated contacts and repeated outages."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

HOURS, DAYS, TIMES = _("小时"), _("天"), _("次")

define("duplicate.bias", type="number", label=_("重复判断：起始对数几率"))
define("duplicate.agree", type="number_by", label=_("重复判断：各项相符的权重"), help=_("对数几率，按比较项"))
define(
    "duplicate.differ", type="number_by", label=_("重复判断：各项不符的权重"), help=_("对数几率，按比较项，通常为负")
)
define(
    "duplicate.half_life_hours",
    type="number_by",
    label=_("重复判断：时间相近度减半的间隔"),
    unit=HOURS,
    help=_("按业务类型，* 为其余"),
)
define("duplicate.near_m", type="number", label=_("重复判断：距离相近度减半的间隔"), unit=_("米"))
define("duplicate.suggest", type="ratio", label=_("疑似重复的提示分数"))
define("duplicate.strong", type="ratio", label=_("高度疑似重复的分数"))
define("duplicate.other_hours", type="number", label=_("非故障诉求疑似重复的回看时长"), unit=HOURS)
define("duplicate.candidates", type="count", label=_("每次比较的诉求数上限"))
define("duplicate.shown", type="count", label=_("疑似重复的显示条数"))
define("repeat.days", type="number", label=_("同一事项多次来电的统计天数"), unit=DAYS)
define("repeat.contacts", type="count", label=_("同一事项几次来电后列入督办"), unit=TIMES)
define("outage.repeated_worse", type="count", label=_("严重频繁停电的次数起点"), unit=TIMES)

from denghuo.apps.requests.linking.major import policy_keys as _major  # noqa: E402,F401
