"""Addresses of trained models and of topics."""

from django.urls import path

from denghuo.apps.knowledge.learned import pages

urlpatterns = [
    path("staff/knowledge/models/", pages.model_list, name="models"),
    path("staff/knowledge/models/role/<str:code>/", pages.role, name="model-role"),
    path("staff/knowledge/models/<int:pk>/", pages.model, name="model"),
    path("staff/knowledge/models/<int:pk>/release/", pages.release, name="model-release"),
    path("staff/knowledge/topics/", pages.topics, name="topics"),
]
