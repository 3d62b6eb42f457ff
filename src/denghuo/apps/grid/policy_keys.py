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
define(
    "outage.fault_publish_minutes",
    type="minutes",
    label=_("故障点确认后多久内发布故障停电信息"),
    unit=MINUTES,
)
define("outage.restore_tell_minutes", type="minutes", label=_("恢复送电后多久内报送送电信息"), unit=MINUTES)
define("outage.change_tell_minutes", type="minutes", label=_("停电信息变更确认后多久内报送"), unit=MINUTES)
define(
    "outage.own_cut_notice_minutes",
    type="minutes_by",
    label=_("对单户中止供电前多久须再次通知"),
    unit=MINUTES,
    help=_("arrears 欠费；theft 窃电；breach 违约用电"),
)
define(
    "outage.remind_minutes",
    type="minutes_by",
    label=_("停电前多久再次通知已绑定的客户"),
    unit=MINUTES,
    help=_("按停电类型；未列出的类型不再次通知"),
)
define("outage.review_kinds", type="texts", label=_("须审核后才能发布的停电类型"), help=_("故障停电要求即时发布"))
define("outage.review_by_another", type="flag", label=_("停电信息的审核人须不是录入人"))
define(
    "outage.channels",
    type="texts",
    label=_("停电信息默认发布渠道"),
    help=_("map 停电地图；web_hall 网上营业厅；wechat 微信通知；bot 智能应答；坐席工作台总能看到"),
)
define("outage.on_time_minutes", type="minutes", label=_("停送电与计划相差多久以内视为按计划"), unit=MINUTES)
define("outage.overdue_minutes", type="minutes", label=_("到时未报停电或送电多久后提示逾期"), unit=MINUTES)
define("outage.household_share", type="ratio", label=_("停电范围分析到户的达标比例"))
define("outage.repeated_days", type="count", label=_("频繁停电统计的天数"), unit=DAYS)
define("outage.repeated_times", type="count", label=_("频繁停电的次数起点"), unit=_("次"))
define(
    "outage.link_back_minutes",
    type="minutes",
    label=_("停电发布后回溯多久内的报修自动关联"),
    unit=MINUTES,
)
define(
    "outage.proactive",
    type="flag",
    label=_("故障停电没有客户报修时自动生成诉求"),
    help=_("关闭时由调度员在停电页面上点“主动派工”"),
)
define("filing.longest_days", type="count", label=_("一次报备最长持续天数"), unit=DAYS)
define("filing.suspend_days", type="count", label=_("报备不实暂停报备权限的最长天数"), unit=DAYS)
define("transformer.load_keep_days", type="count", label=_("台区负载曲线保留天数"), unit=DAYS)

from denghuo.apps.grid.inference import policy_keys as _inference  # noqa: E402, F401
