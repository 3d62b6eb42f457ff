"""Menu entry of team management."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(
    _("班组工作"), "teams:board", "team.view", icon="users-group", group="work", order=45, also=("/staff/teams/",)
)
