"""Addresses of the grid screens."""

from django.urls import path

from denghuo.apps.grid import pages

app_name = "grid"
urlpatterns = [
    path("map/base.geojson", pages.base_map, name="base-map"),
    path("hall/outages/", pages.hall_outages, name="hall-outages"),
    path("staff/outages/", pages.outages_page, name="outages"),
    path("staff/outages/new/", pages.outage_new, name="outage-new"),
    path("staff/outages/transformers/", pages.feeder_transformers, name="feeder-transformers"),
    path("staff/outages/<int:outage_id>/", pages.outage_page, name="outage"),
    path("staff/outages/<int:outage_id>/update/", pages.outage_update, name="outage-update"),
    path("staff/outages/<int:outage_id>/restore/", pages.outage_restore, name="outage-restore"),
    path("staff/outages/<int:outage_id>/cancel/", pages.outage_cancel, name="outage-cancel"),
    path("staff/supply/<int:transformer_id>/", pages.supply, name="supply"),
]
