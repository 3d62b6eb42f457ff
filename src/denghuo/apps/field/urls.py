"""Addresses of the field screens."""

from django.urls import URLPattern, URLResolver, path

from denghuo.apps.field.driving import pages as driving
from denghuo.apps.field.pages import crew, dispatch, lists, order, phone
from denghuo.apps.field.planning import pages as planning
from denghuo.apps.field.planning import pages_weights

app_name = "field"
urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/dispatch/", dispatch.board, name="dispatch"),
    path("staff/dispatch/waiting/", dispatch.waiting, name="dispatch-waiting"),
    path("staff/dispatch/running/", dispatch.running, name="dispatch-running"),
    path("staff/dispatch/points/", dispatch.points, name="dispatch-points"),
    path("staff/dispatch/requests/<int:pk>/", dispatch.chosen, name="dispatch-chosen"),
    path("staff/dispatch/requests/<int:pk>/send/", dispatch.send, name="dispatch-send"),
    path("staff/dispatch/orders/<int:pk>/withdraw/", dispatch.withdraw, name="dispatch-withdraw"),
    path("staff/dispatch/board/", planning.board, name="board"),
    path("staff/dispatch/board/<int:pk>/plan/", planning.moving, name="board-plan"),
    path("staff/dispatch/board/<int:pk>/watch/", planning.watch, name="board-watch"),
    path("staff/dispatch/board/<int:pk>/replan/", planning.replan, name="board-replan"),
    path("staff/dispatch/plans/<int:pk>/accept/", planning.accept, name="plan-accept"),
    path("staff/dispatch/plans/<int:pk>/reject/", planning.reject, name="plan-reject"),
    path("staff/dispatch/weights/", pages_weights.weights, name="weights"),
    path("staff/dispatch/weights/<int:pk>/accept/", pages_weights.accept, name="weights-accept"),
    path("staff/dispatch/driving/", driving.overview, name="driving"),
    path("staff/dispatch/driving/fit/", driving.fit, name="driving-fit"),
    path("staff/crews/", lists.crews, name="crews"),
    path("staff/crews/<int:pk>/duty/", lists.duty, name="crew-duty"),
    path("staff/orders/<int:pk>/photos/", order.staff_photos, name="staff-photos"),
    path("staff/requests/<int:pk>/orders/", order.request_orders, name="request-orders"),
    path("field/", crew.orders, name="orders"),
    path("field/list/", crew.orders_list, name="orders-list"),
    path("field/sw.js", phone.worker, name="worker"),
    path("field/app.webmanifest", phone.manifest, name="manifest"),
    path("field/offline/", phone.offline, name="offline"),
    path("field/queue/", phone.queue, name="queue"),
    path("field/crew/", crew.team, name="crew"),
    path("field/orders/<int:pk>/", order.page, name="order"),
    path("field/orders/<int:pk>/body/", order.body, name="order-body"),
    path("field/orders/<int:pk>/next/", order.next_step, name="order-next"),
    path("field/orders/<int:pk>/step/", order.step, name="order-step"),
    path("field/orders/<int:pk>/expect/", order.expect, name="order-expect"),
    path("field/orders/<int:pk>/finish/", order.finish, name="order-finish"),
    path("field/orders/<int:pk>/shots/", order.shots, name="order-shots"),
    path("field/orders/<int:pk>/signature/", order.signature, name="order-signature"),
    path("field/orders/<int:pk>/receipt/", order.receipt_bytes, name="receipt"),
    path("field/photos/<int:pk>/", order.photo, name="photo"),
    path("field/reports/<int:pk>/file/", order.report_file, name="report-file"),
]
