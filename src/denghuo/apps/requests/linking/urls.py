"""Addresses of links, repeated matters and frequent outages; included by the requests app."""

from django.urls import path

from denghuo.apps.requests.linking.pages import lists, major, panel

urlpatterns = [
    path("staff/requests/similar/", panel.similar, name="similar"),
    path("staff/requests/repeated/", lists.repeated, name="repeated"),
    path("staff/requests/areas/", lists.areas, name="frequent-areas"),
    path("staff/major/", major.major_list, name="majors"),
    path("staff/major/<int:pk>/", major.major_page, name="major"),
    path("staff/major/<int:pk>/report/", major.report, name="major-report"),
    path("staff/major/<int:pk>/calls/<int:call_id>/", major.call, name="major-call"),
    path("staff/requests/<int:pk>/major/", major.raise_from, name="major-raise"),
    path("staff/requests/<int:pk>/links/", panel.panel, name="links"),
    path("staff/requests/<int:pk>/links/add/", panel.add_link, name="link-add"),
    path("staff/requests/<int:pk>/links/<int:link_id>/remove/", panel.remove_link, name="link-remove"),
    path("staff/requests/<int:pk>/join/", panel.join, name="join"),
]
