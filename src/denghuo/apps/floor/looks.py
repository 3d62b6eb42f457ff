"""How the floor's states, levels and books are drawn."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.web.states import Look, register_states

register_states(
    "floor_level",
    {
        "notice": Look(pgettext_lazy("级别", "提示"), "info-circle", "info"),
        "warning": Look(_("预警"), "alert-triangle", "warn"),
        "alarm": Look(_("告警"), "alarm", "danger"),
    },
)
register_states(
    "handover",
    {
        "draft": Look(_("整理中"), "pencil", "progress"),
        "given": Look(_("待接班"), "transfer", "warn"),
        "received": Look(_("已接班"), "checks", "ok"),
    },
)
register_states(
    "report_urgency",
    {
        "urgent": Look(_("特急"), "flame", "danger"),
        "high": Look(_("紧急"), "alert-triangle", "warn"),
        "normal": Look(_("一般"), "circle-dot", "neutral"),
    },
)
register_states(
    "note_kind",
    {
        "late": Look(_("迟到"), "clock-exclamation", "warn"),
        "early": Look(_("早退"), "door-exit", "warn"),
        "absent": Look(_("缺勤"), "user-off", "danger"),
        "leave": Look(_("请假"), "calendar-event", "info"),
        "phone_state": Look(_("话机状态违规"), "phone-off", "warn"),
        "conduct": Look(_("行为规范"), "alert-circle", "warn"),
        "appearance": Look(_("仪容仪表"), "user-circle", "neutral"),
        "secrecy": Look(_("安全保密"), "shield-lock", "danger"),
        "praise": Look(_("表扬"), "star", "ok"),
    },
)
