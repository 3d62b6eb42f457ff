"""How states of channels and publications are drawn."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.web.states import Look, register_states

register_states(
    "channel",
    {"open": Look(_("开放"), "circle-check", "ok"), "closed": Look(_("已关闭"), "ban", "danger")},
)
register_states(
    "channel_health",
    {
        "ok": Look(_("正常"), "plug-connected", "ok"),
        "slow": Look(_("缓慢"), "hourglass", "warn"),
        "unsteady": Look(_("不稳"), "alert-triangle", "warn"),
        "down": Look(_("异常"), "plug-connected-x", "danger"),
        "unknown": Look(_("未检测"), "circle-dashed", "muted"),
    },
)
register_states(
    "publication",
    {
        "published": Look(_("已发布"), "circle-check", "ok"),
        "paused": Look(pgettext_lazy("service function", "已停用"), "player-pause", "warn"),
        "withdrawn": Look(_("已撤下"), "ban", "muted"),
        "": Look(_("未发布"), "circle-dashed", "muted"),
    },
)
register_states(
    "service_mode",
    {
        "self_service": Look(_("自助"), "user-check", "ok"),
        "assisted": Look(_("人工辅助"), "headset", "info"),
        "appointment": Look(_("预约"), "calendar-event", "progress"),
    },
)
