"""What happens to outages."""

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

HINT = ("state", "customers_out")

register_kind(
    "outage.opened",
    fields={
        "outage_kind": str, "state": str, "feeder_id": int | None, "transformer_ids": list[int], "customers_out": int,
        "started_at": dt.datetime, "expected_at": dt.datetime | None, "notice_met": bool | None,
    },
    label=pgettext_lazy("事件", "发布停电"),
    hint=HINT,
)  # fmt: skip
register_kind("outage.started", fields={"state": str, "customers_out": int}, label=_("停电开始"), hint=HINT)
register_kind(
    "outage.updated",
    fields={
        "fields": list[str], "state": str, "customers_out": int, "expected_at": dt.datetime | None,
        "transformers_added": list[int], "transformers_removed": list[int],
    },
    label=_("变更停电信息"),
    hint=HINT,
)  # fmt: skip
register_kind("outage.master_set", fields={"request_id": int}, label=_("确定停电主单"), hint=("request_id",))
register_kind(
    "outage.restored",
    fields={"state": str, "customers_out": int, "minutes": float, "customer_minutes": float},
    label=_("恢复送电"),
    hint=HINT,
)
register_kind(
    "outage.cancelled",
    fields={"state": str, "customers_out": int, "reason": str},
    label=pgettext_lazy("事件", "取消停电"),
    hint=HINT,
)
register_kind("outage.drafted", fields={"outage_kind": str, "state": str}, label=_("起草停电信息"))
register_kind("outage.draft_edited", fields={"state": str}, label=_("修改停电信息草稿"))
register_kind("outage.submitted", fields={"state": str}, label=_("提交停电信息审核"), hint=("state",))
register_kind("outage.returned", fields={"state": str, "reason": str}, label=_("退回停电信息"), hint=("state",))
register_kind(
    "outage.start_confirmed",
    fields={"state": str, "customers_out": int, "started_at": dt.datetime},
    label=_("确认已停电"),
    hint=HINT,
)
register_kind(
    "outage.delayed",
    fields={"stage": str, "cause": str, "state": str, "due_at": dt.datetime, "until": dt.datetime | None},
    label=_("延迟停送电"),
    hint=("state", "stage"),
)
register_kind(
    "outage.overdue",
    fields={"stage": str, "state": str, "due_at": dt.datetime, "customers_out": int},
    label=_("停送电逾期未报"),
    hint=("state", "stage", "customers_out"),
)
register_kind(
    "outage.reminder_due",
    fields={"state": str, "started_at": dt.datetime, "customers_out": int},
    label=_("停电前再次通知"),
)
register_kind(
    "outage.accounts_restored",
    fields={"state": str, "account_ids": list[int], "left": int},
    label=_("恢复单户供电"),
    hint=("state", "left"),
)
FILING = {"reason": str, "state": str, "starts_at": dt.datetime, "ends_at": dt.datetime, "transformer_ids": list[int]}
register_kind("filing.submitted", fields=FILING, label=_("提交报备"), hint=("state",))
register_kind("filing.approved", fields=FILING, label=_("报备通过"), hint=("state",))
register_kind("filing.returned", fields=FILING, label=_("报备退回"), hint=("state",))
register_kind("filing.withdrawn", fields=FILING, label=_("撤回报备"), hint=("state",))
register_kind("filing.suspended", fields={"begins_at": dt.datetime, "ends_at": dt.datetime}, label=_("暂停报备权限"))
register_kind(
    "transformer.loads_kept", fields={"readings": int, "transformers": int}, label=_("导入台区负载"), hint=("readings",)
)

from denghuo.apps.grid.inference import event_kinds as _inference  # noqa: E402, F401
