"""Menu entry of safety on site."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(
    _("现场安全"), "safety:home", "safety.view", icon="shield-check", group="watch", order=35,
    also=("/staff/safety/",),
)  # fmt: skip
