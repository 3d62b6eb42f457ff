"""Addresses."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.today import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/workforce/today/", pages.today, name="today"),
    path("staff/workforce/today/export/", pages.export, name="today-export"),
]

tabs.add(80, "today", "workforce:today", _("今日执行"))
