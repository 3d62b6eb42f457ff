"""An outage that came without any report gets its request by itself, where policy says so."""

from __future__ import annotations

import logging

from denghuo.apps.grid.choices import OutageKind
from denghuo.apps.grid.models import Outage
from denghuo.apps.requests import actions
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import Event, subscriber

logger = logging.getLogger("denghuo.requests")


@subscriber("requests.outage_proactive", kinds={"outage.opened"})
def open_at_once(event: Event) -> None:
    """A fault released without a report (policy ``outage.proactive``). Run twice the second finds the first's request."""
    outage = Outage.objects.select_related("org").get(pk=event.subject_id)
    if outage.kind != OutageKind.FAULT or not policies.get("outage.proactive", outage.org):
        return
    if Request.objects.filter(outage_id=outage.pk).exists():
        return
    try:
        actions.open_for_outage(Actor.system("requests.outage_proactive"), outage.pk)
    except ActionError as error:
        logger.info("outage %s gets no request of its own: %s", outage.pk, error.code)
