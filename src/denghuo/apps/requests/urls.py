"""Addresses of the requests screens."""

from django.urls import path

from denghuo.apps.requests.pages import callbacks, detail, hall, lists

app_name = "requests"
urlpatterns = [
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
    path("staff/requests/<int:pk>/", detail.detail, name="detail"),
    path("staff/requests/<int:pk>/accept/", detail.accept, name="accept"),
    path("staff/requests/<int:pk>/answer/", detail.answer, name="answer"),
    path("staff/requests/<int:pk>/assign/", detail.assign, name="assign"),
    path("staff/requests/<int:pk>/reply/", detail.reply, name="reply"),
    path("staff/requests/<int:pk>/review/", detail.review, name="review"),
    path("staff/requests/<int:pk>/note/", detail.note, name="note"),
    path("staff/requests/<int:pk>/merge/", detail.merge, name="merge"),
    path("staff/requests/<int:pk>/urge/", detail.urge, name="urge-staff"),
    path("staff/requests/<int:pk>/cancel/", detail.cancel, name="cancel"),
    path("staff/review/", lists.review_queue, name="review-queue"),
    path("staff/callbacks/", callbacks.desk, name="callbacks"),
    path("staff/callbacks/take/", callbacks.take, name="callback-take"),
    path("staff/callbacks/<int:pk>/attempt/", callbacks.attempt, name="callback-attempt"),
    path("staff/callbacks/<int:pk>/release/", callbacks.release, name="callback-release"),
]
