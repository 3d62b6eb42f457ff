"""The third contact about one matter, and complaints that come again after they were closed.

A matter is a chain of requests of one customer (same account, customer or phone) of one business type that the engine finds
alike, within ``repeat.days``. Its first request carries the count; every urge counts as a contact too.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext as _

from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.requests import grading
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.linking import link_requests
from denghuo.apps.requests.choices import RequestType, Satisfaction
from denghuo.apps.requests.handling.choices import SupervisionWhy
from denghuo.apps.requests.handling.models import Supervision
from denghuo.apps.requests.linking.choices import LinkKind, RepeatKind
from denghuo.apps.requests.linking.comparing import compare, facts_of, weights_for
from denghuo.apps.requests.linking.models import RepeatedMatter, RequestLink
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import NewEvent

MOST = 20
WHY = "repeated"


def follow_submitted(actor: Actor, request_id: int) -> Request | None:
    """Put a new request to the earlier one of the same customer and matter and count it; gives the first one of the matter.

    Nothing when there is none, or the rule has linked the two already. Two queries to look (index of account and customer,
    blind index of the phone).
    """
    request = Request.objects.select_related("org", "transformer").filter(pk=request_id).first()
    if request is None:
        return None
    link = (
        RequestLink.objects.filter(from_request=request, kind=LinkKind.SAME_MATTER).select_related("to_request").first()
    )
    if link is not None:
        # Linked by hand before we came: only the contact is to be counted. By the rule: counted already.
        by_hand = link.score is None
        return count_contact(actor, first_of(link.to_request).pk, by_request_id=request.pk) if by_hand else None
    found = earlier_of(request)
    if found is None:
        return None
    earlier, likeness = found
    try:
        link_requests(actor, request.pk, earlier.pk, kind=LinkKind.SAME_MATTER, score=round(likeness, 3))
    except ActionError:
        return None
    return count_contact(actor, first_of(earlier).pk, by_request_id=request.pk, score=round(likeness, 3))


def earlier_of(request: Request) -> tuple[Request, float] | None:
    """The earlier request of the same customer most alike, ``duplicate.suggest`` or above, ended ones included."""
    same = Q()
    if request.account_id is not None:
        same |= Q(account_id=request.account_id)
    if request.customer_id is not None:
        same |= Q(customer_id=request.customer_id)
    if request.caller_phone_bidx:
        same |= Q(caller_phone_bidx=request.caller_phone_bidx)
    if not same or request.anonymous:
        return None
    at = request.submitted_at
    since = at - dt.timedelta(days=policies.get("repeat.days", request.org, at))
    rows = Request.objects.filter(same, type=request.type, submitted_at__range=(since, at)).exclude(pk=request.pk)
    weights = weights_for(request.org, at)
    least = policies.get("duplicate.suggest", request.org, at)
    facts = facts_of(request)
    best: tuple[Request, float] | None = None
    for row in rows.select_related("org", "transformer").order_by("-submitted_at", "-pk")[:MOST]:
        value = compare(facts, facts_of(row), weights, least).value
        if value >= least and (best is None or value > best[1]):
            best = (row, value)
    return best


def first_of(request: Request) -> Request:
    """Where the matter of ``request`` began: along the links of the same matter, at most ``MOST`` steps."""
    for _step in range(MOST):
        link = (
            RequestLink.objects.filter(from_request=request, kind=LinkKind.SAME_MATTER)
            .select_related("to_request")
            .order_by("to_request_id")
            .first()
        )
        if link is None:
            break
        request = link.to_request
    return request


@action("request.count_contact")
def count_contact(
    actor: Actor, request_id: int, *, by_request_id: int | None = None, score: float | None = None
) -> Request:
    """One more contact about the matter that began with ``request_id``.

    With the ``repeat.contacts``-th it stands on the list of repeated matters and, while it is open, under supervision. A
    request that tells it again carries the count too. System only.
    """
    rows = common.locked_together([request_id, *([by_request_id] if by_request_id else [])])
    request = rows[request_id]
    at = common.moment_of(None, request)
    request.contact_count += 1
    common.save(request, "contact_count")
    told: list[NewEvent] = [
        common.event(
            actor, request, "request.contacted_again", at,
            count=request.contact_count, by_request_id=by_request_id, score=score,
        )
    ]  # fmt: skip
    latest = rows.get(by_request_id or 0, request)
    if latest is not request:
        latest.contact_count = request.contact_count
        common.save(latest, "contact_count")
    if request.contact_count >= policies.get("repeat.contacts", request.org, at):
        told += _mark(actor, request, latest, RepeatKind.CONTACTS, request.contact_count, at)
    common.tell(told)
    return request


@action("request.mark_repeat_complaint")
def mark_repeat_complaint(actor: Actor, request_id: int) -> Request | None:
    """A complaint closed once about whose matter the customer is dissatisfied again: listed, with the grade the rules give.

    Closed once means answered and called back in an earlier round, taken up again, or an earlier complaint of the same matter
    that is filed. None when it is not so. System only.
    """
    request = common.locked(request_id)
    if request.type != RequestType.COMPLAINT:
        return None
    earlier = Request.objects.filter(
        links_in__from_request=request, links_in__kind=LinkKind.SAME_MATTER, state__in=FINAL
    )
    again = request.satisfaction == Satisfaction.DISSATISFIED or earlier.exists()
    closed_once = request.round > 1 or request.reopened > 0 or earlier.exists()
    if not (again and closed_once):
        return None
    at = common.moment_of(None, request)
    times = max(2, request.round, request.contact_count)
    common.tell(_mark(actor, request, request, RepeatKind.COMPLAINT, times, at))
    return request


def _mark(
    actor: Actor, request: Request, latest: Request, kind: RepeatKind, count: int, at: dt.datetime
) -> list[NewEvent]:
    """Keep the repeated matter; both rows are locked. Gives its events: none when it stood there with that count."""
    grade = grading.propose(request).grade if request.type == RequestType.COMPLAINT else ""
    row, made = RepeatedMatter.objects.get_or_create(
        request=request,
        kind=kind,
        defaults={
            "org": request.org, "contacts": count, "first_at": request.submitted_at, "at": at, "proposed_grade": grade,
        },
    )  # fmt: skip
    if not made and row.contacts >= count:
        return []
    row.contacts, row.at, row.proposed_grade = count, at, grade
    row.save()
    told = [common.event(actor, request, "request.repeated", at, repeat_kind=str(kind), count=count, grade=grade)]
    words = {"number": request.number, "kind": kind.label, "n": count}
    text = _("%(kind)s：%(number)s，同一事项第 %(n)s 次") % words
    tell_staff(actor, org=request.org, text=text, subject=("request", request.pk), role="supervisor", at=at)
    for one in {request.pk: request, latest.pk: latest}.values():
        if one.state not in FINAL and not one.supervised:
            one.supervised = True
            common.save(one, "supervised")
            Supervision.objects.get_or_create(
                request=one, ended_at=None, defaults={"why": SupervisionWhy.REPEATED, "org": one.org, "at": at}
            )
            told.append(common.event(actor, one, "request.supervised", at, why=WHY))
    return told
