"""Policies of the floor."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define(
    "floor.waiting.warn",
    type="count",
    label=_("排队人数预警"),
    unit=_("人"),
    help=_("排队人数达到此值时大厅板块变为警示"),
)
define("floor.clock.list", type="count", label=_("临期清单条数"), unit=_("条"))
