"""What happens to a request beside its flow."""

import datetime as dt

from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

register_kind(
    "request.declined",
    fields={"unit_id": int, "reason": str, "other_org_id": int | None, "count": int, "note_id": int | None},
    label=pgettext_lazy("事件", "退单"),
    hint=("unit_id", "reason"),
)
register_kind(
    "request.transferred",
    fields={"from_id": int, "unit_id": int, "reason": str, "note_id": int | None},
    label=pgettext_lazy("事件", "转派"),
    hint=("unit_id",),
)
register_kind(
    "request.held",
    fields={"reason": str, "until": dt.datetime, "note_id": int | None},
    label=pgettext_lazy("事件", "挂起"),
    hint=("reason",),
)
register_kind("request.resumed", fields={"by": str, "seconds": int}, label=pgettext_lazy("事件", "恢复办理"))
register_kind(
    "request.reopened",
    fields={"round": int, "note_id": int | None},
    label=pgettext_lazy("事件", "重启"),
    hint=("round",),
)
register_kind(
    "request.split",
    fields={"made_ids": list[int], "note_id": int | None},
    label=pgettext_lazy("事件", "拆分"),
)
register_kind(
    "request.supervision_replied",
    fields={"supervision_id": int, "note_id": int | None},
    label=pgettext_lazy("事件", "督办回复"),
)
register_kind(
    "request.supervision_ended",
    fields={"supervision_id": int, "note_id": int | None},
    label=pgettext_lazy("事件", "督办办结"),
)
register_kind(
    "request.raised",
    fields={"level": int, "unit_id": int, "why": str, "round": int, "note_id": int | None},
    label=pgettext_lazy("事件", "升级"),
    hint=("level", "unit_id"),
)
register_kind(
    "request.raise_taken",
    fields={"level": int, "escalation_id": int},
    label=pgettext_lazy("事件", "升级已接手"),
    hint=("level",),
)
register_kind(
    "request.overrun_step",
    fields={"step": str, "round": int, "approved": bool, "note_id": int | None},
    label=pgettext_lazy("事件", "超时说明、致歉与补偿"),
    hint=("step",),
)
register_kind(
    "request.kept_private",
    fields={"confidential": bool, "anonymous": bool, "note_id": int | None},
    label=pgettext_lazy("事件", "保密与匿名"),
)
