"""Plans, pins and displaced orders, as events."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

PLAN = {"plan_id": int, "cause": str, "changes": int}
DECIDED = {"plan_id": int, "sent": int, "moved": int, "skipped": int}

register_kind("plan.made", fields=PLAN, label=_("生成派单计划"), hint=("plan_id",))
register_kind("plan.proposed", fields=PLAN, label=_("提出派单建议"), hint=("plan_id", "changes"))
register_kind("plan.accepted", fields=DECIDED, label=_("采用派单计划"), hint=("plan_id",))
register_kind("plan.rejected", fields={"plan_id": int, "reason": str}, label=_("未采用派单计划"), hint=("plan_id",))
register_kind(
    "order.locked", fields={"request_id": int, "crew_id": int}, label=_("锁定班组"), hint=("request_id", "crew_id")
)
register_kind("order.unlocked", fields={"request_id": int, "crew_id": int}, label=_("解除锁定"), hint=("request_id",))
register_kind(
    "order.displaced",
    fields={"request_id": int, "emergency_id": int, "was_at": dt.datetime, "due_at": dt.datetime},
    label=_("因应急后移"),
    hint=("request_id",),
)
