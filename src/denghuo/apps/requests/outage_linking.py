"""Reports that came before the outage was known are put to it when it is released."""

from __future__ import annotations

import datetime as dt
import logging

from django.db.models import Q
from django.db.models.functions import Coalesce

from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Outage, OutageAccount
from denghuo.apps.requests import actions
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import Event, subscriber

logger = logging.getLogger("denghuo.requests")
OPEN = (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.DISPATCHED, RequestState.REWORK)
MOST_AT_ONCE = 2000


@subscriber("requests.outage_linking", kinds={"outage.opened"})
def link_earlier_reports(event: Event) -> None:
    """Link open fault reports of the last ``outage.link_back_minutes`` behind the released outage to it.

    They are linked, not merged: merging stays a person's decision, and the earliest accepted one becomes the report that
    others are merged into, as if the outage had been known when it was accepted. An outage only announced explains nothing
    yet. Found by the indexes on transformer and account; run twice, the second finds none left.
    """
    outage = Outage.objects.select_related("org").get(pk=event.subject_id)
    if outage.started_at > event.at or outage.restored_at is not None:
        return
    back = dt.timedelta(minutes=policies.get("outage.link_back_minutes", outage.org))
    before = dt.timedelta(minutes=policies.get("outage.explain_before_minutes", outage.org))
    behind = Q(transformer_id__in=event.payload["transformer_ids"])
    if outage.of_accounts:
        behind = Q(account_id__in=OutageAccount.objects.filter(outage=outage).values("account_id"))
    rows = Request.objects.filter(
        behind,
        type=RequestType.FAULT_REPORT,
        state__in=OPEN,
        outage=None,
        master=None,
        submitted_at__gte=event.at - back,
    ).annotate(happened=Coalesce("occurred_at", "submitted_at"))
    actor = Actor.system("outage.linking")
    accepted: list[Request] = []
    for row in rows.filter(happened__gte=outage.started_at - before).order_by("submitted_at", "pk")[:MOST_AT_ONCE]:
        try:
            linked = actions.link_outage(actor, row.pk, outage.pk, merge=False)
        except ActionError as error:
            logger.info("request %s not linked to outage %s: %s", row.pk, outage.pk, error.code)
            continue
        if linked.accepted_at is not None:
            accepted.append(linked)
    if accepted and outage.master_request_id is None:
        first = min(accepted, key=lambda one: (one.accepted_at, one.pk))
        grid.set_outage_master(actor, outage.pk, first.pk)
