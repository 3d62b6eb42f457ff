"""Policies of outages."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

MINUTES, HOURS, DAYS = _("分钟"), _("小时"), _("天")

define(
    "outage.notice_hours",
    type="number_by",
    label=_("停电提前公告时长"),
    unit=HOURS,
    help=_("planned 计划停电；temporary 临时停电"),
)
define("outage.explain_before_minutes", type="minutes", label=_("报修早于停电起始多久仍视为同一停电"), unit=MINUTES)
define("outage.explain_after_minutes", type="minutes", label=_("恢复送电后多久内的报修仍提示该停电"), unit=MINUTES)
define("outage.oldest_days", type="count", label=_("补录停电最早可早于现在的天数"), unit=DAYS)
define("outage.furthest_days", type="count", label=_("停电公告最远可晚于现在的天数"), unit=DAYS)
define("outage.public_recent_hours", type="number", label=_("已恢复的停电在公众页保留时长"), unit=HOURS)
define("outage.public_per_minute", type="count", label=_("同一网络地址每分钟可查询停电次数"), unit=_("次"))
