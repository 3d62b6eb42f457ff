"""What happens to call-backs and what follows from them. The subject of all but ``campaign.*`` is the request."""

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

register_kind(
    "callback.skipped",
    fields={"call_back_id": int, "round": int, "why": str},
    label=_("不回访"),
    hint=("why",),
)
register_kind(
    "callback.taken", fields={"call_back_id": int, "by": str}, label=_("领取回访"), hint=("call_back_id", "by")
)
register_kind(
    "callback.released",
    fields={"call_back_id": int, "by": str},
    label=_("放回回访"),
    hint=("call_back_id",),
)
register_kind("callback.dialled", fields={"call_back_id": int}, label=_("开始拨打回访"), hint=("call_back_id",))
register_kind(
    "callback.rescheduled",
    fields={"call_back_id": int, "not_before": dt.datetime, "why": str},
    label=_("回访改期"),
    hint=("call_back_id", "why"),
)
register_kind(
    "callback.wished",
    fields={"no_reply": bool, "not_before": dt.datetime | None, "window": list[str]},
    label=_("登记回访意愿"),
    hint=("no_reply",),
)
register_kind(
    "callback.number_wanted", fields={"call_back_id": int}, label=_("请单位核实联系电话"), hint=("call_back_id",)
)
register_kind(
    "callback.number_supplied", fields={"call_back_id": int}, label=_("已补正联系电话"), hint=("call_back_id",)
)
register_kind(
    "callback.language_wanted",
    fields={"call_back_id": int, "language": str},
    label=_("回访需语言协助"),
    hint=("call_back_id",),
)
register_kind(
    "callback.account_disagreed",
    fields={"call_back_id": int, "correction_id": int, "aspects": list[str]},
    label=_("工单内容与客户表述不一致"),
    hint=("correction_id",),
)
register_kind(
    "callback.rating_asked",
    fields={"call_back_id": int, "outbound_id": int},
    label=_("已发送短信评价链接"),
    hint=("call_back_id",),
)
register_kind(
    "callback.rated",
    fields={"call_back_id": int, "satisfaction": str, "resolved": bool | None},
    label=_("客户通过短信链接评价"),
    hint=("call_back_id", "satisfaction"),
)
register_kind(
    "callback.campaign_done",
    fields={
        "call_back_id": int, "campaign_id": int, "state": str, "satisfaction": str, "resolved": bool | None,
    },
    label=_("任务回访完成"),
    hint=("campaign_id", "satisfaction"),
)  # fmt: skip

register_kind(
    "correction.made",
    fields={"correction_id": int, "upheld": bool},
    label=_("工单内容已更正"),
    hint=("correction_id",),
)
register_kind(
    "correction.settled",
    fields={"correction_id": int, "accepted": bool},
    label=_("更正审核"),
    hint=("correction_id", "accepted"),
)

register_kind(
    "improvement.raised",
    fields={"item_id": int, "call_back_id": int},
    label=_("提出整改事项"),
    hint=("item_id",),
)
register_kind(
    "improvement.assigned",
    fields={"item_id": int, "owner_id": int, "cause_class": str, "due_on": dt.date},
    label=_("指派整改事项"),
    hint=("item_id", "cause_class"),
)
register_kind("improvement.measured", fields={"item_id": int}, label=_("填报整改措施"), hint=("item_id",))
register_kind(
    "improvement.verified",
    fields={"item_id": int, "call_back_id": int},
    label=_("客户确认整改"),
    hint=("item_id",),
)
register_kind(
    "improvement.returned",
    fields={"item_id": int, "call_back_id": int, "returns": int},
    label=_("客户仍不满意，整改退回"),
    hint=("item_id",),
)
register_kind(
    "improvement.closed", fields={"item_id": int, "how": str}, label=_("关闭整改事项"), hint=("item_id", "how")
)

register_kind("campaign.saved", fields={"name_length": int, "priority": int, "share": int}, label=_("保存回访任务"))
register_kind("campaign.started", fields={"job_id": int}, label=_("启动回访任务"))
register_kind(
    "campaign.prepared",
    fields={"matched": int, "planned": int},
    label=_("回访任务生成完毕"),
    hint=("planned",),
)
register_kind("campaign.paused", fields={}, label=_("暂停回访任务"))
register_kind("campaign.resumed", fields={}, label=_("恢复回访任务"))
register_kind("campaign.cancelled", fields={"dropped": int}, label=_("取消回访任务"))
register_kind(
    "campaign.finished", fields={"done": int, "unreachable": int}, label=pgettext_lazy("事件", "回访任务完成")
)
