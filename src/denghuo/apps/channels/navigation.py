"""Entries of the navigation."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("渠道运行"), "channels:overview", "channel.view", icon="broadcast", group="watch", order=30)
nav.register(_("渠道与功能"), "channels:functions", "channel.view", icon="grid-dots", group="manage", order=15)
