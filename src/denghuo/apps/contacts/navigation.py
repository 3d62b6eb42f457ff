"""Menu entry of the agent's desk."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("坐席工作台"), "contacts:desk", "contact.take", icon="headset", group="work", order=10)
