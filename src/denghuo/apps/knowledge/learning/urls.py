"""Addresses of the learning loop."""

from django.urls import path

from denghuo.apps.knowledge.learning import pages

ROOT = "staff/knowledge/learning/"
urlpatterns = [
    path(ROOT, pages.overview, name="learning"),
    path(f"{ROOT}questions/", pages.log, name="learning-log"),
    path(f"{ROOT}questions/<int:pk>/", pages.question, name="learning-question"),
    path(f"{ROOT}answers/", pages.entry_list, name="learning-entries"),
    path(f"{ROOT}answers/<int:pk>/", pages.entry, name="learning-entry"),
    path(f"{ROOT}gaps/", pages.cluster_list, name="learning-clusters"),
    path(f"{ROOT}gaps/scan/", pages.scan, name="learning-scan"),
    path(f"{ROOT}gaps/scan/stop/", pages.scan_stop, name="learning-scan-stop"),
    path(f"{ROOT}gaps/<int:pk>/", pages.cluster, name="learning-cluster"),
    path(f"{ROOT}gaps/<int:pk>/near/", pages.near, name="learning-near"),
    path(f"{ROOT}gaps/<int:pk>/decide/", pages.decide, name="learning-decide"),
    path(f"{ROOT}typed/<int:pk>/dismiss/", pages.dismiss, name="learning-dismiss"),
    path(f"{ROOT}training/", pages.training_page, name="learning-training"),
    path(f"{ROOT}training/start/", pages.train, name="learning-train"),
    path(f"{ROOT}training/<int:pk>/stop/", pages.train_stop, name="learning-train-stop"),
    path(f"{ROOT}models/<int:pk>/", pages.model, name="learning-model"),
    path(f"{ROOT}models/<int:pk>/release/", pages.release, name="learning-release"),
    path(f"{ROOT}frozen/", pages.frozen_set, name="learning-frozen"),
    path(f"{ROOT}frozen/<int:pk>/retire/", pages.retire, name="learning-retire"),
]
