"""Addresses of the graph."""

from django.urls import path

from denghuo.apps.knowledge.graph import editing, pages
from denghuo.apps.knowledge.graph.imports import pages as imports

urlpatterns = [
    path("staff/knowledge/graph/", pages.index, name="graph"),
    path("staff/knowledge/graph/suggest/", pages.suggest, name="graph-suggest"),
    path("staff/knowledge/graph/paths/", pages.paths, name="graph-paths"),
    path("staff/knowledge/graph/ask/", pages.ask, name="graph-ask"),
    path("staff/knowledge/graph/export/<str:form>/", pages.export, name="graph-export"),
    path("staff/knowledge/graph/imports/", imports.listing, name="graph-imports"),
    path("staff/knowledge/graph/imports/template/", imports.template, name="graph-import-template"),
    path("staff/knowledge/graph/imports/table/", imports.table, name="graph-import-table"),
    path("staff/knowledge/graph/imports/<int:pk>/", imports.detail, name="graph-import"),
    path("staff/knowledge/graph/imports/<int:pk>/rows/<int:place>/", imports.mend, name="graph-import-row"),
    path("staff/knowledge/graph/imports/<int:pk>/<str:verb>/", imports.act, name="graph-import-act"),
    path("staff/knowledge/graph/new/", editing.edit_entity, name="graph-new"),
    path("staff/knowledge/graph/review/", editing.review, name="graph-review"),
    path("staff/knowledge/graph/review/job/", editing.job, name="graph-job"),
    path("staff/knowledge/graph/review/extract/", editing.extract, name="graph-extract"),
    path("staff/knowledge/graph/review/<int:pk>/", editing.review, name="graph-proposal"),
    path("staff/knowledge/graph/review/<int:pk>/decide/", editing.decide, name="graph-decide"),
    path("staff/knowledge/graph/relations/<int:pk>/", editing.edit_relation, name="graph-relation"),
    path("staff/knowledge/graph/relations/<int:pk>/<str:verb>/", editing.set_state, name="graph-state"),
    path("staff/knowledge/graph/<int:pk>/", pages.walk, name="graph-walk"),
    path("staff/knowledge/graph/<int:pk>/edit/", editing.edit_entity, name="graph-edit"),
    path("staff/knowledge/graph/<int:pk>/expire/", editing.expire, name="graph-expire"),
    path("staff/knowledge/graph/<int:head>/relate/", editing.edit_relation, name="graph-relate"),
]
