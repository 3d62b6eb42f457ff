"""Menu entries of the floor."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("实时大厅"), "metrics:floor", "floor.view", icon="layout-dashboard", group="watch", order=10)
