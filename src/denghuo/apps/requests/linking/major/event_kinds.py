"""The course of a major service event."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "major.proposed",
    fields={"trigger": str, "level": str, "reasons": list[str]},
    label=_("建议列为重大服务事件"),
    hint=("trigger", "level"),
)
register_kind(
    "major.opened", fields={"trigger": str, "level": str}, label=_("重大服务事件成立"), hint=("trigger", "level")
)
register_kind("major.rejected", fields={"trigger": str}, label=_("重大服务事件未成立"))
register_kind("major.member_set", fields={"staff_id": int, "role": str}, label=_("报告组成员"), hint=("role",))
register_kind("major.request_added", fields={"request_id": int}, label=_("事件增加诉求"), hint=("request_id",))
register_kind(
    "major.entry_written", fields={"entry_id": int, "entry_kind": str}, label=_("事件记录"), hint=("entry_kind",)
)
register_kind("major.customer_called", fields={"call_id": int, "state": str}, label=_("联系风险客户"), hint=("state",))
register_kind("major.closed", fields={"entry_id": int}, label=_("重大服务事件结束"))
