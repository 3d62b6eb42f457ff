"""Addresses of the workforce screens, part by part."""

from django.urls import URLPattern, URLResolver

from denghuo.apps.workforce.demand.urls import urlpatterns as demand
from denghuo.apps.workforce.rosters.urls import urlpatterns as rosters
from denghuo.apps.workforce.today.urls import urlpatterns as today

app_name = "workforce"
urlpatterns: list[URLPattern | URLResolver] = [*demand, *rosters, *today]
