"""What happens to inferred outages."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "outage.observed",
    fields={"observation_id": int, "observation": str, "feeder_id": int},
    label=_("登记停电线索"),
    hint=("observation", "feeder_id"),
)
FIELDS = {"state": str, "device_id": int, "feeder_id": int, "customers": int, "calls": int, "confirmed": bool}
HINT = ("state", "device_id", "customers", "confirmed")
register_kind("inferred.found", fields=FIELDS, label=_("推断出停电"), hint=HINT)
register_kind("inferred.confirmed", fields=FIELDS, label=_("推断停电得到证实"), hint=HINT)
register_kind("inferred.faded", fields=FIELDS, label=_("推断停电消退"), hint=HINT)
register_kind("inferred.accepted", fields={**FIELDS, "outage_id": int}, label=_("推断停电转为停电"), hint=HINT)
register_kind("inferred.rejected", fields=FIELDS, label=_("排除推断停电"), hint=HINT)
register_kind(
    "topology.imported",
    fields={"feeder_id": int, "devices": int},
    label=_("导入供电拓扑"),
    hint=("feeder_id", "devices"),
)
register_kind(
    "inferred.merged",
    fields={**FIELDS, "into_id": int},
    label=_("合并推断停电"),
    hint=HINT,
)
TOPOLOGY = {"state": str, "feeder_id": int}
register_kind("topology.uploaded", fields=TOPOLOGY, label=_("上传供电拓扑"), hint=("state",))
register_kind(
    "topology.checked", fields={**TOPOLOGY, "devices": int, "faults": int}, label=_("检查供电拓扑"), hint=("state",)
)
register_kind("topology.applied", fields={**TOPOLOGY, "devices": int}, label=_("供电拓扑生效"), hint=("state",))
register_kind("topology.cancelled", fields=TOPOLOGY, label=_("取消拓扑导入"), hint=("state",))
register_kind(
    "outage.estimated",
    fields={
        "low_at": dt.datetime, "middle_at": dt.datetime, "high_at": dt.datetime, "basis": str, "stage": str, "alike": int,
        "told": bool,
    },
    label=_("估计恢复时间"),
    hint=("basis", "stage", "told"),
)  # fmt: skip
register_kind(
    "outage.crew_step",
    fields={"order_id": int, "stage": str, "until": dt.datetime | None},
    label=_("停电抢修进度"),
    hint=("stage",),
)
register_kind(
    "outage.classified", fields={"device_kind": str, "cause_code": str}, label=_("停电故障归类"), hint=("device_kind",)
)
REMAINING = {
    "outage_id": int, "state": str, "callers": int, "silent": int, "unconfirmed": int, "device_ids": list[int],
}  # fmt: skip
LEFT = ("outage_id", "callers", "silent")
register_kind("remaining.found", fields=REMAINING, label=_("发现恢复后仍无电"), hint=LEFT)
register_kind("remaining.changed", fields=REMAINING, label=_("仍无电名单变化"), hint=LEFT)
register_kind("remaining.cleared", fields=REMAINING, label=_("仍无电已消除"), hint=LEFT)
register_kind(
    "remaining.asked", fields={"outage_id": int, "account_ids": list[int]}, label=_("询问是否来电"), hint=("outage_id",)
)
register_kind(
    "remaining.accepted",
    fields={**REMAINING, "nested_id": int, "device_id": int, "request_ids": list[int], "master_request_id": int | None},
    label=_("仍无电转为停电"),
    hint=LEFT,
)
