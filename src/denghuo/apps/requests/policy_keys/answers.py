"""Policies of scene templates."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "scene.completeness.target", type="number", label=_("必填完整率目标"), unit="%", help=_("平均完整率低于此值时标出")
)
