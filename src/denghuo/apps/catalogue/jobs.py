"""Background work of the catalogue."""

from __future__ import annotations

from denghuo.core.jobs import job


@job(name="catalogue.try_flow", retries=2)
def try_flow(run_id: int) -> None:
    """Try a draft of a flow on past requests."""
    from denghuo.apps.catalogue.flows.dry_runs import perform

    perform(run_id)
