"""Addresses of the voltage screens, included by the app's."""

from django.urls import path

from denghuo.apps.requests.panorama import effects, pages

urlpatterns = [
    path("staff/requests/<int:pk>/voltage/", pages.page, name="voltage"),
    path("staff/requests/<int:pk>/voltage/report/", pages.report, name="voltage-report"),
    path("staff/voltage/", effects.effects, name="voltage-effects"),
    path("staff/voltage/import/", pages.import_page, name="voltage-import"),
]
