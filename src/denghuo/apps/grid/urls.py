"""Addresses of the grid screens."""

from django.urls import path

from denghuo.apps.grid import pages, pages_hall
from denghuo.apps.grid.decision import pages as decision
from denghuo.apps.grid.inference import pages as inference
from denghuo.apps.grid.inference import pages_followup as followup
from denghuo.apps.grid.inference import pages_topology as topology

app_name = "grid"
urlpatterns = [
    path("map/base.geojson", pages.base_map, name="base-map"),
    path("hall/outages/", pages_hall.hall_outages, name="hall-outages"),
    path("hall/outages/feed.atom", pages_hall.hall_outages_feed, name="hall-outages-feed"),
    path("staff/outages/", pages.outages_page, name="outages"),
    path("staff/outages/new/", pages.outage_new, name="outage-new"),
    path("staff/outages/preview/", pages.outage_preview, name="outage-preview"),
    path("staff/outages/indices/", pages.indices_page, name="outage-indices"),
    path("staff/outages/transformers/", pages.feeder_transformers, name="feeder-transformers"),
    path("staff/outages/<int:outage_id>/", pages.outage_page, name="outage"),
    path("staff/outages/<int:outage_id>/edit/", pages.outage_edit, name="outage-edit"),
    path("staff/outages/<int:outage_id>/households/", pages.outage_households, name="outage-households"),
    path("staff/outages/<int:outage_id>/submit/", pages.outage_submit, name="outage-submit"),
    path("staff/outages/<int:outage_id>/release/", pages.outage_release, name="outage-release"),
    path("staff/outages/<int:outage_id>/return/", pages.outage_return, name="outage-return"),
    path("staff/outages/<int:outage_id>/start/", pages.outage_start, name="outage-start"),
    path("staff/outages/<int:outage_id>/delay/", pages.outage_delay, name="outage-delay"),
    path("staff/outages/<int:outage_id>/update/", pages.outage_update, name="outage-update"),
    path("staff/outages/<int:outage_id>/restore/", pages.outage_restore, name="outage-restore"),
    path("staff/outages/<int:outage_id>/cancel/", pages.outage_cancel, name="outage-cancel"),
    path("staff/outages/inferred/", inference.inferred_page, name="inferred"),
    path("staff/outages/inferred/<int:inferred_id>/", inference.inferred_one, name="inferred-one"),
    path("staff/outages/inferred/<int:inferred_id>/accept/", inference.inferred_accept, name="inferred-accept"),
    path("staff/outages/inferred/<int:inferred_id>/reject/", inference.inferred_reject, name="inferred-reject"),
    path("staff/outages/inferred/<int:inferred_id>/merge/", followup.inferred_merge, name="inferred-merge"),
    path("staff/outages/remaining/", followup.remaining_page, name="remaining"),
    path("staff/outages/remaining/<int:remaining_id>/", followup.remaining_one, name="remaining-one"),
    path("staff/outages/remaining/<int:remaining_id>/<slug:act>/", followup.remaining_act, name="remaining-act"),
    path("staff/outages/<int:outage_id>/classify/", followup.outage_classify, name="outage-classify"),
    path("staff/outages/decision/", decision.decision_page, name="outage-decision"),
    path("staff/outages/decision/rows/", decision.decision_rows, name="outage-decision-rows"),
    path("staff/outages/topology/", topology.topology_page, name="topology"),
    path("staff/outages/topology/<int:import_id>/", topology.topology_import, name="topology-import"),
    path("staff/outages/topology/<int:import_id>/<slug:act>/", topology.topology_act, name="topology-act"),
    path("staff/outages/topology/feeders/<int:feeder_id>.csv", topology.topology_table, name="topology-table"),
    path("staff/outages/topology/templates/<slug:name>.csv", topology.topology_template, name="topology-template"),
    path("staff/filings/", pages.filings_page, name="filings"),
    path("staff/filings/new/", pages.filing_new, name="filing-new"),
    path("staff/filings/here/", pages.filings_here, name="filings-here"),
    path("staff/filings/<int:filing_id>/", pages.filing_page, name="filing"),
    path("staff/filings/<int:filing_id>/edit/", pages.filing_new, name="filing-edit"),
    path("staff/filings/<int:filing_id>/review/", pages.filing_review, name="filing-review"),
    path("staff/filings/<int:filing_id>/withdraw/", pages.filing_withdraw, name="filing-withdraw"),
    path("staff/filings/<int:filing_id>/suspend/", pages.filing_suspend, name="filing-suspend"),
    path("staff/supply/<int:transformer_id>/", pages.supply, name="supply"),
]
