"""What follows from events by itself: repeated contacts, repeat complaints, areas with frequent outages."""

from __future__ import annotations

from denghuo.apps.grid.models import Outage
from denghuo.apps.requests.linking import outages, repeating
from denghuo.apps.requests.linking.major import actions as major
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber


@subscriber("requests.repeating", kinds={"request.submitted", "request.urged", "request.callback_done"})
def follow_contacts(event: Event) -> None:
    """Count what a customer tells again; mark complaints that come back."""
    actor = Actor.system("requests.repeating")
    if event.kind == "request.urged":
        request = Request.objects.filter(pk=event.subject_id).first()
        if request is not None:
            repeating.count_contact(actor, repeating.first_of(request).pk)
    elif event.kind == "request.submitted":
        if repeating.follow_submitted(actor, event.subject_id) is not None:
            repeating.mark_repeat_complaint(actor, event.subject_id)
    elif event.payload["satisfaction"] == "dissatisfied":
        repeating.mark_repeat_complaint(actor, event.subject_id)


@subscriber(
    "requests.frequent_outages",
    kinds={
        "outage.opened",
        "outage.started",
        "outage.start_confirmed",
        "outage.updated",
        "outage.restored",
        "outage.cancelled",
    },
)
def follow_outages(event: Event) -> None:
    """Count the outages of the areas concerned anew, also of those an update took out."""
    ids = set(
        Outage.transformers.through.objects.filter(outage_id=event.subject_id).values_list("transformer_id", flat=True)
    )
    ids |= set(event.payload.get("transformers_removed", ()))
    ordered = sorted(ids)
    for i in range(0, len(ordered), outages.BATCH):
        outages.recompute(Actor.system("requests.frequent_outages"), ordered[i : i + outages.BATCH])


@subscriber("requests.major_events", kinds={"request.submitted", "request.accepted", "request.graded"})
def look_for_major(event: Event) -> None:
    """Propose a major service event where the rules find one; most requests have nothing of it."""
    major.propose(Actor.system("requests.major_events"), event.subject_id)
