"""Addresses of the agent's desk."""

from django.urls import path

from denghuo.apps.contacts import pages

app_name = "contacts"
urlpatterns = [
    path("staff/desk/", pages.desk, name="desk"),
    path("staff/desk/queue/", pages.queue, name="queue"),
    path("staff/desk/take/", pages.take, name="take"),
    path("staff/desk/<int:pk>/close/", pages.close, name="close"),
]
