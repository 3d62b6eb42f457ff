"""Addresses."""

from django.urls import path

from denghuo.apps.channels.pages import channel, functions, overview

app_name = "channels"
urlpatterns = [
    path("staff/channels/", overview.overview, name="overview"),
    path("staff/channels/functions/", functions.matrix, name="functions"),
    path("staff/channels/functions/<slug:code>/", functions.function, name="function"),
    path("staff/channels/functions/<slug:code>/preview/", functions.preview, name="preview"),
    path("staff/channels/functions/<slug:code>/on/<slug:channel>/", functions.cell, name="cell"),
    path("staff/channels/<slug:code>/", channel.channel, name="channel"),
    path("staff/channels/<slug:code>/close/", channel.close, name="close"),
    path("staff/channels/<slug:code>/open/", channel.reopen, name="open"),
    path("staff/channels/<slug:code>/order/", channel.order, name="order"),
]
