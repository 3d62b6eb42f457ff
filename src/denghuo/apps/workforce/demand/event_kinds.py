"""What happens to forecasts and required heads. Ids, codes and numbers only."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "forecast.made",
    fields={"run_kind": str, "first": dt.date, "days": int, "queues": int, "expected": float},
    label=_("完成来量预测"),
    hint=("first", "days"),
)
register_kind(
    "forecast.overridden",
    fields={"queue_id": int, "starts": dt.datetime, "ends": dt.datetime, "factor": float | None, "value": float | None},
    label=_("人工修正预测"),
    hint=("starts",),
)
register_kind(
    "forecast.override_ended",
    fields={"queue_id": int, "starts": dt.datetime},
    label=_("撤回预测修正"),
    hint=("starts",),
)
DRIVER = {"driver_kind": str, "starts": dt.datetime, "ends": dt.datetime}
register_kind("forecast.driver_added", fields=DRIVER, label=_("登记影响因素"), hint=("driver_kind",))
register_kind("forecast.driver_removed", fields=DRIVER, label=_("删除影响因素"), hint=("driver_kind",))
register_kind("forecast.counts_imported", fields={"rows": int}, label=_("导入时段来量"), hint=("rows",))
register_kind(
    "requirement.made", fields={"first": dt.date, "days": int, "queues": int}, label=_("算出人力需求"), hint=("first",)
)
register_kind("scenario.saved", fields={"queue_id": int, "day": dt.date}, label=_("保存推演方案"), hint=("day",))
register_kind(
    "scenario.kept_as_drill", fields={"queue_id": int, "day": dt.date}, label=_("推演存为演练"), hint=("day",)
)
