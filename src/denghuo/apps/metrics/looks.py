"""How crews and kinds of clock look on the boards."""

from django.utils.translation import gettext_lazy as _

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
register_states(
    "clock_kind",
    {
        "acceptance": Look(_("受理"), "inbox"),
        "dispatch": Look(_("派单"), "send"),
        "arrival.mean": Look(_("到达现场（承诺均值）"), "truck"),
        "arrival.standard": Look(_("到达现场（逐单标准）"), "truck"),
        "restore": Look(_("恢复送电"), "bolt"),
        "review": Look(_("审核"), "clipboard-check"),
        "callback": Look(_("回访"), "phone-call"),
        "handling": Look(_("处理答复"), "progress"),
        "contact": Look(_("联系客户"), "phone"),
    },
)
