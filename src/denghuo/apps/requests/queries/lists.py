"""Lists of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from denghuo.apps.customers.queries import account_by_number
from denghuo.apps.grid.queries import outages_explaining
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.classification import of_cause, of_class
from denghuo.apps.requests.flowing import possible
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL, MASTER_STATES
from denghuo.core.actors import Actor
from denghuo.core.privacy import blind_index

VIEW = "requests.view"
LIST_RELATED = ("org", "transformer", "master", "outage")
# filter name → field; values are compared exactly, a list means any of them
EXACT = {
    "state": "state",
    "type": "type",
    "channel": "channel",
    "urgency": "urgency",
    "fault_class": "fault_class",
    "area_type": "area_type",
    "transformer_id": "transformer_id",
    "outage_id": "outage_id",
    "master_id": "master_id",
    "customer_id": "customer_id",
    "account_id": "account_id",
    "supervised": "supervised",
    "grade": "grade",
}
SORTS = {
    "-submitted_at": ("-submitted_at", "-pk"),
    "submitted_at": ("submitted_at", "pk"),
    "-number": ("-number",),
    "number": ("number",),
}


def visible(actor: Actor) -> QuerySet[Request]:
    """Requests the actor may see."""
    return Request.objects.visible_to(actor, VIEW)


def request_list(
    actor: Actor, filters: Mapping[str, Any] | None = None, sort: str = "-submitted_at"
) -> QuerySet[Request]:
    """Requests for a table, newest first, with what a row shows.

    ``filters``: the names of ``EXACT``; ``open`` (True: not filed or cancelled); ``q`` (see :func:`search`);
    ``since``/``until`` (submitted); ``class_code`` and ``cause_code`` (that class and below, together with ``type``); ``org_path`` (subtree). Unknown names are ignored, empty values too. Served by
    ``requests_newest`` (all units), ``requests_org_state`` (a unit and state), ``requests_open``; ``q`` by the unique index
    of the number or the blind index of the phone.
    """
    filters = filters or {}
    rows = visible(actor)
    for name, field in EXACT.items():
        value = filters.get(name)
        if value in (None, "", []):
            continue
        rows = rows.filter(**{f"{field}__in": value} if isinstance(value, list | tuple | set) else {field: value})
    if filters.get("class_code"):
        rows = of_class(rows, str(filters["class_code"]))
    if filters.get("cause_code"):
        rows = of_cause(rows, str(filters["cause_code"]))
    if filters.get("open"):
        rows = rows.exclude(state__in=FINAL)
    if filters.get("since"):
        rows = rows.filter(submitted_at__gte=filters["since"])
    if filters.get("until"):
        rows = rows.filter(submitted_at__lt=filters["until"])
    if filters.get("org_path"):
        rows = rows.filter(org__path__startswith=filters["org_path"])
    q = str(filters.get("q") or "").strip()
    if q:
        rows = search(rows, q)
    return rows.select_related(*LIST_RELATED).order_by(*SORTS.get(sort, SORTS["-submitted_at"]))


def search(rows: QuerySet[Request], text: str) -> QuerySet[Request]:
    """``rows`` with this number, caller's phone or account number, exactly: sealed columns know no other search.

    By the unique index of the number and the blind indexes of phone and account number.
    """
    wanted = text.strip().replace("\x00", "")[:40]
    if not wanted:
        return rows
    found = Q(number=wanted)
    if phone := blind_index("phone", wanted):
        found |= Q(caller_phone_bidx=phone)
    if (account := account_by_number(wanted)) is not None:
        found |= Q(account_id=account.pk)
    return rows.filter(found)


def open_from_phone(actor: Actor, phone: str, limit: int = 5) -> list[Request]:
    """What is open and was reported from this phone, newest first (blind index of the phone)."""
    index = blind_index("phone", phone)
    rows = visible(actor).filter(caller_phone_bidx=index).exclude(state__in=FINAL) if index else visible(actor).none()
    return list(rows.select_related("org").order_by("-submitted_at")[:limit])


def suggested_masters(rows: Sequence[Request]) -> dict[int, int]:
    """Request → the master request of the outage that explains it, where merging is possible now.

    Three queries for a whole page. Requests that are not open faults awaiting a decision have none.
    """
    open_rows = [
        r for r in rows if r.type == RequestType.FAULT_REPORT and "merge" in possible(r) and r.master_id is None
    ]
    unlinked = {r.transformer_id for r in open_rows if r.outage_id is None and r.transformer_id is not None}
    explained = outages_explaining(unlinked)
    wanted: dict[int, int] = {}
    for row in open_rows:
        outage = row.outage or explained.get(row.transformer_id or 0)
        if outage is not None and outage.master_request_id not in (None, row.pk):
            wanted[row.pk] = int(outage.master_request_id)
    takers = Request.objects.filter(pk__in=set(wanted.values()), state__in=MASTER_STATES, master=None)
    able = set(takers.values_list("pk", flat=True)) if wanted else set()
    return {pk: master for pk, master in wanted.items() if master in able}


def counts_by_state(actor: Actor) -> dict[str, int]:
    """How many open requests stand in each open state (partial index ``requests_open``)."""
    rows = visible(actor).exclude(state__in=FINAL).order_by().values_list("state").annotate(n=Count("pk"))
    found = dict(rows)
    return {state: found.get(state, 0) for state in RequestState.values if state not in FINAL}


def review_queue(actor: Actor) -> QuerySet[Request]:
    """Returned requests that ``actor`` may review, longest waiting first (partial index ``requests_open``)."""
    rows = Request.objects.visible_to(actor, "request.review").filter(state=RequestState.RETURNED)
    return rows.select_related(*LIST_RELATED).order_by("returned_at", "pk")
