"""Predictions follow what happens to requests, after it has happened: no step waits for one."""

from __future__ import annotations

from denghuo.apps.requests.prediction.telling import tell
from denghuo.core.actors import Actor
from denghuo.core.events import Event, record, subscriber

KINDS = {"request.submitted", "request.accepted", "request.dispatched", "request.progressed"}


@subscriber("requests.prediction", kinds=KINDS)
def follow_request(event: Event) -> None:
    """Tell anew; pages that show the request hear of it."""
    made = tell(event)
    if made is None:
        return
    record(
        Actor.system("requests.prediction"),
        "prediction.made",
        made,
        org=made.org,
        payload={"request_id": made.request_id, "moment": str(made.moment), "alike": made.alike},
        topics=[f"request:{made.request_id}", f"customer-request:{made.request.public_token}"],
        at=event.at,
    )
