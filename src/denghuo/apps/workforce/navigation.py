"""Menu entries of the area: planning for those who plan, own shifts for everybody rostered."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(
    _("人力排班"), "workforce:forecast", "workforce.view", icon="chart-line", group="watch", order=30,
    also=("/staff/workforce/",),
)  # fmt: skip
nav.register(
    _("我的班次"), "workforce:mine", "roster.work", icon="calendar", group="work", order=50, also=("/staff/my-shifts/",)
)
