"""How states of entries look."""

from django.utils.translation import gettext_lazy as _

from denghuo.web.states import Look, register_states

register_states(
    "knowledge",
    {
        "in_force": Look(_("在用"), "circle-check", "ok"),
        "coming": Look(_("待生效"), "calendar-event", "info"),
        "draft": Look(_("未发布"), "pencil", "neutral"),
        "ended": Look(_("已过期"), "clock-exclamation", "warn"),
        "withdrawn": Look(_("已停用"), "ban", "muted"),
    },
)
register_states(
    "knowledge_revision",
    {
        "draft": Look(_("草稿"), "pencil", "neutral"),
        "in_review": Look(_("待审核"), "eye-check", "warn"),
        "approved": Look(_("待发布"), "send", "info"),
        "scheduled": Look(_("定时发布"), "calendar-event", "info"),
        "published": Look(_("现行版本"), "circle-check", "ok"),
        "superseded": Look(_("历史版本"), "history", "muted"),
        "dropped": Look(_("已放弃"), "trash", "muted"),
    },
)
register_states(
    "knowledge_import",
    {
        "reading": Look(_("解析中"), "loader-2", "progress"),
        "ready": Look(_("待确认"), "checklist", "info"),
        "running": Look(_("导入中"), "progress", "progress"),
        "done": Look(_("已完成"), "check", "ok"),
        "cancelled": Look(_("已取消"), "ban", "muted"),
        "failed": Look(_("失败"), "circle-x", "danger"),
    },
)
