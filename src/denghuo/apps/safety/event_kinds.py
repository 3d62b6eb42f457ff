"""What happens to the safety of people on site. Ids, codes and numbers only: no place of a person, no name."""

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

ALARM = {
    "alarm_kind": str, "tracker_id": int, "crew_id": int | None, "zone_id": int | None, "order_id": int | None,
}  # fmt: skip
HINT = ("alarm_kind", "tracker_id", "crew_id")

register_kind("safety.alarm_asked", fields=ALARM, label=_("询问现场人员是否平安"), hint=HINT)
register_kind("safety.alarm_raised", fields=ALARM, label=_("现场安全告警"), hint=HINT)
register_kind("safety.alarm_acknowledged", fields=ALARM, label=_("告警开始处置"), hint=HINT)
register_kind("safety.alarm_over", fields=ALARM, label=_("告警情况消失"), hint=HINT)
register_kind("safety.alarm_closed", fields={**ALARM, "outcome": str}, label=_("告警解除"), hint=(*HINT, "outcome"))
register_kind(
    "safety.zone_set",
    fields={"zone_kind": str, "valid_from": dt.datetime, "valid_until": dt.datetime | None, "order_id": int | None},
    label=_("设置安全区域"),
    hint=("zone_kind",),
)
register_kind(
    "safety.zone_ended", fields={"zone_kind": str, "order_id": int | None}, label=_("安全区域失效"), hint=("zone_kind",)
)
register_kind(
    "safety.tracker_set",
    fields={"tracker_kind": str, "crew_id": int | None, "wearer_id": int | None, "active": bool},
    label=_("登记定位设备"),
)
register_kind(
    "safety.track_viewed",
    fields={"wearer_id": int | None, "since": dt.datetime, "until": dt.datetime, "readings": int, "reason": str},
    label=pgettext_lazy("事件", "查看人员轨迹"),
)
