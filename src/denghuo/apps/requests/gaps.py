"""What the knowledge base may learn from requests: questions of consultations, and what conversations turned into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Audience, MessageKind, Sender
from denghuo.apps.contacts.models import Message
from denghuo.apps.knowledge.choices import LearnedKind
from denghuo.apps.knowledge.learning import sources
from denghuo.apps.knowledge.learning.choices import Origin
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.engine.language.redaction import redact

SETTLED: Final = dt.timedelta(hours=1)  # no transaction lasts longer: keys below are all there
MOST_LABELS: Final = 5000
LONGEST: Final = 200
SHORTEST: Final = 4


def _consultations(after: int) -> QuerySet[Request]:
    rows = Request.objects.filter(pk__gt=after, type=RequestType.CONSULTING, submitted_at__lt=moment.now() - SETTLED)
    return rows.exclude(description="").filter(confidential=False).order_by("pk")


def read(after: int, limit: int) -> Sequence[sources.Told]:
    """Consultations with keys above ``after``; confidential ones are not read (primary key)."""
    rows = _consultations(after).select_related("org")[:limit]
    return [sources.Told(row.pk, row.submitted_at, row.org, (sources.Said(row.description),)) for row in rows]


def count(after: int) -> int:
    """How many are still to be read."""
    return _consultations(after).count()


def labels() -> Iterator[tuple[str, str]]:
    """The first thing a customer wrote in a conversation and the type of the request that came of it, newest first, without
    personal data. Two statements."""
    rows = Request.objects.filter(contact__isnull=False, confidential=False).order_by("-pk")
    types = dict(rows.values_list("contact_id", "type")[:MOST_LABELS])
    messages = Message.objects.filter(
        contact__in=types, sender=Sender.CUSTOMER, kind=MessageKind.TEXT, audience=Audience.EVERYONE
    )
    first = messages.order_by("-contact_id", "pk").distinct("contact_id").values_list("contact_id", "text")
    for contact_id, text in first:
        clean = redact(text.strip())[:LONGEST]
        if len(clean) >= SHORTEST:
            yield clean, types[contact_id]


sources.register(sources.Source(Origin.REQUEST, _("咨询工单"), read, count))
sources.register_labels(LearnedKind.INTENT, labels)
