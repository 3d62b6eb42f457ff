"""Addresses of the search."""

from django.urls import path

from denghuo.apps.knowledge.searching import pages, public

urlpatterns = [
    path("staff/knowledge/search/", pages.search, name="search"),
    path("staff/knowledge/search/health/", pages.health, name="search-health"),
    path("staff/knowledge/search/fill/", pages.fill, name="search-fill"),
    path("staff/knowledge/search/stop/", pages.stop, name="search-stop"),
    path("hall/answers/", public.answers, name="answers"),
    path("hall/answers/feedback/", public.feedback, name="answers-feedback"),
    path("hall/answers/<int:pk>/open/", public.opened, name="answers-open"),
]
