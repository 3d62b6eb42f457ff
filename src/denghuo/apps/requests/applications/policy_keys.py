"""Policies of applications and appointments."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "connection.promise_days",
    type="number_by",
    label=_("业务办理承诺时限"),
    unit=_("工作日"),
    help=_("_works 为需外部工程，high_two 为双电源"),
)
define("connection.appointment.capacity", type="count", label=_("每县区每半天可预约数"), unit=_("个"))
define("connection.appointment.days", type="count", label=_("可预约的最远工作日数"), unit=_("天"))
define("connection.files", type="count", label=_("一项申请最多上传文件数"), unit=_("个"))
