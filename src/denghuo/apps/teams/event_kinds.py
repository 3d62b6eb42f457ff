"""What happens to the work of teams. Ids, codes and numbers only."""

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.core.events import register_kind

TASK = {"team_id": int, "day": dt.date, "task_type": str, "points": float}
HINT = ("team_id", "day")

register_kind(
    "team.task_created",
    fields={**TASK, "source": str, "order_id": int | None, "staff_ids": list[int]},
    label=_("新增班组任务"),
    hint=HINT,
)
register_kind("team.task_changed", fields={**TASK, "conditions": list[str]}, label=_("修改班组任务"), hint=HINT)
register_kind(
    "team.task_moved",
    fields={
        **TASK, "from_day": dt.date, "staff_ids": list[int], "before_ids": list[int], "from_ratio": float | None,
        "to_ratio": float | None,
    },
    label=_("调整班组任务"),
    hint=HINT,
)  # fmt: skip
register_kind("team.task_started", fields=TASK, label=pgettext_lazy("事件", "班组任务开工"), hint=HINT)
register_kind(
    "team.task_done", fields={**TASK, "minutes": int | None}, label=pgettext_lazy("事件", "班组任务完成"), hint=HINT
)
register_kind("team.task_reopened", fields=TASK, label=_("班组任务重新打开"), hint=HINT)
register_kind("team.task_cancelled", fields=TASK, label=_("取消班组任务"), hint=HINT)
register_kind("team.task_carried", fields={**TASK, "to_task_id": int}, label=_("任务结转下周"), hint=HINT)
register_kind(
    "team.task_marked", fields={"team_id": int, "mark_kind": str, "mark_points": float}, label=_("质量加减分"),
    hint=("team_id",),
)  # fmt: skip
register_kind(
    "team.plan_released", fields={"team_id": int, "week": str, "tasks": int, "points": float}, label=_("下达周计划"),
    hint=("team_id",),
)  # fmt: skip
register_kind(
    "team.week_reviewed",
    fields={"team_id": int, "week": str, "completion": float | None, "planned_rate": float | None, "points": float},
    label=_("周评价"),
    hint=("team_id",),
)
register_kind(
    "team.improvement_set",
    fields={"team_id": int, "owner_id": int, "due": dt.date, "item_state": str},
    label=_("改进项"),
    hint=("team_id",),
)
register_kind(
    "team.absence_set",
    fields={"team_id": int, "staff_id": int, "absence_kind": str, "first": dt.date, "last": dt.date},
    label=_("登记离岗"),
    hint=("team_id",),
)
register_kind("team.absence_ended", fields={"team_id": int, "staff_id": int}, label=_("取消离岗"), hint=("team_id",))
