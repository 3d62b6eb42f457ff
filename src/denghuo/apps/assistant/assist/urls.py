"""Addresses of the helper beside an agent."""

from django.urls import path

from denghuo.apps.assistant.assist import pages

urlpatterns = [
    path("staff/desk/<int:pk>/panel/assist/", pages.panel, name="assist-panel"),
    path("staff/desk/<int:pk>/panel/assist/decide/", pages.decide, name="assist-decide"),
    path("staff/desk/<int:pk>/panel/assist/typed/", pages.typed, name="assist-typed"),
    path("staff/assistant/assist/", pages.rates, name="assist-rates"),
]
