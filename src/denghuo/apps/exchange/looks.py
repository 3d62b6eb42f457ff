"""How states of the exchange look."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.web.states import Look, register_states

register_states(
    "subscription",
    {
        "active": Look(pgettext_lazy("推送订阅", "推送中"), "broadcast", "ok"),
        "paused": Look(_("已暂停"), "player-pause", "warn"),
        "off": Look(_("已停用"), "ban", "muted"),
    },
)
register_states(
    "webhook",
    {
        "pending": Look(_("待推送"), "hourglass", "info"),
        "sent": Look(_("已送达"), "check", "ok"),
        "dead": Look(_("死信"), "circle-x", "danger"),
        "dropped": Look(_("已丢弃"), "trash", "muted"),
    },
)
register_states(
    "import",
    {
        "uploaded": Look(_("待对应列"), "adjustments", "info"),
        "checking": Look(_("校验中"), "loader-2", "progress"),
        "checked": Look(_("待导入"), "checklist", "info"),
        "running": Look(_("导入中"), "progress", "progress"),
        "done": Look(_("已完成"), "check", "ok"),
        "cancelled": Look(_("已取消"), "ban", "muted"),
        "failed": Look(_("失败"), "circle-x", "danger"),
    },
)
register_states(
    "export",
    {
        "waiting": Look(_("等待中"), "hourglass", "info"),
        "running": Look(_("生成中"), "progress", "progress"),
        "done": Look(_("可下载"), "download", "ok"),
        "cancelled": Look(_("已取消"), "ban", "muted"),
        "failed": Look(_("失败"), "circle-x", "danger"),
        "expired": Look(_("已过期"), "clock-exclamation", "muted"),
    },
)
register_states(
    "adapter_message",
    {
        "pending": Look(_("待发送"), "hourglass", "info"),
        "done": Look(_("成功"), "check", "ok"),
        "refused": Look(_("被拒绝"), "ban", "warn"),
        "dead": Look(_("已放弃"), "circle-x", "danger"),
    },
)
