"""Entries of the navigation."""

from django.utils.translation import gettext_lazy as _

from denghuo.web import nav

nav.register(_("流程分类模板"), "catalogue:flows", "catalogue.view", icon="route", group="manage", order=12)
