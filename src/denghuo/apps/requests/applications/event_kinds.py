"""What happens to applications and appointments; the subject is the request they came in as."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "application.submitted",
    fields={"application_id": int, "business": str, "due_at": dt.datetime},
    label=_("提交业务申请"),
    hint=("business",),
)
register_kind(
    "application.step_done",
    fields={"application_id": int, "step": str, "next": str, "skipped": list[str]},
    label=_("业务环节完成"),
    hint=("step", "next"),
)
register_kind(
    "application.works_found",
    fields={"application_id": int, "due_at": dt.datetime},
    label=_("确认需外部工程，承诺时间调整"),
)
register_kind(
    "application.material_added",
    fields={"application_id": int, "material": str, "file_id": int},
    label=_("补交材料"),
    hint=("material",),
)
register_kind(
    "appointment.booked", fields={"day": dt.date, "half": str, "place": str}, label=_("预约"), hint=("day", "half")
)
register_kind("appointment.cancelled", fields={"day": dt.date, "half": str}, label=_("取消预约"), hint=("day",))
