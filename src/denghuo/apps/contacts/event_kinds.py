"""What happens to a conversation, to an agent, to a queue."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "contact.opened",
    version=2,
    fields={"channel": str, "state": str, "customer_id": int | None, "queue_id": int | None, "handling": str},
    label=_("客户进线"),
    hint=("channel", "state", "queue_id"),
)
register_kind(
    "contact.queued",
    fields={"queue_id": int | None, "reason": str, "handling": str},
    label=_("进入队列"),
    hint=("queue_id", "reason", "handling"),
)
register_kind(
    "contact.handed_over",
    fields={"reason": str, "queue_id": int | None, "priority": int, "to_agent_id": int | None, "robot_seconds": int},
    label=_("智能客服转人工"),
    hint=("reason", "priority"),
)
register_kind(
    "contact.offered",
    fields={"agent_id": int, "expires_in": int, "channel": str},
    label=_("派给坐席"),
    hint=("agent_id", "expires_in", "channel"),
)
register_kind(
    "contact.offer_ended",
    fields={"agent_id": int, "end": str, "seconds": int},
    label=_("未接回队"),
    hint=("agent_id", "end"),
)
register_kind(
    "contact.taken",
    version=2,
    fields={
        "agent_id": int | None,
        "waited_seconds": int,
        "queue_id": int | None,
        "channel": str,
        "handling": str,
        "first": bool,
    },
    label=_("坐席应答"),
    hint=("agent_id", "waited_seconds"),
)
register_kind(
    "contact.message_posted",
    version=2,
    fields={"message_id": int, "previous_id": int, "sender": str, "audience": str, "kind": str, "channel": str},
    label=_("收到消息"),
    hint=("message_id", "previous_id", "sender", "audience", "kind"),
)
register_kind(
    "contact.phrase_met",
    fields={"message_id": int, "rule_ids": list[int], "phrase_kind": str, "staff_id": int | None},
    label=_("触发用语规则"),
    hint=("message_id", "phrase_kind"),
)
register_kind("contact.linked", fields={"request_id": int}, label=_("关联诉求"), hint=("request_id",))
register_kind(
    "contact.identified",
    fields={"customer_id": int | None, "account_id": int | None},
    label=_("识别客户"),
    hint=("customer_id", "account_id"),
)
register_kind(
    "contact.transferred",
    fields={"from_agent_id": int | None, "to_agent_id": int | None, "to_queue_id": int | None},
    label=_("转接"),
    hint=("from_agent_id", "to_agent_id", "to_queue_id"),
)
register_kind(
    "contact.put_back",
    fields={"agent_id": int | None},
    label=_("放回队列"),
    hint=("agent_id",),
)
register_kind(
    "contact.party_changed",
    fields={"party_id": int, "staff_id": int, "role": str, "state": str},
    label=_("参与人变化"),
    hint=("party_id", "staff_id", "role", "state"),
)
register_kind(
    "contact.callback_asked",
    fields={"not_before": str | None},
    label=_("要求回呼"),
    hint=("not_before",),
)
register_kind(
    "contact.callback_tried",
    fields={"attempt": int, "reached": bool},
    label=_("回呼"),
    hint=("attempt", "reached"),
)
register_kind(
    "contact.ended",
    fields={"by": str, "served_seconds": int | None},
    label=_("对话结束"),
    hint=("by",),
)
register_kind(
    "contact.closed",
    version=2,
    fields={
        "outcome": str,
        "request_id": int | None,
        "served_seconds": int | None,
        "wrap_seconds": int | None,
        "queue_id": int | None,
        "channel": str,
        "agent_id": int | None,
    },
    label=_("服务结束"),
    hint=("outcome",),
)
register_kind(
    "contact.abandoned",
    version=2,
    fields={"waited_seconds": int, "queue_id": int | None, "channel": str},
    label=_("客户放弃"),
    hint=("waited_seconds",),
)
register_kind(
    "contact.rated",
    fields={"score": int, "resolved": bool | None, "queue_id": int | None, "channel": str, "agent_id": int | None},
    label=_("客户评价"),
    hint=("score",),
)
register_kind(
    "agent.state_changed",
    fields={"staff_id": int, "state": str, "before": str, "seconds": int, "mode": str, "by_other": bool},
    label=_("坐席状态"),
    hint=("staff_id", "state", "before", "mode"),
)
register_kind(
    "agent.allowance_used_up",
    fields={"staff_id": int, "mode": str, "used_minutes": int, "allowed_minutes": int},
    label=_("超出当日限额"),
    hint=("staff_id", "mode"),
)
register_kind(
    "agent.profile_set",
    fields={"staff_id": int, "capacity": dict[str, int], "echelon": int},
    label=_("坐席档案更新"),
    hint=("staff_id", "echelon"),
)
register_kind("queue.plan_set", fields={"queue_id": int, "plan_id": int}, label=_("队列方案更新"), hint=("queue_id",))
register_kind(
    "queue.changed", fields={"queue_id": int, "active": bool}, label=_("队列变更"), hint=("queue_id", "active")
)
register_kind(
    "echelon.activated", fields={"activation_id": int, "echelon": int}, label=_("启动应急梯队"), hint=("echelon",)
)
register_kind(
    "echelon.released", fields={"activation_id": int, "echelon": int}, label=_("解除应急梯队"), hint=("echelon",)
)
register_kind(
    "outbound.ended",
    fields={"outbound_id": int, "channel": str, "state": str, "attempts": int},
    label=_("外发结果"),
    hint=("outbound_id", "channel", "state"),
)
register_kind(
    "contact.message_changed",
    fields={"message_id": int, "kind": str},
    label=_("消息补全"),
    hint=("message_id", "kind"),
)
register_kind(
    "identity.changed",
    fields={"channel": str, "what": str, "bound": bool, "subscribed": bool},
    label=_("渠道身份变化"),
)
register_kind(
    "channel.account_changed",
    fields={"channel": str, "active": bool, "what": str},
    label=_("外部渠道账号变更"),
)
register_kind(
    "outbound.delivered",
    fields={"outbound_id": int, "channel": str, "state": str},
    label=_("外发回执"),
)
register_kind("desk.text_written", fields={"text_kind": str, "text_id": int, "new": bool}, label=_("修改坐席用语"))
