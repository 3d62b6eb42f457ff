"""Background work of the call-backs."""

from __future__ import annotations

from denghuo.apps.requests.callbacks.campaigns import finish_campaigns, prepare_batch
from denghuo.apps.requests.callbacks.models import Campaign
from denghuo.core.actors import Actor
from denghuo.core.jobs import job, periodic, progress


@job(name="requests.prepare_campaign", retries=3)
def prepare_campaign(campaign_id: int) -> None:
    """Make the calls of a campaign in batches, each in a transaction of its own."""
    from denghuo.apps.requests.callbacks.campaigns import matching

    row = Campaign.objects.select_related("org").get(pk=campaign_id)
    shown = progress(row.name, matching(row).filter(pk__gt=row.reached).count())
    more = True
    while more:
        looked, more = prepare_batch(Actor.system("campaigns"), campaign_id)
        shown.advance(looked)
    shown.write()


@periodic(60, name="requests.finish_campaigns")
def close_finished() -> None:
    """Campaigns whose last call has been made are finished."""
    finish_campaigns(Actor.system("campaigns"))
