"""Addresses of the floor screens."""

from django.urls import path

from denghuo.apps.metrics import pages

app_name = "metrics"
urlpatterns = [
    path("staff/floor/", pages.floor_page, name="floor"),
    path("staff/floor/wall/", pages.wall_page, name="wall"),
    path("staff/floor/arrivals/", pages.arrivals_page, name="arrivals"),
]
