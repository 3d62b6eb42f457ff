"""How crews and kinds of clock look on the boards."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.limits import LABELS
from denghuo.web.states import Look, register_states

register_states(
    "crew",
    {
        "free": Look(_("空闲"), "circle-check", "ok"),
        "sent": Look(_("待接单"), "inbox", "warn"),
        "accepted": Look(_("已接单"), "circle-check", "info"),
        "departed": Look(_("途中"), "truck", "progress"),
        "arrived": Look(_("作业中"), "tools", "progress"),
        "sent_back": Look(_("补充处理"), "arrow-back-up", "danger"),
        "off": Look(_("不当班"), "moon", "muted"),
    },
)
register_states("clock_kind", {kind: Look(label, "clock") for kind, label in LABELS.items()})
