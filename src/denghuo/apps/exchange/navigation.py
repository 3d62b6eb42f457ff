"""Menu entry of the exchange with other systems."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(
    _("数据交换"), "exchange:home", ("exchange.view",), icon="arrow-merge", group="manage", order=60,
    also=("/staff/exchange/",),
)  # fmt: skip
