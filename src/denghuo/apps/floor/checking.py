"""Whether the figures that events keep agree with a count of the conversations."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, FloatField, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, Extract, Floor

from denghuo.apps.contacts.choices import ContactState, Handling, LegEnd
from denghuo.apps.contacts.models import Contact, ContactLeg, Rating
from denghuo.apps.floor.models import QueueSlot
from denghuo.core.events import Event

#: what can be counted afresh from the tables
CHECKED = (
    "entered", "answered", "wait_seconds", "abandoned", "lost_seconds", "handled", "returned", "transferred", "rated",
    "rating_sum",
)  # fmt: skip
Sums = dict[tuple[int, str], dict[str, int]]


def differences() -> list[str]:
    """Where the half hours disagree with the conversations, one line each unit, channel and figure; empty when every
    event has been applied.

    Summed over all queues and the whole history, since a conversation may change its queue. Meant for the accounting
    check after a replay or a crash, with writers at rest.
    """
    kept, fresh = _kept(), _fresh()
    return [
        f"org {key[0]} {key[1]} {name}: tables {fresh[key][name]}, events {kept[key][name]}"
        for key in sorted(fresh.keys() | kept.keys())
        for name in CHECKED
        if fresh[key][name] != kept[key][name]
    ]


def _empty() -> Sums:
    return defaultdict(lambda: defaultdict(int))


def _kept() -> Sums:
    found = _empty()
    sums = {f"n_{name}": Sum(name) for name in CHECKED}
    for row in QueueSlot.objects.values("org_id", "channel").annotate(**sums).order_by():
        for name in CHECKED:
            found[row["org_id"], row["channel"]][name] = row[f"n_{name}"]
    return found


def _fresh() -> Sums:
    found = _empty()
    message = Q(handling=Handling.MESSAGE)
    answered = Q(taken_at__isnull=False)
    lost = Q(state=ContactState.ABANDONED)
    _add(
        found, Contact.objects.all(), "",
        # a form has no answer and ends as it is written; what was left as a message asks for none at once
        entered=Count("pk", filter=~(_form() | Q(entered_at=None) | (message & ~Q(pk__in=_became_message())))),
        answered=Count("pk", filter=answered & ~message),
        wait_seconds=_seconds("taken_at", answered & ~message),
        abandoned=Count("pk", filter=lost),
        lost_seconds=_seconds("closed_at", lost),
        handled=Count("pk", filter=answered & Q(state=ContactState.CLOSED)),
    )  # fmt: skip
    _add(
        found, ContactLeg.objects.all(), "contact__",
        returned=Count("pk", filter=Q(end__in=[LegEnd.MISSED, LegEnd.DECLINED])),
        transferred=Count("pk", filter=Q(end=LegEnd.TRANSFERRED)),
    )  # fmt: skip
    _add(found, Rating.objects.all(), "contact__", rated=Count("pk"), rating_sum=Sum("score"))
    return found


def _form() -> Q:
    return Q(state=ContactState.CLOSED, taken_at=None, closed_at=F("opened_at"))


def _became_message() -> QuerySet[Event, Any]:
    """Conversations that changed their handling while they waited: they had entered before."""
    rows = Event.objects.filter(kind="contact.queued", payload__reason="handling")
    return rows.values("subject_id")


def _seconds(until: str, rows: Q) -> Sum:
    """Whole seconds from coming until ``until``, of ``rows``."""
    spent = ExpressionWrapper(F(until) - Coalesce("entered_at", "opened_at"), output_field=DurationField())
    return Sum(Case(When(rows, then=Floor(Extract(spent, "epoch"))), default=0.0, output_field=FloatField()))


def _add(found: Sums, rows: QuerySet[Any], prefix: str, **figures: Any) -> None:
    org, channel = f"{prefix}org_id", f"{prefix}channel"
    named = {f"n_{name}": figure for name, figure in figures.items()}
    for row in rows.values(org, channel).annotate(**named).order_by():
        for name in figures:
            found[row[org], row[channel]][name] += int(row[f"n_{name}"] or 0)
