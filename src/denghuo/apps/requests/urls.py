"""Addresses of the requests screens."""

from django.urls import path

from denghuo.apps.requests import flow_pages, scene_urls
from denghuo.apps.requests.applications import pages as applications
from denghuo.apps.requests.callbacks import urls as callback_urls
from denghuo.apps.requests.handling import urls as handling_urls
from denghuo.apps.requests.linking import urls as linking_urls
from denghuo.apps.requests.pages import calendars, classing, desk, detail, hall, hall_apply, lists, priority, promises
from denghuo.apps.requests.panorama import urls as panorama
from denghuo.apps.requests.prediction import urls as prediction

app_name = "requests"
urlpatterns = [
    *panorama.urlpatterns,
    *prediction.urlpatterns,
    *scene_urls.urlpatterns,
    *handling_urls.urlpatterns,
    path("hall/apply/", hall_apply.catalogue, name="apply"),
    path("hall/apply/<str:code>/", hall_apply.apply, name="apply-form"),
    path("hall/appointment/", hall_apply.booking, name="booking"),
    path("hall/outages/mine/", hall_apply.outage_mine, name="outage-mine"),
    path("p/<str:token>/material/", hall_apply.material, name="material"),
    path("p/<str:token>/appointment/", hall_apply.appointment, name="appointment"),
    path("staff/applications/", applications.application_list, name="applications"),
    path("staff/applications/<int:pk>/", applications.application_page, name="application"),
    path("staff/applications/<int:pk>/material/", applications.add_material, name="application-material"),
    path("staff/applications/<int:pk>/files/<int:file_id>/", applications.material_file, name="application-file"),
    path("", hall.home, name="hall"),
    path("hall/report/", hall.report, name="report"),
    path("hall/account/", hall.find_account, name="find-account"),
    path("hall/matter/", hall.matter, name="matter"),
    path("hall/find/", hall.find, name="find"),
    path("p/<str:token>/", hall.progress, name="progress"),
    path("p/<str:token>/urge/", hall.urge, name="urge"),
    path("staff/requests/", lists.request_list, name="list"),
    path("staff/requests/waiting/", lists.waiting, name="waiting"),
    path("staff/requests/new/", lists.new, name="new"),
    path("staff/requests/desk/", desk.open_requests, name="desk-open"),
    path("staff/requests/<int:pk>/desk-urge/", desk.urge, name="desk-urge"),
    path("staff/requests/<int:pk>/", detail.detail, name="detail"),
    path("staff/requests/<int:pk>/flow/", flow_pages.panel, name="flow"),
    path("staff/requests/<int:pk>/step/<slug:verb>/", flow_pages.step, name="step"),
    path("staff/requests/<int:pk>/accept/", detail.accept, name="accept"),
    path("staff/requests/<int:pk>/answer/", detail.answer, name="answer"),
    path("staff/requests/<int:pk>/assign/", detail.assign, name="assign"),
    path("staff/requests/<int:pk>/reply/", detail.reply, name="reply"),
    path("staff/requests/class-field/", classing.class_field, name="class-field"),
    path("staff/requests/<int:pk>/class/", classing.panel, name="class-panel"),
    path("staff/requests/<int:pk>/class/change/", classing.reclassify, name="reclassify"),
    path("staff/requests/<int:pk>/grade/", classing.grade, name="grade"),
    path("staff/requests/<int:pk>/review/", detail.review, name="review"),
    path("staff/requests/<int:pk>/note/", detail.note, name="note"),
    path("staff/requests/<int:pk>/merge/", detail.merge, name="merge"),
    path("staff/requests/<int:pk>/urge/", detail.urge, name="urge-staff"),
    path("staff/requests/<int:pk>/cancel/", detail.cancel, name="cancel"),
    path("staff/outages/<int:outage_id>/request/", detail.open_for_outage, name="outage-request"),
    path("staff/review/", lists.review_queue, name="review-queue"),
    path("staff/promises/", promises.promises, name="promises"),
    path("staff/promises/requests/", promises.promise_requests, name="promise-requests"),
    path("staff/requests/<int:pk>/priority/", priority.panel, name="priority"),
    path("staff/calendars/", calendars.calendar_list, name="calendars"),
    path("staff/calendars/new/", calendars.calendar_edit, name="calendar-new"),
    path("staff/calendars/preview/", calendars.calendar_preview, name="calendar-preview"),
    path("staff/calendars/<int:pk>/", calendars.calendar_page, name="calendar"),
    *callback_urls.urlpatterns,
    *linking_urls.urlpatterns,
]
