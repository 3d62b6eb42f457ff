"""How states of team work are drawn."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.web.states import Look, register_states

register_states(
    "team_task",
    {
        "planned": Look(_("待开工"), "circle-dashed", "neutral"),
        "started": Look(pgettext_lazy("班组任务", "进行中"), "progress", "progress"),
        "done": Look(pgettext_lazy("班组任务", "已完成"), "circle-check", "ok"),
        "cancelled": Look(pgettext_lazy("班组任务", "已取消"), "ban", "muted"),
        "carried": Look(_("已结转"), "arrow-forward-up", "muted"),
    },
)
register_states(
    "week_plan",
    {
        "draft": Look(_("编制中"), "pencil", "warn"),
        "released": Look(_("已下达"), "send", "progress"),
        "reviewed": Look(_("已评价"), "checks", "ok"),
    },
)
register_states(
    "team_load",
    {
        "low": Look(_("任务不足"), "arrow-down", "info"),
        "fit": Look(_("适中"), "check", "ok"),
        "high": Look(_("过载"), "alert-triangle", "danger"),
        "none": Look(_("离岗"), "user-off", "muted"),
    },
)
register_states(
    "team_item",
    {
        "open": Look(_("整改中"), "progress", "warn"),
        "done": Look(pgettext_lazy("改进项", "已完成"), "circle-check", "ok"),
        "dropped": Look(_("不再执行"), "ban", "muted"),
    },
)
