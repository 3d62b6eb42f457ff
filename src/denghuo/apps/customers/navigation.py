"""Menu entry of the customers app."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("客户查询"), "customers:search", "customers.view", icon="users", group="work", order=50)
