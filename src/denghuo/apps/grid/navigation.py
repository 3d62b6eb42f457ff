"""Menu entries of the grid, and how outages look."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.web import nav
from denghuo.web.states import Look, register_states

nav.register(_("停电信息"), "grid:outages", "grid.view", icon="bolt-off", group="watch", order=40)

register_states(
    "outage",
    {
        "draft": Look(_("草稿"), "file-text", "muted"),
        "submitted": Look(_("待审核"), "clipboard-check", "warn"),
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
        "over_capacity": Look(_("超供电能力停限电"), "bolt", "warn"),
        "arrears": Look(_("欠费停电"), "currency-yuan", "warn"),
        "theft": Look(_("窃电停电"), "shield", "danger"),
        "breach": Look(_("违约停电"), "ban", "warn"),
        "orderly_use": Look(_("有序用电"), "list", "info"),
    },
)
register_states(
    "filing",
    {
        "submitted": Look(_("待审核"), "clipboard-check", "warn"),
        "approved": Look(pgettext_lazy("报备", "已通过"), "circle-check", "ok"),
        "returned": Look(pgettext_lazy("报备", "已退回"), "arrow-back-up", "warn"),
        "withdrawn": Look(pgettext_lazy("报备", "已撤回"), "ban", "muted"),
    },
)
