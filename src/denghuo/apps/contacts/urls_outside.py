"""Addresses of the outside channels: what providers call, and the pages of those who look after them."""

from django.urls import path

from denghuo.apps.contacts.api import outside as hooks
from denghuo.apps.contacts.pages import outside as pages

BASE = "staff/outside/"  # "staff/channels/<code>/" belongs to the channel centre

patterns = [
    path("hooks/wechat/<slug:code>/", hooks.wechat, name="hook-wechat"),
    path("hooks/sms/<slug:code>/", hooks.sms, name="hook-sms"),
    path(BASE, pages.accounts_page, name="outside-accounts"),
    path(BASE + "accounts/new/<slug:channel>/", pages.account_new, name="outside-new"),
    path(BASE + "accounts/<int:pk>/", pages.account_edit, name="outside-account"),
    path(BASE + "accounts/<int:pk>/probe/", pages.account_probe, name="outside-probe"),
    path(BASE + "accounts/<int:pk>/menu/", pages.account_menu, name="outside-menu"),
    path(BASE + "accounts/<int:pk>/trial/", pages.account_trial, name="outside-trial"),
    path(BASE + "outbound/", pages.outbound_page, name="outside-outbound"),
    path(BASE + "outbound/<int:pk>/retry/", pages.outbound_retry, name="outside-retry"),
    path(BASE + "identities/", pages.identities_page, name="outside-identities"),
    path(BASE + "identities/<int:pk>/unbind/", pages.identity_unbind, name="outside-unbind"),
]
