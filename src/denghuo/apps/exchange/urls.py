"""Addresses of the exchange screens and of what other systems call."""

from django.urls import path

from denghuo.apps.exchange.pages import adapters, deliveries, exports, imports, subscriptions

app_name = "exchange"
BASE = "staff/exchange/"

urlpatterns = [
    path(BASE, subscriptions.home, name="home"),
    path(BASE + "subscriptions/new/", subscriptions.new, name="subscription-new"),
    path(BASE + "subscriptions/<int:pk>/", subscriptions.detail, name="subscription"),
    path(BASE + "subscriptions/<int:pk>/edit/", subscriptions.edit, name="subscription-edit"),
    path(BASE + "subscriptions/<int:pk>/<slug:verb>/", subscriptions.act, name="subscription-act"),
    path(BASE + "deliveries/", deliveries.listing, name="deliveries"),
    path(BASE + "deliveries/<int:pk>/", deliveries.detail, name="delivery"),
    path(BASE + "deliveries/<int:pk>/repeat/", deliveries.again, name="delivery-repeat"),
    path(BASE + "dead/", deliveries.dead, name="dead"),
    path(BASE + "dead/settle/", deliveries.settle_dead, name="dead-settle"),
    path(BASE + "feed/", subscriptions.feed_page, name="feed"),
    path(BASE + "imports/", imports.listing, name="imports"),
    path(BASE + "imports/templates/<slug:kind>.<slug:format>", imports.template, name="import-template"),
    path(BASE + "imports/<int:pk>/", imports.detail, name="import"),
    path(BASE + "imports/<int:pk>/faults/", imports.faults, name="import-faults"),
    path(BASE + "imports/<int:pk>/<slug:verb>/", imports.act, name="import-act"),
    path(BASE + "adapters/", adapters.listing, name="adapters"),
    path(BASE + "adapters/messages/<int:pk>/retry/", adapters.retry, name="adapter-retry"),
    path(BASE + "adapters/<slug:code>/", adapters.edit, name="adapter"),
    path(BASE + "exports/", exports.listing, name="exports"),
    path(BASE + "exports/<int:pk>/file/", exports.take, name="export-file"),
    path(BASE + "exports/<int:pk>/cancel/", exports.cancel, name="export-cancel"),
]
