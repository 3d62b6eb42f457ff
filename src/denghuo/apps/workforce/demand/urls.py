"""Addresses of forecast and staffing."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.demand import pages_accuracy, pages_events, pages_forecast, pages_staffing, pages_whatif

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/workforce/", pages_forecast.forecast, name="forecast"),
    path("staff/workforce/forecast/export/", pages_forecast.export, name="forecast-export"),
    path("staff/workforce/forecast/start/", pages_forecast.start, name="start"),
    path("staff/workforce/forecast/stop/", pages_forecast.stop, name="stop"),
    path("staff/workforce/forecast/progress/", pages_forecast.progress, name="progress"),
    path("staff/workforce/forecast/overrides/", pages_forecast.override, name="override"),
    path("staff/workforce/forecast/overrides/<int:pk>/end/", pages_forecast.end_override, name="override-end"),
    path("staff/workforce/events/", pages_events.events, name="events"),
    path("staff/workforce/events/<int:pk>/remove/", pages_events.remove, name="event-remove"),
    path("staff/workforce/import/", pages_events.file_page, name="import"),
    path("staff/workforce/import/check/", pages_events.check_file, name="import-check"),
    path("staff/workforce/import/write/", pages_events.write_file, name="import-write"),
    path("staff/workforce/requirement/", pages_staffing.requirement, name="requirement"),
    path("staff/workforce/requirement/cell/", pages_staffing.cell, name="requirement-cell"),
    path("staff/workforce/requirement/export/", pages_staffing.export, name="requirement-export"),
    path("staff/workforce/accuracy/", pages_accuracy.page, name="accuracy"),
    path("staff/workforce/scenarios/", pages_whatif.scenarios, name="scenarios"),
    path("staff/workforce/scenarios/<int:pk>/", pages_whatif.scenario, name="scenario"),
    path("staff/workforce/scenarios/<int:pk>/drill/", pages_whatif.drill, name="scenario-drill"),
    path("staff/workforce/scenarios/<int:pk>/script/", pages_whatif.script, name="scenario-script"),
]

tabs.add(10, "forecast", "workforce:forecast", _("预测"))
tabs.add(20, "requirement", "workforce:requirement", _("需求"))
tabs.add(30, "scenarios", "workforce:scenarios", _("推演"))
tabs.add(40, "accuracy", "workforce:accuracy", _("准确率"))
