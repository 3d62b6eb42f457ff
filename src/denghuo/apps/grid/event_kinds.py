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
