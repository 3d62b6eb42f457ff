"""Events of privacy."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events.kinds import register_kind

register_kind(
    "privacy.revealed", fields={"field": str, "classification": str, "reason": str}, label=_("查看个人信息明文")
)
