"""Addresses of the knowledge screens."""

from django.urls import path

from denghuo.apps.knowledge.graph.urls import urlpatterns as graph
from denghuo.apps.knowledge.learned.urls import urlpatterns as learned
from denghuo.apps.knowledge.learning.urls import urlpatterns as learning
from denghuo.apps.knowledge.pages import checks, entry, imports, lists
from denghuo.apps.knowledge.searching.urls import urlpatterns as searching

app_name = "knowledge"
urlpatterns = [
    *graph,
    *learned,
    *learning,
    *searching,
    path("staff/knowledge/", lists.entry_list, name="list"),
    path("staff/knowledge/view/<str:tab>/", lists.entry_list, name="tab"),
    path("staff/knowledge/bulk/", lists.bulk, name="bulk"),
    path("staff/knowledge/export/", lists.export, name="export"),
    path("staff/knowledge/new/", entry.write, name="new"),
    path("staff/knowledge/preview/", entry.preview, name="preview"),
    path("staff/knowledge/<int:pk>/", entry.show, name="entry"),
    path("staff/knowledge/<int:pk>/", entry.show, name="edit"),
    path("staff/knowledge/<int:pk>/write/", entry.write, name="write"),
    path("staff/knowledge/<int:pk>/hold/", entry.hold, name="hold"),
    path("staff/knowledge/<int:pk>/comment/", entry.comment, name="comment"),
    path("staff/knowledge/<int:pk>/compare/", entry.compare, name="compare"),
    path("staff/knowledge/imports/", imports.listing, name="imports"),
    path("staff/knowledge/imports/template/", imports.template, name="import-template"),
    path("staff/knowledge/imports/<int:pk>/", imports.detail, name="import"),
    path("staff/knowledge/imports/<int:pk>/items/<int:place>/", imports.mend, name="import-item"),
    path("staff/knowledge/imports/<int:pk>/<str:verb>/", imports.act, name="import-act"),
    path("staff/knowledge/health/", checks.overview, name="health"),
    path("staff/knowledge/health/<str:fault>/", checks.overview, name="fault"),
    path("staff/knowledge/checks/<str:kind>/start/", checks.start, name="check"),
    path("staff/knowledge/duplicates/", checks.duplicates, name="duplicates"),
    path("staff/knowledge/duplicates/<int:pk>/<str:verb>/", checks.decide, name="pair"),
    path("hall/answers/<int:pk>/", lists.public, name="public"),
    path("staff/knowledge/<int:pk>/<str:verb>/", entry.act, name="act"),
]
