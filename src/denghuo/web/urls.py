"""Addresses of the common front end."""

from django.urls import path

from denghuo.web import pages

app_name = "web"
urlpatterns = [
    path("staff/style/", pages.style_guide, name="style"),
    path("staff/style/hall/", pages.style_hall, name="style-hall"),
    path("staff/style/field/", pages.style_field, name="style-field"),
    path("staff/style/wall/", pages.style_wall, name="style-wall"),
    path("staff/style/fragment/", pages.style_fragment, name="style-fragment"),
    path("staff/style/map.geojson", pages.style_map, name="style-map"),
]
