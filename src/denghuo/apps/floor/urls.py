"""Addresses of the service floor."""

from django.urls import path

from denghuo.apps.floor.pages import board, exceptions, listening, seats
from denghuo.apps.floor.pages.records import duty, handovers, meetings, notes, reports

app_name = "floor"
urlpatterns = [
    path("staff/floor/live/", board.board, name="board"),
    path("staff/floor/live/wall/", board.wall, name="wall"),
    path("staff/floor/seats/", seats.seats, name="seats"),
    path("staff/floor/agents/<int:staff_id>/", seats.agent, name="agent"),
    path("staff/floor/contacts/<int:pk>/", listening.contact, name="contact"),
    path("staff/floor/contacts/<int:pk>/<slug:what>/", listening.act, name="contact-act"),
    path("staff/floor/exceptions/", exceptions.exceptions, name="exceptions"),
    path("staff/floor/exceptions/<int:pk>/acknowledge/", exceptions.acknowledge, name="acknowledge"),
    path("staff/floor/thresholds/", exceptions.thresholds, name="thresholds"),
    path("staff/floor/thresholds/new/", exceptions.threshold, name="threshold-new"),
    path("staff/floor/thresholds/<int:pk>/", exceptions.threshold, name="threshold"),
    path("staff/floor/handovers/", handovers.handovers, name="handovers"),
    path("staff/floor/handovers/begin/", handovers.handover_begin, name="handover-begin"),
    path("staff/floor/handovers/<int:pk>/", handovers.handover, name="handover"),
    path("staff/floor/handovers/<int:pk>/write/", handovers.handover_write, name="handover-write"),
    path("staff/floor/handovers/<int:pk>/matters/", handovers.handover_matter, name="handover-matter"),
    path("staff/floor/handovers/<int:pk>/matters/<int:matter>/end/", handovers.matter_end, name="matter-end"),
    path("staff/floor/handovers/<int:pk>/receive/", handovers.handover_receive, name="handover-receive"),
    path("staff/floor/duty/", duty.duty, name="duty"),
    path("staff/floor/duty/new/", duty.duty_new, name="duty-new"),
    path("staff/floor/meetings/", meetings.meetings, name="meetings"),
    path("staff/floor/meetings/new/", meetings.meeting, name="meeting-new"),
    path("staff/floor/meetings/<int:pk>/", meetings.meeting, name="meeting"),
    path("staff/floor/reports/", reports.reports, name="reports"),
    path("staff/floor/reports/new/", reports.report_new, name="report-new"),
    path("staff/floor/reports/<int:pk>/", reports.report, name="report"),
    path("staff/floor/reports/<int:pk>/receipts/<int:receipt>/", reports.report_receive, name="report-receive"),
    path("staff/floor/notes/", notes.notes, name="notes"),
    path("staff/floor/notes/new/", notes.note_new, name="note-new"),
    path("staff/floor/notes/<int:pk>/answer/", notes.note_answer, name="note-answer"),
    path("staff/floor/notes/<int:pk>/withdraw/", notes.note_withdraw, name="note-withdraw"),
]
