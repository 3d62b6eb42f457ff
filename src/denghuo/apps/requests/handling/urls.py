"""Addresses of what happens to a request beside its flow."""

from django.urls import path

from denghuo.apps.requests.handling import pages

urlpatterns = [
    path("staff/requests/watched/", pages.watched, name="watched"),
    path("staff/requests/<int:pk>/handling/", pages.panel, name="handling"),
    path("staff/requests/<int:pk>/handling/approve/", pages.approve, name="handling-approve"),
    path("staff/requests/<int:pk>/handling/take/<int:escalation>/", pages.take, name="handling-take"),
    path("staff/requests/<int:pk>/handling/<slug:verb>/", pages.act, name="handling-act"),
]
