"""Addresses of the requests screens."""

from django.urls import URLPattern, URLResolver

app_name = "requests"
urlpatterns: list[URLPattern | URLResolver] = []
