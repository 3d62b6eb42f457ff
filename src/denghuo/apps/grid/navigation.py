"""Menu entries of the grid, and how outages look."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav
from denghuo.web.states import Look, register_states

nav.register(_("停电信息"), "grid:outages", "grid.view", icon="bolt-off", group="watch", order=40)

register_states(
    "outage",
    {
        "announced": Look(_("已公告"), "calendar-event", "info"),
        "active": Look(_("停电中"), "bolt-off", "danger"),
        "restored": Look(_("已恢复"), "bolt", "ok"),
        "cancelled": Look(_("已取消"), "ban", "muted"),
    },
)
register_states(
    "outage-kind",
    {
        "planned": Look(_("计划停电"), "calendar-event", "info"),
        "temporary": Look(_("临时停电"), "tool", "warn"),
        "fault": Look(_("故障停电"), "alert-triangle", "danger"),
    },
)
