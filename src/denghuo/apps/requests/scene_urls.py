"""Addresses of the scenes' parts of forms, the answers of a request, and their completeness."""

from django.urls import path

from denghuo.apps.requests.pages import completeness, scene_answers, scene_parts

urlpatterns = [
    path("hall/scene/", scene_parts.hall_part, name="hall-scene"),
    path("staff/requests/scene/", scene_parts.staff_part, name="scene-part"),
    path("staff/requests/<int:pk>/answers/", scene_answers.panel, name="answers"),
    path("staff/requests/<int:pk>/answers/complete/", scene_answers.complete, name="answers-complete"),
    path("staff/completeness/", completeness.completeness, name="completeness"),
]
