"""Addresses of the customers screens."""

from django.urls import path

from denghuo.apps.customers import pages
from denghuo.apps.customers.hall import pages as hall
from denghuo.apps.customers.hall import pay
from denghuo.apps.customers.marks import pages as marks

app_name = "customers"
urlpatterns = [
    path("hall/my/", hall.my, name="hall-my"),
    path("hall/my/bind/", hall.bind, name="hall-bind"),
    path("hall/my/switch/", hall.switch, name="hall-switch"),
    path("hall/bills/", hall.bills, name="hall-bills"),
    path("hall/bills/<int:pk>/", hall.bill_page, name="hall-bill"),
    path("hall/bills/<int:pk>/invoice/", hall.invoice, name="hall-invoice"),
    path("hall/pay/", pay.choose, name="hall-pay"),
    path("hall/pay/start/", pay.start, name="hall-pay-start"),
    path("hall/pay/cashier/<str:ref>/", pay.cashier, name="cashier"),
    path("hall/pay/<str:token>/", pay.payment_page, name="hall-payment"),
    path("hall/pay/<str:token>/again/", pay.again, name="hall-pay-again"),
    path("staff/customers/", pages.search_page, name="search"),
    path("staff/customers/results/", pages.search_results, name="results"),
    path("staff/customers/<int:customer_id>/", pages.customer_page, name="detail"),
    path("staff/customers/<int:customer_id>/marks/", marks.panel, name="marks"),
    path("staff/customers/<int:customer_id>/marks/set/", marks.add, name="mark-set"),
    path("staff/customers/marks/<int:pk>/lift/", marks.lift, name="mark-lift"),
    path("staff/customers/reveal/<str:kind>/<int:pk>/<str:field>/", pages.reveal_field, name="reveal"),
]
