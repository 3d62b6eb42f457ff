"""Addresses."""

from django.urls import path

from denghuo.apps.catalogue.scenes import editing, pages

urlpatterns = [
    path("staff/catalogue/scenes/", pages.index, name="scenes"),
    path("staff/catalogue/scenes/new/", editing.edit, name="scene-new"),
    path("staff/catalogue/scenes/save/", editing.save, name="scene-save"),
    path("staff/catalogue/scenes/preview/", editing.preview, name="scene-preview"),
    path("staff/catalogue/scenes/<int:pk>/export/", pages.export, name="scene-export"),
    path("staff/catalogue/scenes/<int:pk>/discard/", editing.discard, name="scene-discard"),
    path("staff/catalogue/scenes/<int:pk>/withdraw/", editing.withdraw, name="scene-withdraw"),
    path("staff/catalogue/scenes/<slug:code>/", pages.scene, name="scene"),
    path("staff/catalogue/scenes/<slug:code>/edit/", editing.edit, name="scene-edit"),
]
