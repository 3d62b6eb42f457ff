"""Addresses of the safety screens."""

from django.urls import URLPattern, URLResolver, path

from denghuo.apps.safety.pages import alarms, feed, overview, phone, trackers, zones

app_name = "safety"
urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/safety/", overview.home, name="home"),
    path("staff/safety/now/", overview.now_part, name="now"),
    path("staff/safety/map/", overview.map_part, name="map"),
    path("staff/safety/alarms/", alarms.alarms, name="alarms"),
    path("staff/safety/alarms/<int:pk>/", alarms.alarm, name="alarm"),
    path("staff/safety/alarms/<int:pk>/acknowledge/", alarms.acknowledge, name="acknowledge"),
    path("staff/safety/alarms/<int:pk>/close/", alarms.close, name="close"),
    path("staff/safety/zones/", zones.zones, name="zones"),
    path("staff/safety/zones/new/", zones.new, name="zone-new"),
    path("staff/safety/zones/<int:pk>/", zones.zone, name="zone"),
    path("staff/safety/zones/<int:pk>/end/", zones.end, name="zone-end"),
    path("staff/safety/trackers/", trackers.trackers, name="trackers"),
    path("staff/safety/trackers/new/", trackers.new, name="tracker-new"),
    path("staff/safety/trackers/import/", trackers.load, name="import"),
    path("staff/safety/trackers/import/sample.csv", trackers.sample, name="sample"),
    path("staff/safety/trackers/<int:pk>/", trackers.tracker, name="tracker"),
    path("staff/safety/trackers/<int:pk>/track/", trackers.track, name="track"),
    path("staff/safety/feed/", feed.feed, name="feed"),
    path("field/safety/", phone.line, name="phone"),
    path("field/safety/help/", phone.call_help, name="help"),
    path("field/safety/<int:pk>/ok/", phone.answer, name="answer"),
]
