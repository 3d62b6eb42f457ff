"""Learning and weather, as events."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "prediction.fitted",
    fields={"number": int, "cases": int, "state": str, "reason": str},
    label=_("拟合预测模型"),
    hint=("number", "state", "reason"),
)
register_kind(
    "prediction.put_in_force", fields={"number": int, "was": int | None}, label=_("启用预测模型"), hint=("number",)
)
register_kind("prediction.weather_kept", fields={"hours": int, "units": int}, label=_("导入天气"), hint=("hours",))
register_kind(
    "prediction.made",
    fields={"request_id": int, "moment": str, "alike": int},
    label=_("更新预计时间"),
    hint=("moment",),
)
