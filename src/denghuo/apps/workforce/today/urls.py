"""Addresses."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.today import pages, pages_ahead, pages_log, pages_span

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/workforce/today/", pages.today, name="today"),
    path("staff/workforce/today/export/", pages.export, name="today-export"),
    path("staff/workforce/today/ahead/", pages_ahead.part, name="today-ahead"),
    path("staff/workforce/today/look/", pages_ahead.look, name="today-look"),
    path("staff/workforce/today/moves/<int:pk>/", pages_ahead.move, name="today-move"),
    path("staff/workforce/today/reserves/<int:pk>/", pages_ahead.call, name="today-call"),
    path("staff/workforce/span/", pages_span.span, name="span"),
    path("staff/workforce/span/export/", pages_span.export, name="span-export"),
    path("staff/workforce/log/", pages_log.log, name="log"),
]

tabs.add(75, "span", "workforce:span", _("月周总览"))
tabs.add(80, "today", "workforce:today", _("今日执行"))
tabs.add(90, "log", "workforce:log", _("排班日志"))
