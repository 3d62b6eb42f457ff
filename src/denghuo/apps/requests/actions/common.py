"""What every action on a request shares: lock, check, save, tell.

Locking: the request's own row first. When two or more requests change together they are locked in the order of their
ids (:func:`locked_together`), a master's merged children after it; a call-back's row is locked with its request. The
work order above is locked by its own app before it calls in here.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.requests.choices import NoteKind, RequestState
from denghuo.apps.requests.models import Request, RequestNote
from denghuo.core import moment, policies, prepared
from denghuo.core.actors import Actor
from denghuo.core.clocks import batch
from denghuo.core.clocks.actions import NewClock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import NewEvent, record_many, timeline
from denghuo.core.inputs import Form

STEP_TIMES = ("submitted_at", "accepted_at", "dispatched_at", "arrived_at", "returned_at", "reviewed_at")


_LOCKED = prepared.Select(
    lambda pk: Request.objects.select_related("org").select_for_update(of=("self",)).filter(pk=pk)
)


def locked(request_id: int) -> Request:
    """The request with its unit, its row locked. Raises NotFound."""
    row = _LOCKED.first(request_id)
    if row is None:
        raise NotFound(_("没有这条诉求"))
    return row


def known(actor: Actor, request_id: int) -> Request:
    """:func:`locked`, for who may know of it. Raises NotFound also for a confidential one of others."""
    row = locked(request_id)
    if row.withheld_from(actor):
        raise NotFound(_("没有这条诉求"))
    return row


def locked_together(ids: Iterable[int]) -> dict[int, Request]:
    """Several requests by id, locked in the order of their ids."""
    rows = Request.objects.select_related("org").select_for_update(of=("self",)).filter(pk__in=set(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def children_of(master: Request, *, lock: bool = False) -> list[Request]:
    """Requests merged into ``master`` and still following it, by id (index on ``master``)."""
    rows = Request.objects.select_related("org").filter(master_id=master.pk, state=RequestState.MERGED).order_by("pk")
    return list(rows.select_for_update(of=("self",)) if lock else rows)


def require_version(request: Request, version: int | None) -> None:
    """Raise Conflict telling who changed the request since the caller read ``version``."""
    if version is None or version == request.version:
        return
    events = timeline("request", request.pk)
    who = next((event.actor_name for event in reversed(events) if not event.kind.startswith("clock.")), "")
    raise Conflict(
        _("该诉求刚被%(who)s修改过，请刷新后再操作") % {"who": who or _("他人")},
        code="changed",
        version=request.version,
    )


def require_right(actor: Actor, permission: str, request: Request, token: str | None = None) -> None:
    """Raise NotAllowed unless ``actor`` holds ``permission`` there, or is the customer with the request's own token."""
    if actor.kind == "customer":
        if not token or not hmac.compare_digest(token.encode(), request.public_token.encode()):
            raise NotAllowed(_("无法确认您是提交人，请从进度页面操作"))
        return
    actor.require(permission, request.org.path)
    if request.withheld_from(actor):
        raise NotFound(_("没有这条诉求"))


def latest_step(request: Request) -> dt.datetime:
    """The latest time on the request; nothing later may claim to have happened before it."""
    return max(value for name in STEP_TIMES if (value := getattr(request, name)) is not None)


def moment_of(
    at: dt.datetime | None, request: Request, *, field: str = "at", after: dt.datetime | None = None, what: str = ""
) -> dt.datetime:
    """``at``, checked: not in the future, not before ``after`` (default: the latest step). None gives the present.

    Raises InvalidInput naming ``field``.
    """
    now, last = moment.now(), after or latest_step(request)
    if at is None:
        return max(now, last)
    form = Form()
    form.moment(field, at, tolerance=tolerance(), now=now, after=last, after_what=what or _("上一环节"))
    form.finish()
    return at


def tolerance() -> dt.timedelta:
    """How far business times may run ahead of ours."""
    return dt.timedelta(seconds=policies.get("time.future_tolerance_seconds"))


def save(request: Request, *fields: str) -> None:
    """Write ``fields`` and the next version; with ``state`` goes where in its flow the request is."""
    request.version += 1
    place = ("flow", "step", "step_since", "held_at", "hold_reason") if "state" in fields else ()
    prepared.update(request, (*fields, *place, "version"))


def topics_of(request: Request, children: Sequence[Request] = ()) -> list[str]:
    """Live topics: the request's page and the customer's, and those of the callers merged into it."""
    return [
        topic
        for item in (request, *children)
        for topic in (f"request:{item.pk}", f"customer-request:{item.public_token}")
    ]


def event(
    actor: Actor, request: Request, kind: str, at: dt.datetime, children: Sequence[Request] = (), /, **payload: Any
) -> NewEvent:
    """An event of ``request``, not yet written."""
    return NewEvent(actor, kind, request, request.org, payload, topics_of(request, children), at)


def tell(*parts: NewEvent | Iterable[NewEvent]) -> None:
    """Write events in the order given, in one statement."""
    record_many(item for part in parts for item in ([part] if isinstance(part, NewEvent) else part))


def begin(actor: Actor, wanted: Iterable[NewClock]) -> list[NewEvent]:
    """Start clocks; gives their events."""
    return batch.begin(actor, wanted)


def end(actor: Actor, request: Request, at: dt.datetime, *kinds: str) -> list[NewEvent]:
    """Stop live clocks of these kinds (none named: all); gives their events."""
    return batch.end(actor, request, kinds or None, at)


def drop(actor: Actor, request: Request, at: dt.datetime, reason: str, *kinds: str) -> list[NewEvent]:
    """Cancel live clocks of these kinds (none named: all); gives their events."""
    return batch.drop(actor, request, kinds or None, reason, at)


def reason_text(value: str, *, field: str = "reason", required: bool = True) -> str:
    """A reason or remark, checked. Raises InvalidInput."""
    form = Form()
    text = form.text(field, value, longest=policies.get("request.reason_length"), required=required)
    form.finish()
    return text


def write_note(actor: Actor, request: Request, kind: NoteKind, text: str, at: dt.datetime) -> int | None:
    """Keep what was written; gives the note's id, None for an empty text."""
    if not text:
        return None
    note = RequestNote.objects.create(
        request=request, kind=kind, text=text, at=at, by_kind=actor.kind, by_id=actor.id, by_name=actor.name
    )
    return int(note.pk)


def wrong(field: str, message: str) -> InvalidInput:
    """An InvalidInput of one field."""
    return InvalidInput({field: message})
