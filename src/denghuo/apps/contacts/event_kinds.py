"""What happens to a conversation."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "contact.opened",
    fields={"channel": str, "state": str, "customer_id": int | None},
    label=_("客户进线"),
    hint=("channel", "state"),
)
register_kind(
    "contact.taken",
    fields={"agent_id": int | None, "waited_seconds": int},
    label=_("坐席应答"),
    hint=("agent_id", "waited_seconds"),
)
register_kind(
    "contact.message_posted",
    fields={"message_id": int, "sender": str},
    label=_("收到消息"),
    hint=("message_id", "sender"),
)
register_kind("contact.linked", fields={"request_id": int}, label=_("关联诉求"), hint=("request_id",))
register_kind(
    "contact.closed",
    fields={"outcome": str, "request_id": int | None, "served_seconds": int | None},
    label=_("服务结束"),
    hint=("outcome",),
)
register_kind("contact.abandoned", fields={"waited_seconds": int}, label=_("客户放弃"), hint=("waited_seconds",))
