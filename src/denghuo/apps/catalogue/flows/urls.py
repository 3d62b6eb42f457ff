"""Addresses."""

from django.urls import path

from denghuo.apps.catalogue.flows.pages import editing, index, releasing

ONE = "staff/catalogue/flows/<int:pk>/"
urlpatterns = [
    path("staff/catalogue/", index.flows, name="flows"),
    path("staff/catalogue/flows/import/", index.import_file, name="flow-import"),
    path(ONE, index.edition, name="flow"),
    path(f"{ONE}draft/", index.new_draft, name="flow-draft"),
    path(f"{ONE}difference/", index.difference, name="flow-difference"),
    path(f"{ONE}export.<slug:form>", index.export, name="flow-export"),
    path(f"{ONE}edit/", editing.edit, name="flow-edit"),
    path(f"{ONE}check/", editing.check, name="flow-check"),
    path(f"{ONE}text/", editing.text, name="flow-text"),
    path(f"{ONE}dry-run/", releasing.dry_run, name="flow-dry-run"),
    path(f"{ONE}dry-run/progress/", releasing.dry_run_progress, name="flow-dry-run-progress"),
    path(f"{ONE}dry-run/cancel/", releasing.cancel_dry_run, name="flow-dry-run-cancel"),
    path(f"{ONE}release/", releasing.release, name="flow-release"),
    path(f"{ONE}withdraw/", releasing.withdraw, name="flow-withdraw"),
    path(f"{ONE}discard/", releasing.discard, name="flow-discard"),
]
