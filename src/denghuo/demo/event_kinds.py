"""Events of the simulated province."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind(
    "demo.province_built",
    fields={
        "size": str, "seed": int, "units": int, "staff": int, "crews": int, "substations": int, "feeders": int,
        "transformers": int, "customers": int, "accounts": int, "checksum": str,
    },
    label=_("模拟省已建成"),
)  # fmt: skip
