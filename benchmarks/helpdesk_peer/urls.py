"""Addresses of the peer; its tickets carry links to themselves."""

from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
