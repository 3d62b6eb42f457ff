"""Policies of rosters: limits of working time and what wishes cost."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("workforce.roster.day_minutes", type="minutes", label=_("标准工时：每日"), unit=_("分钟"))
define("workforce.roster.week_minutes", type="minutes", label=_("标准工时：每周"), unit=_("分钟"))
define("workforce.roster.month_minutes", type="minutes", label=_("综合计算工时：每月标准"), unit=_("分钟"))
define("workforce.roster.overtime_day", type="minutes", label=_("每日加班上限"), unit=_("分钟"))
define("workforce.roster.overtime_month", type="minutes", label=_("每月加班上限"), unit=_("分钟"))
define("workforce.roster.rest_between", type="minutes", label=_("两班之间最少休息"), unit=_("分钟"))
define("workforce.roster.days_week", type="count", label=_("每周最多上班天数"), unit=_("天"))
define("workforce.roster.days_running", type="count", label=_("最多连续上班天数"), unit=_("天"))
define("workforce.roster.nights_running", type="count", label=_("最多连续夜班数"), unit=_("个"))
define(
    "workforce.roster.night_minutes",
    type="minutes",
    label=_("夜间工时达到多少算夜班"),
    help=_("夜间指 22:00 到次日 6:00"),
    unit=_("分钟"),
)
define("workforce.roster.wish_points", type="count", label=_("每人每月的意愿积分"), unit=_("分"))
define("workforce.solver.seconds", type="count", label=_("自动排班：计算时间"), unit=_("秒"))
define("workforce.solver.adjust_seconds", type="count", label=_("临时缺勤调整：计算时间"), unit=_("秒"))
define("workforce.solver.weight_short", type="number", label=_("自动排班：缺一人的代价"))
define("workforce.solver.weight_over", type="number", label=_("自动排班：多一人的代价"))
define("workforce.solver.weight_wish", type="number", label=_("自动排班：意愿每一积分未满足的代价"))
define("workforce.solver.weight_nights", type="number", label=_("自动排班：夜班每偏离均值一个的代价"))
define(
    "workforce.solver.weight_days",
    type="number",
    label=_("自动排班：上班天数每偏离标准一天的代价"),
    help=_("标准按每周工时与班次时长折算，休假扣除；填 0 不考虑"),
)
define("workforce.solver.weight_change", type="number", label=_("临时缺勤调整：改动一天的代价"))
define(
    "workforce.solver.fair_days",
    type="count",
    label=_("自动排班：夜班公平往前看多少天"),
    unit=_("天"),
)
