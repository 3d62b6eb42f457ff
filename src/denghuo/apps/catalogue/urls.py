"""Addresses: each kind of edition lists its own."""

from django.urls import include, path

app_name = "catalogue"
urlpatterns = [
    path("", include("denghuo.apps.catalogue.flows.urls")),
    path("", include("denghuo.apps.catalogue.classes.urls")),
    path("", include("denghuo.apps.catalogue.scenes.urls")),
]
