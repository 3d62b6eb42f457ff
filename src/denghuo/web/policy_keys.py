"""Policies of the common front end."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

EXPORT_MAX_ROWS = define(
    "export.max_rows",
    type="count",
    label=_("单次导出行数上限"),
    unit=_("行"),
    help=_("超过上限时提示缩小筛选范围，防止一次带走大量客户数据"),
)
