"""Background work of outage inference: checking topology, learning how long outages last."""

from __future__ import annotations

from denghuo.core.jobs import job, periodic, progress


@job(name="grid.check_topology", retries=2)
def check_topology(import_id: int) -> None:
    """Read an uploaded topology and keep its preview."""
    from django.utils import translation

    from denghuo.apps.grid.inference import uploads
    from denghuo.apps.grid.models import TopologyImport

    with translation.override("zh-hans"):
        row = TopologyImport.objects.only("file_name").get(pk=import_id)
        shown = progress(f"检查拓扑 {row.file_name}", uploads.STEPS)
        uploads.check(import_id, shown.advance)


@periodic("23 4 * * *", name="grid.learn_restoration", retries=2)
def learn_restoration() -> None:
    """Learn from the outages of the past how long they last, by night."""
    from denghuo.apps.grid.inference.restoration import learn

    learn()
