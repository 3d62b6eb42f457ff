"""Policies of major service events."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "major.first_report_minutes",
    type="minutes_by",
    label=_("重大服务事件首次报告时限"),
    unit=_("分钟"),
    help=_("按级别"),
)
define("major.group_requests", type="count", label=_("群体诉求：同一台区的诉求数"), unit=_("件"))
define("major.group_minutes", type="minutes", label=_("群体诉求：统计时段"), unit=_("分钟"))
define("major.gather_hours", type="number", label=_("同一触发归入同一事件的时长"), unit=_("小时"))
define(
    "major.levels", type="text_by", label=_("重大服务事件的建议级别"), help=_("按触发类型：special、major、important")
)
