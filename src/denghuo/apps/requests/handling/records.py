"""What other actions do to the records of a request."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.requests.handling.choices import SupervisionWhy
from denghuo.apps.requests.handling.models import Hold, Supervision
from denghuo.apps.requests.models import Request
from denghuo.core import policies


def end_hold(request: Request, at: dt.datetime, by: str) -> dt.datetime | None:
    """End the open hold of a locked request, if there is one; its columns are not saved. Gives when it began."""
    since = request.held_at
    if since is None:
        return None
    Hold.objects.filter(request=request, ended_at=None).update(ended_at=max(at, since), ended_by=by)
    request.held_at, request.hold_reason = None, ""
    return since


def supervise(
    request: Request,
    why: SupervisionWhy,
    at: dt.datetime,
    *,
    by_id: int | None = None,
    due_at: dt.datetime | None = None,
    note_id: int | None = None,
) -> Supervision | None:
    """Put a locked request under supervision; ``supervised`` is not saved. None when somebody watches it already.

    Without ``due_at`` it is to be settled within ``supervise.days``.
    """
    request.supervised = True
    if Supervision.objects.filter(request=request, ended_at=None).exists():
        return None
    days = dt.timedelta(days=policies.get("supervise.days", request.org, at))
    return Supervision.objects.create(
        request=request, why=why, org=request.org, at=at, due_at=due_at or at + days, by_id=by_id, note_id=note_id
    )
