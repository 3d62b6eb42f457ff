"""What happens to work orders and crews. Payloads carry ids, codes and numbers only."""

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.field.driving import event_kinds as _driving  # noqa: F401
from denghuo.apps.field.planning import event_kinds as _planning  # noqa: F401
from denghuo.core.events import register_kind

ORDER = {"request_id": int, "crew_id": int, "round": int, "visit": int}
HINT = ("request_id", "crew_id")

register_kind("order.created", fields={**ORDER, "area": str}, label=_("派发工单"), hint=HINT)
register_kind("order.accepted", fields=ORDER, label=_("班组接单"), hint=HINT)
register_kind("order.departed", fields=ORDER, label=_("班组出发"), hint=HINT)
register_kind("order.arrived", fields={**ORDER, "off_by_metres": int | None}, label=_("到达现场"), hint=HINT)
register_kind(
    "order.finished",
    fields={
        **ORDER, "cause": str, "restored_at": dt.datetime | None, "photos": int, "signed": bool, "safety_ticked": int,
        "safety_lines": int,
    },
    label=_("现场回单"),
    hint=HINT,
)  # fmt: skip
register_kind("order.sent_back", fields={**ORDER, "reason": str}, label=_("审核退回"), hint=HINT)
register_kind("order.passed", fields=ORDER, label=_("审核通过"), hint=HINT)
register_kind("order.withdrawn", fields={**ORDER, "reason": str}, label=_("撤回工单"), hint=HINT)
register_kind(
    "order.photo_added",
    fields={"file_id": int, "photo_kind": str, "visit": int},
    label=pgettext_lazy("事件", "上传照片"),
    hint=("photo_kind",),
)
register_kind("crew.positioned", fields={"lon": float, "lat": float}, label=_("班组位置"), hint=("lon", "lat"))
register_kind("crew.duty_changed", fields={"on_duty": bool}, label=_("值班变更"), hint=("on_duty",))

register_kind("order.expected", fields={**ORDER, "until": dt.datetime}, label=_("填报预计恢复"), hint=HINT)
register_kind("order.noted", fields={**ORDER, "report_id": int}, label=_("现场说明"), hint=HINT)
register_kind("order.materials_set", fields={**ORDER, "lines": int}, label=_("登记材料使用"), hint=HINT)
register_kind(
    "order.ticked",
    fields={**ORDER, "part": str, "lines": int, "done": bool},
    label=_("勾选安全措施或作业步骤"),
    hint=HINT,
)
register_kind(
    "order.worked_offline",
    fields={**ORDER, "step": str, "report_id": int},
    label=_("改派后收到原班组的离线作业记录"),
    hint=HINT,
)
