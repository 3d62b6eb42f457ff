"""Addresses around the call-back desk; included by the requests app."""

from django.urls import path

from denghuo.apps.requests.callbacks.pages import campaigns, corrections, improvements, panel, public, scripts
from denghuo.apps.requests.pages import callbacks

urlpatterns = [
    path("staff/callbacks/", callbacks.desk, name="callbacks"),
    path("staff/callbacks/take/", callbacks.take, name="callback-take"),
    path("staff/callbacks/<int:pk>/dial/", callbacks.dial, name="callback-dial"),
    path("staff/callbacks/<int:pk>/compare/", callbacks.compare, name="callback-compare"),
    path("staff/callbacks/<int:pk>/attempt/", callbacks.attempt, name="callback-attempt"),
    path("staff/callbacks/<int:pk>/release/", callbacks.release, name="callback-release"),
    path("staff/callbacks/<int:pk>/number/", panel.supply, name="callback-number"),
    path("staff/callbacks/campaigns/", campaigns.campaign_list, name="campaigns"),
    path("staff/callbacks/campaigns/new/", campaigns.campaign_form, name="campaign-new"),
    path("staff/callbacks/campaigns/<int:pk>/", campaigns.campaign_page, name="campaign"),
    path("staff/callbacks/campaigns/<int:pk>/edit/", campaigns.campaign_form, name="campaign-edit"),
    path("staff/callbacks/campaigns/<int:pk>/<slug:what>/", campaigns.campaign_do, name="campaign-do"),
    path("staff/callbacks/improvements/", improvements.improvement_list, name="improvements"),
    path("staff/callbacks/improvements/<int:pk>/", improvements.improvement_page, name="improvement"),
    path("staff/callbacks/improvements/<int:pk>/close/", improvements.improvement_close, name="improvement-close"),
    path("staff/callbacks/corrections/", corrections.correction_list, name="corrections"),
    path("staff/callbacks/corrections/<int:pk>/", corrections.correction_page, name="correction"),
    path("staff/callbacks/corrections/<int:pk>/settle/", corrections.correction_settle, name="correction-settle"),
    path("staff/callbacks/scripts/", scripts.script_list, name="call-scripts"),
    path("staff/callbacks/scripts/<int:pk>/", scripts.script_page, name="call-script"),
    path("staff/callbacks/scripts/<int:pk>/release/", scripts.script_release, name="call-script-release"),
    path("staff/requests/<int:pk>/calls/", panel.panel, name="calls"),
    path("staff/requests/<int:pk>/wish/", panel.wish, name="call-wish"),
    path("p/<str:token>/call/", public.wish, name="wish"),
    path("rate/<str:token>/", public.rate, name="rate"),
]
