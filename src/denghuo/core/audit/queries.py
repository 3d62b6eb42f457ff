"""Reading the event log as an auditor: only with ``audit.view``, only the units it is held over."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.events.models import Event

PERMISSION = "audit.view"
REVEALED = "privacy.revealed"


def audit_events(actor: Actor) -> QuerySet[Event]:
    """All events the auditor may read. Raises NotAllowed.

    Events that belong to no unit (failed sign-ins of unknown names, for one) are for auditors of the whole company.
    """
    paths = actor.paths_for(PERMISSION)
    if not paths:
        raise NotAllowed()
    events = Event.objects.all()
    if ROOT_PATH in paths:
        return events
    scope = Q()
    for path in paths:
        scope |= Q(org_path__startswith=path)
    return events.filter(scope)


def search_events(
    actor: Actor,
    *,
    subject_kind: str = "",
    subject_id: int | None = None,
    actor_kind: str = "",
    actor_id: int | None = None,
    actor_name: str = "",
    kind: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> QuerySet[Event]:
    """Events by subject, by who acted, by kind and by time, newest first.

    ``kind`` may be a whole kind or the part before the dot ("request"). ``since`` is included, ``until`` is not; give
    them where you can: the log is partitioned by month and whole months are then left alone. Slice the result.
    """
    events = audit_events(actor)
    if subject_kind:
        events = events.filter(subject_kind=subject_kind)
    if subject_id is not None:
        events = events.filter(subject_id=subject_id)
    if actor_kind:
        events = events.filter(actor_kind=actor_kind)
    if actor_id is not None:
        events = events.filter(actor_id=actor_id)
    if actor_name:
        events = events.filter(actor_name=actor_name)
    if kind:
        events = events.filter(kind=kind) if "." in kind else events.filter(kind__startswith=f"{kind}.")
    if since is not None:
        events = events.filter(at__gte=since)
    if until is not None:
        events = events.filter(at__lt=until)
    return events.order_by("-at", "-id")


def unmaskings(actor: Actor, *, since: dt.datetime | None = None, until: dt.datetime | None = None) -> QuerySet[Event]:
    """Who saw whose personal data in plain, and why; newest first."""
    return search_events(actor, kind=REVEALED, since=since, until=until)
