"""What a request is linked to, and its standing as a repeated matter or in an area with frequent outages."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from denghuo.apps.customers.models import Account
from denghuo.apps.requests.linking.choices import REVERSED, LinkKind
from denghuo.apps.requests.linking.models import FrequentOutageArea, RepeatedMatter, RequestLink
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries.lists import visible
from denghuo.core.actors import Actor

SHOWN_LINKS = 30


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link as read from one of its requests."""

    link: RequestLink
    other: Request
    label: str | Promise


def links_of(actor: Actor, request: Request) -> list[ShownLink]:
    """Its links to requests the actor may see, newest first, each with how it reads from here.

    Two queries: the links (unique index and the index of ``to_request``), and which of the others may be seen.
    """
    rows = list(
        RequestLink.objects.filter(Q(from_request=request) | Q(to_request=request))
        .select_related("from_request", "to_request", "by")
        .order_by("-at", "-pk")[:SHOWN_LINKS]
    )
    others = {row.to_request_id if row.from_request_id == request.pk else row.from_request_id for row in rows}
    seen = set(visible(actor).filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    found = []
    for row in rows:
        outward = row.from_request_id == request.pk
        other = row.to_request if outward else row.from_request
        if other.pk in seen:
            kind = LinkKind(row.kind)
            found.append(ShownLink(row, other, kind.label if outward else REVERSED[kind]))
    return found


def repeated_matters(actor: Actor) -> QuerySet[RepeatedMatter]:
    """Matters told again and again in the actor's units (index ``requests_repeated_org``)."""
    return RepeatedMatter.objects.visible_to(actor, "requests.view").select_related("request", "org")


def frequent_areas(actor: Actor) -> QuerySet[FrequentOutageArea]:
    """Areas that stand on the list now (partial index ``requests_frequent_org``)."""
    rows = FrequentOutageArea.objects.visible_to(actor, "grid.view").filter(ended_on=None)
    return rows.select_related("transformer__feeder", "org")


def frequent_area_of(transformer_id: int | None) -> FrequentOutageArea | None:
    """The standing row of one transformer (partial unique index)."""
    if transformer_id is None:
        return None
    return FrequentOutageArea.objects.filter(transformer_id=transformer_id, ended_on=None).first()


def worst_area_of_customer(customer_id: int) -> FrequentOutageArea | None:
    """The area with most outages among those of a customer's accounts. One query (index on the account's customer)."""
    own = Account.objects.filter(customer_id=customer_id, active=True).exclude(transformer_id=None)
    rows = FrequentOutageArea.objects.filter(ended_on=None, transformer_id__in=own.values("transformer_id"))
    return rows.order_by("-times").first()
