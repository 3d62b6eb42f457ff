"""What follows from clocks that warn or run out."""

from denghuo.apps.requests.handling.actions import escalate_due, supervise_breach
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber

SYSTEM = Actor.system("requests.escalation")


@subscriber("requests.escalation", kinds={"clock.warned", "clock.breached"})
def on_clock(event: Event) -> None:
    """Take the request to the level that is due, and under supervision when the policy says so."""
    if event.subject_kind != "request" or not Request.objects.filter(pk=event.subject_id).exists():
        return
    escalate_due(SYSTEM, event.subject_id, max(moment.now(), event.at))
    if event.kind == "clock.breached":
        supervise_breach(SYSTEM, event.subject_id, event.payload["clock_kind"])
