"""Addresses of the grid screens."""

from django.urls import URLPattern, URLResolver

app_name = "grid"
urlpatterns: list[URLPattern | URLResolver] = []
