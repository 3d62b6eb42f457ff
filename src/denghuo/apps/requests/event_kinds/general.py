"""What happens to a request. Reasons are codes or ids of notes; only what a crew must be told to redo is text."""

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

register_kind(
    "request.submitted",
    fields={
        "number": str, "type": str, "channel": str, "contact_id": int | None, "customer_id": int | None,
        "account_id": int | None, "transformer_id": int | None, "phenomenon": str, "scope": str,
        "template": str, "completeness": int | None, "missing": list[str],
    },
    label=_("提交诉求"),
    hint=("number", "type"),
)  # fmt: skip
register_kind(
    "request.accepted",
    fields={"fault_class": str, "class_code": str, "urgency": str, "area_type": str, "transformer_id": int | None},
    label=pgettext_lazy("事件", "受理"),
    hint=("urgency", "area_type"),
)
register_kind(
    "request.classified",
    fields={
        "fault_class": str, "class_code": str, "urgency": str, "area_type": str, "transformer_id": int | None,
        "was": dict[str, str], "note_id": int | None,
    },
    label=pgettext_lazy("事件", "调整分类"),
    hint=("urgency", "area_type"),
)  # fmt: skip
register_kind(
    "request.merged",
    fields={"master_id": int, "outage_id": int | None, "note_id": int | None},
    label=_("合并到主单"),
    hint=("master_id",),
)
register_kind(
    "request.unmerged",
    fields={"master_id": int, "note_id": int | None},
    label=pgettext_lazy("事件", "取消合并"),
    hint=("master_id",),
)
register_kind(
    "request.outage_linked", fields={"outage_id": int}, label=pgettext_lazy("事件", "关联停电"), hint=("outage_id",)
)
register_kind(
    "request.dispatched",
    fields={"order_id": int, "crew_id": int | None, "crew_name": str, "round": int},
    label=_("已派单"),
    hint=("order_id", "crew_id", "round"),
)
register_kind(
    "request.withdrawn",
    fields={"order_id": int, "note_id": int | None},
    label=pgettext_lazy("事件", "撤回派单"),
    hint=("order_id",),
)
register_kind(
    "request.progressed",
    fields={"order_id": int, "step": str, "expected_at": dt.datetime | None},
    label=_("抢修进展"),
    hint=("order_id", "step"),
)
register_kind("request.assigned", fields={"unit_id": int, "round": int}, label=_("转派处理单位"), hint=("unit_id",))
register_kind("request.contacted", fields={}, label=_("已联系客户"))
register_kind(
    "request.returned",
    fields={"order_id": int, "cause": str, "cause_code": str, "restored_at": dt.datetime | None, "round": int},
    label=_("已回单"),
    hint=("order_id", "cause"),
)
register_kind(
    "request.replied", fields={"unit_id": int | None, "round": int}, label=_("处理完毕，回复待审"), hint=("round",)
)
register_kind(
    "request.stepped",
    fields={"verb": str, "was": str, "step": str, "phase": str, "note_id": int | None},
    label=_("流程推进"),
    hint=("verb", "step"),
)
register_kind(
    "request.notice_due",
    fields={"source": str, "verb": str, "target": str, "flow_id": int, "step": str},
    label=_("流程通知"),
    hint=("verb",),
)
register_kind(
    "request.automatic_refused",
    fields={"verb": str, "code": str},
    label=_("自动步骤未能执行"),
    hint=("verb",),
)
register_kind("request.answered", fields={}, label=_("当场答复"))
register_kind("request.review_passed", fields={"round": int}, label=_("审核通过"), hint=("round",))
register_kind(
    "request.sent_back",
    fields={"round": int, "reason": str, "note_id": int | None},
    label=_("审核退回"),
    hint=("round",),
)
register_kind(
    "request.callback_due",
    fields={"call_back_id": int, "round": int, "not_before": dt.datetime, "master_id": int | None},
    label=_("待回访"),
    hint=("call_back_id", "round"),
)
register_kind(
    "request.callback_attempted",
    fields={"call_back_id": int, "attempt": int, "outcome": str, "not_before": dt.datetime | None},
    label=_("拨打回访"),
    hint=("call_back_id", "attempt", "outcome"),
)
register_kind(
    "request.callback_done",
    fields={
        "call_back_id": int, "round": int, "state": str, "satisfaction": str, "resolved": bool | None,
        "arrival_honoured": bool | None,
    },
    label=_("回访完成"),
    hint=("call_back_id", "satisfaction"),
)  # fmt: skip
register_kind(
    "request.rework_required",
    fields={"round": int, "call_back_id": int, "master_id": int | None},
    label=_("客户不满意，返工"),
    hint=("round",),
)
register_kind("request.escalated", fields={"round": int, "why": str}, label=_("转督办"), hint=("round", "why"))
register_kind(
    "request.archived",
    fields={"how": str, "satisfaction": str, "note_id": int | None},
    label=pgettext_lazy("事件", "归档"),
    hint=("how", "satisfaction"),
)
register_kind(
    "request.cancelled", fields={"was": str, "note_id": int | None}, label=pgettext_lazy("事件", "撤销"), hint=("was",)
)
register_kind(
    "request.urged",
    fields={"count": int, "note_id": int | None, "contact_id": int | None},
    label=pgettext_lazy("事件", "催办"),
    hint=("count",),
)
register_kind(
    "request.note_added",
    fields={"note_id": int, "note_kind": str},
    label=pgettext_lazy("事件", "添加备注"),
    hint=("note_id",),
)
register_kind(
    "request.graded",
    fields={
        "grade": str, "was": str, "proposed": str, "reasons": list[str], "people": int | None, "note_id": int | None,
    },
    label=_("投诉定级"),
    hint=("grade",),
)  # fmt: skip
register_kind("request.supervised", fields={"why": str}, label=_("列入督办"), hint=("why",))
