"""Policies of the running day."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "workforce.adherence.tolerance",
    type="minutes",
    label=_("排班遵守：偏离多久以内不计"),
    help=_("迟到、早退、超时小休等不超过这个时长的不算偏离"),
    unit=_("分钟"),
)
