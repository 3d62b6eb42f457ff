"""What requests say, for the trends of topics in the knowledge app, which stands below and cannot read them itself."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.learned.trends import register_source
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor


def texts_since(actor: Actor, since: dt.datetime, most: int) -> list[tuple[dt.datetime, str]]:
    """Time of submission and description of the newest ``most`` requests the actor may see; confidential ones never.
    Served by the index on the time of submission."""
    if not actor.can_somewhere("requests.view"):
        return []
    rows = Request.objects.visible_to(actor, "requests.view").filter(submitted_at__gte=since, confidential=False)
    rows = rows.exclude(description="").order_by("-submitted_at")
    return list(rows.values_list("submitted_at", "description")[:most])


register_source("requests", _("诉求"), texts_since)
