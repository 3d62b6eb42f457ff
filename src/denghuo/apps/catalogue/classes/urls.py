"""Addresses."""

from django.urls import path

from denghuo.apps.catalogue.classes import editor, pages

urlpatterns = [
    path("staff/catalogue/classes/", pages.index, name="classes"),
    path("staff/catalogue/classes/<int:pk>/index.json", pages.picker_index, name="class-index"),
    path("staff/catalogue/classes/<int:pk>/export/<str:kind>/", pages.export, name="class-export"),
    path("staff/catalogue/classes/<int:pk>/withdraw/", editor.withdraw, name="class-withdraw"),
    path("staff/catalogue/classes/<int:old>/compare/<int:new>/", pages.compare_page, name="class-compare"),
    path("staff/catalogue/classes/<slug:code>/", pages.tree_page, name="class-tree"),
    path("staff/catalogue/classes/<slug:code>/edit/", editor.edit, name="class-edit"),
    path("staff/catalogue/classes/<slug:code>/save/", editor.save, name="class-save"),
    path("staff/catalogue/classes/<slug:code>/preview/", editor.preview, name="class-preview"),
    path("staff/catalogue/classes/<slug:code>/import/", editor.upload, name="class-import"),
    path("staff/catalogue/classes/<slug:code>/release/", editor.release, name="class-release"),
    path("staff/catalogue/classes/<slug:code>/discard/", editor.discard, name="class-discard"),
]
