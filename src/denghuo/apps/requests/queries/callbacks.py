"""The call-back desk."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.models import CONFIDENTIAL, CallBack
from denghuo.core import moment
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import units_under

VIEW = "callback.view"


def _visible(actor: Actor) -> QuerySet[CallBack]:
    paths = actor.paths_for(VIEW)
    if not paths:
        return CallBack.objects.none()
    rows = CallBack.objects.all()
    if ROOT_PATH not in actor.paths_for(CONFIDENTIAL):  # confidential ones are not called; whoever knows sees them
        rows = rows.filter(request__confidential=False)
    if ROOT_PATH in paths:
        return rows
    return rows.filter(request__org__in=units_under(paths))


def callback_queue(actor: Actor) -> QuerySet[CallBack]:
    """Plans still to be called, in the order they fall due (partial index ``requests_callback_due``)."""
    rows = _visible(actor).filter(state=CallBackState.PENDING)
    return rows.select_related("request__org", "request__master", "holder", "campaign").order_by("not_before", "pk")


def callback_counts(actor: Actor, now: dt.datetime | None = None) -> dict[str, int]:
    """``due`` (may be called), ``held`` (somebody has them), ``later`` and ``pending`` (all of these)."""
    now = now or moment.now()
    rows = _visible(actor).filter(state=CallBackState.PENDING)
    return rows.aggregate(
        pending=Count("pk"),
        due=Count("pk", filter=Q(not_before__lte=now, holder=None)),
        held=Count("pk", filter=~Q(holder=None)),
        later=Count("pk", filter=Q(not_before__gt=now, holder=None)),
    )


def held_by(actor: Actor) -> CallBack | None:
    """The plan ``actor`` has taken and not yet recorded, with its request and earlier tries."""
    rows = CallBack.objects.filter(holder_id=actor.id, state=CallBackState.PENDING, lease=None)
    return (
        rows.select_related("request__org", "request__master", "campaign")
        .prefetch_related("tries__by")
        .order_by(F("held_at").desc())
        .first()
    )


def callback_of(actor: Actor, callback_id: int) -> CallBack:
    """One plan with its request and tries. Raises NotFound also when the actor may not see it."""
    rows = _visible(actor).select_related("request__org", "request__master", "holder", "campaign")
    rows = rows.prefetch_related("tries__by")
    plan = rows.filter(pk=callback_id).first()
    if plan is None:
        raise NotFound()
    return plan
