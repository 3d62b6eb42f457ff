"""Addresses of the customers screens."""

from django.urls import path

from denghuo.apps.customers import pages

app_name = "customers"
urlpatterns = [
    path("staff/customers/", pages.search_page, name="search"),
    path("staff/customers/results/", pages.search_results, name="results"),
    path("staff/customers/<int:customer_id>/", pages.customer_page, name="detail"),
    path("staff/customers/reveal/<str:kind>/<int:pk>/<str:field>/", pages.reveal_field, name="reveal"),
]
