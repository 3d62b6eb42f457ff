"""What happens on the floor."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "floor.exception_raised",
    fields={
        "exception_kind": str,
        "level": str,
        "staff_id": int | None,
        "contact_id": int | None,
        "queue_id": int | None,
    },
    label=_("异常发生"),
    hint=("exception_kind", "level", "staff_id", "contact_id", "queue_id"),
)
register_kind(
    "floor.exception_seen",
    fields={"exception_kind": str},
    label=_("异常已处置"),
    hint=("exception_kind",),
)
register_kind(
    "floor.exception_ended",
    fields={"exception_kind": str, "seconds": int},
    label=_("异常解除"),
    hint=("exception_kind",),
)
register_kind("floor.threshold_changed", fields={"threshold_id": int, "active": bool}, label=_("越限规则变更"))
register_kind("handover.changed", fields={"state": str}, label=_("交接班"), hint=("state",))
register_kind("handover.matter_changed", fields={"matter_id": int, "state": str}, label=_("交接事项"), hint=("state",))
register_kind("meeting.written", fields={"meeting_kind": str}, label=_("会议记录"), hint=("meeting_kind",))
register_kind(
    "report.sent", fields={"category": str, "urgency": str}, label=_("信息报送"), hint=("category", "urgency")
)
register_kind("report.received", fields={"receipt_id": int, "late": bool}, label=_("报送回执"), hint=("late",))
register_kind("note.written", fields={"note_kind": str, "staff_id": int}, label=_("纪律考勤登记"))
register_kind("note.answered", fields={"stated": bool}, label=_("本人已阅"))
register_kind("note.withdrawn", fields={"staff_id": int}, label=_("登记撤回"))
register_kind("duty.written", fields={"category": str}, label=_("值班日志"), hint=("category",))
