"""What staff are told beside their lists: one person, or every holder of a role over a unit."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.models import NoticesRead, StaffNotice
from denghuo.apps.accounts.pages import staff_page
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit

SHOWN = 100
#: kind of subject → the page of it, by key
PAGES = {"request": "requests:detail"}


@action("notice.tell")
def tell_staff(
    actor: Actor,
    *,
    org: OrgUnit,
    text: str,
    subject: tuple[str, int],
    role: str = "",
    staff_id: int | None = None,
    at: dt.datetime | None = None,
) -> StaffNotice:
    """Tell one person, or every holder of ``role`` over ``org``, in the transaction of what causes it. ``text`` carries
    nothing personal. Raises ValueError unless one of role and person is given."""
    if bool(role) == (staff_id is not None):
        raise ValueError("a notice goes to a role or to a person")
    return StaffNotice.objects.create(
        org=org, role=role, staff_id=staff_id, text=text[:300], subject_kind=subject[0], subject_id=subject[1],
        at=at or moment.now(),
    )  # fmt: skip


def notices_for(actor: Actor) -> QuerySet[StaffNotice]:
    """What ``actor`` is told, the newest first (indexes on role and on person)."""
    wanted = Q(staff_id=actor.id)
    for grant in actor.grants:
        wanted |= Q(role=grant.role, org__path__startswith=grant.org_path)
    return StaffNotice.objects.filter(wanted).select_related("org").order_by("-pk")


def unread(actor: Actor) -> int:
    """How many are unread, at most :data:`SHOWN`."""
    upto = NoticesRead.objects.filter(staff_id=actor.id).values_list("upto", flat=True).first() or 0
    return len(notices_for(actor).filter(pk__gt=upto).values_list("pk", flat=True)[:SHOWN])


@action("notice.read")
def mark_read(actor: Actor, upto: int) -> None:
    """Everything up to this one has been seen; never goes back."""
    row, _made = NoticesRead.objects.select_for_update().get_or_create(staff_id=actor.id)
    if upto > row.upto:
        row.upto = upto
        row.save(update_fields=["upto"])


@require_GET
@staff_page()
def notices(request: HttpRequest) -> HttpResponse:
    """The list; opening it marks everything read."""
    actor = actor_of(request)
    upto = NoticesRead.objects.filter(staff_id=actor.id).values_list("upto", flat=True).first() or 0
    rows = list(notices_for(actor)[:SHOWN])
    listed = [{"row": row, "url": _url(row), "new": row.pk > upto} for row in rows]
    if rows and rows[0].pk > upto:
        mark_read(actor, rows[0].pk)
    return render(request, "accounts/notices.html", {"notices": listed})


@require_GET
@staff_page()
def bell(request: HttpRequest) -> HttpResponse:
    """The sign in the top bar."""
    return render(request, "accounts/_bell.html", {"unread": unread(actor_of(request))})


def _url(row: StaffNotice) -> str:
    try:
        return reverse(PAGES[row.subject_kind], args=[row.subject_id])
    except (KeyError, NoReverseMatch):
        return ""
