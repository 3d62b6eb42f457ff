"""Addresses of the assistant's screens."""

from django.urls import path

from denghuo.apps.assistant import filling, urls_staff
from denghuo.apps.assistant.assist.urls import urlpatterns as assist

app_name = "assistant"
urlpatterns = [
    *assist,
    *urls_staff.urlpatterns,
    path("hall/filled/<str:token>/", filling.fill, name="fill"),
]
