"""What happens to channels and to the functions on them."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "channel.closed",
    fields={"channel": str, "until": str | None, "waiting": int, "running": int},
    label=_("渠道关闭"),
    hint=("channel", "until"),
)
register_kind(
    "channel.opened", fields={"channel": str, "by_timer": bool}, label=_("渠道恢复"), hint=("channel", "by_timer")
)
register_kind(
    "channel.unhealthy",
    fields={"channel": str, "failures": int},
    label=_("渠道异常"),
    hint=("channel", "failures"),
)
register_kind("channel.recovered", fields={"channel": str}, label=_("渠道恢复正常"), hint=("channel",))
register_kind(
    "channel.reordered", fields={"channel": str, "functions": list[str]}, label=_("调整功能次序"), hint=("channel",)
)
register_kind(
    "function.edited",
    fields={"function": str, "version": int, "changed": list[str]},
    label=_("修改功能文案与规则"),
    hint=("function", "version"),
)
_PLACE = {"function": str, "channels": list[str]}
register_kind(
    "function.published", fields=_PLACE | {"mode": str}, label=_("发布功能"), hint=("function", "channels", "mode")
)
register_kind("function.withdrawn", fields=_PLACE, label=_("撤下功能"), hint=("function", "channels"))
register_kind("function.inherited", fields=_PLACE, label=_("恢复上级设置"), hint=("function", "channels"))
register_kind(
    "function.switched_off",
    fields=_PLACE | {"until": str | None},
    label=_("停用功能"),
    hint=("function", "channels", "until"),
)
register_kind("function.switched_on", fields=_PLACE, label=_("恢复功能"), hint=("function", "channels"))
register_kind(
    "function.used",
    fields={
        "function": str,
        "channel": str,
        "mode": str,
        "state": str,
        "seconds": float,
        "contact_id": int | None,
        "request_id": int | None,
    },
    label=_("使用服务功能"),
    hint=("function", "channel", "state"),
)
register_kind(
    "function.handed_over",
    fields={"function": str, "channel": str, "contact_id": int | None},
    label=_("转人工办理"),
    hint=("function", "channel", "contact_id"),
)
