"""Addresses of the field screens."""

from django.urls import URLPattern, URLResolver

app_name = "field"
urlpatterns: list[URLPattern | URLResolver] = []
