"""Events of clocks. Their subject is the subject of the clock, so a request's timeline shows them."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events.kinds import register_kind

WHICH = {"clock_id": int, "clock_kind": str}
HINT = ("clock_id", "clock_kind")

register_kind(
    "clock.started",
    fields={
        **WHICH,
        "budget_seconds": int,
        "due_at": dt.datetime,
        "warn_at": dt.datetime,
        "policy_value_id": int | None,
    },
    label=_("开始计时"),
    hint=HINT,
)
register_kind("clock.paused", fields={**WHICH, "reason": str, "remaining_seconds": int}, label=_("计时暂停"), hint=HINT)
register_kind(
    "clock.resumed", fields={**WHICH, "due_at": dt.datetime, "warn_at": dt.datetime}, label=_("计时恢复"), hint=HINT
)
register_kind(
    "clock.recomputed",
    fields={**WHICH, "reason": str, "old_budget_seconds": int, "budget_seconds": int, "due_at": dt.datetime | None},
    label=_("时限重新计算"),
    hint=HINT,
)
register_kind(
    "clock.warned", fields={**WHICH, "due_at": dt.datetime, "warn_at": dt.datetime}, label=_("即将超时"), hint=HINT
)
register_kind("clock.breached", fields={**WHICH, "due_at": dt.datetime}, label=_("已超时"), hint=HINT)
register_kind(
    "clock.stopped",
    fields={**WHICH, "outcome": str, "elapsed_seconds": int, "budget_seconds": int, "breach_withdrawn": bool},
    label=_("计时结束"),
    hint=(*HINT, "outcome"),
)
register_kind("clock.cancelled", fields={**WHICH, "reason": str}, label=_("计时取消"), hint=HINT)
register_kind(
    "calendar.changed",
    fields={"code": str, "calendar_id": int, "valid_from": str},
    label=_("调整工作日历"),
    hint=("code", "calendar_id"),
)
