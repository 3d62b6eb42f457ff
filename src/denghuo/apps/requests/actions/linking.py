"""Links between requests, and a new request put to the one it repeats."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.merging import merge_request
from denghuo.apps.requests.choices import NoteKind, RequestType
from denghuo.apps.requests.linking.choices import DIRECTED, LinkKind
from denghuo.apps.requests.linking.models import RequestLink
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import MASTER_STATES
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form

PERMISSION = "request.note"
LONGEST_CHAIN = 200


@action("request.link")
def link_requests(
    actor: Actor, request_id: int, other_id: int, *, kind: str, reason: str = "", score: float | None = None
) -> RequestLink:
    """Say that a request has to do with another (关联). Both timelines tell it.

    Kinds with a direction run from ``request_id`` to ``other_id`` and never round in a circle; the others are kept from the
    later to the earlier request, whichever way round they are named. ``caused_by``, ``split``, ``follow_up``, ``same_matter``
    and ``related`` are the kinds. Raises NotAllowed (``request.note`` in both units), NotFound, Conflict (linked so already; a
    circle), InvalidInput (other_id, kind, reason).
    """
    form = Form()
    chosen = form.choice("kind", kind, LinkKind.values)
    if request_id == other_id:
        form.wrong("other_id", _("不能与自身关联，请填另一张诉求的编号"))
    form.finish()
    if chosen in DIRECTED:
        _one_at_a_time()
    elif other_id > request_id:
        request_id, other_id = other_id, request_id
    rows = common.locked_together([request_id, other_id])
    _found(rows, request_id, other_id)
    request, other = rows[request_id], rows[other_id]
    for one in (request, other):
        actor.require(PERMISSION, one.org.path)
    text = common.reason_text(reason, required=False)
    if RequestLink.objects.filter(from_request=request, to_request=other, kind=chosen).exists():
        raise Conflict(_("这两张诉求已这样关联"), code="linked")
    if chosen in DIRECTED and _reaches(other.pk, request.pk, chosen):
        raise Conflict(_("这样关联会绕成一圈，请核对方向"), code="circle")
    at = common.moment_of(None, request)
    note = common.write_note(actor, request, NoteKind.REMARK, text, at)
    made = RequestLink.objects.create(
        from_request=request, to_request=other, kind=chosen, at=at, note_id=note, score=score,
        by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    common.tell(_told(actor, made, request, other, "request.linked", at))
    return made


@action("request.unlink")
def unlink_requests(actor: Actor, link_id: int, *, reason: str) -> Request:
    """Take a link back; gives the request it ran from. Raises NotAllowed, NotFound, InvalidInput (reason)."""
    link = RequestLink.objects.filter(pk=link_id).first()
    if link is None:
        raise NotFound(_("没有这条关联，可能刚被取消"))
    rows = common.locked_together([link.from_request_id, link.to_request_id])
    request, other = rows[link.from_request_id], rows[link.to_request_id]
    for one in (request, other):
        actor.require(PERMISSION, one.org.path)
    text = common.reason_text(reason)
    at = common.moment_of(None, request)
    link.note_id = common.write_note(actor, request, NoteKind.REMARK, text, at)
    told = list(_told(actor, link, request, other, "request.unlinked", at))
    if not RequestLink.objects.filter(pk=link_id).delete()[0]:
        raise NotFound(_("没有这条关联，可能刚被取消"))
    common.tell(told)
    return request


@action("request.join")
def join_request(actor: Actor, request_id: int, other_id: int) -> str:
    """Put a request to the one it repeats: faults are merged, where the flow lets them, all others linked as the same matter.

    Gives ``merged`` or ``linked``. Raises as :func:`merge_request` and :func:`link_requests`.
    """
    rows = {row.pk: row for row in Request.objects.select_related("org").filter(pk__in=[request_id, other_id])}
    _found(rows, request_id, other_id)
    one, other = rows[request_id], rows[other_id]
    if mergeable(one, other) and all(actor.can("request.merge", row.org.path) for row in (one, other)):
        merge_request(actor, request_id, other_id, _("疑似重复，经确认为同一事项"))
        return "merged"
    link_requests(actor, request_id, other_id, kind=LinkKind.SAME_MATTER)
    return "linked"


def mergeable(one: Request, other: Request) -> bool:
    """Whether ``one`` can be merged under ``other`` (or under the master of it) now."""
    faults = one.type == other.type == RequestType.FAULT_REPORT
    return faults and one.master_id is None and other.state in MASTER_STATES and "merge" in flowing.possible(one)


def _found(rows: dict[int, Request], request_id: int, other_id: int) -> None:
    if request_id not in rows:
        raise NotFound(_("没有这条诉求"))
    if other_id not in rows:
        raise common.wrong("other_id", _("没有这张诉求，请核对编号"))


def _told(
    actor: Actor, link: RequestLink, request: Request, other: Request, kind: str, at: Any
) -> tuple[NewEvent, NewEvent]:
    """The event on both requests, each naming the other."""
    shared = {"link_id": link.pk, "link_kind": str(link.kind), "note_id": link.note_id}
    return (
        common.event(actor, request, kind, at, other_id=other.pk, outward=True, **shared),
        common.event(actor, other, kind, at, other_id=request.pk, outward=False, **{**shared, "note_id": None}),
    )


def _one_at_a_time() -> None:
    """Directed links are made one at a time: two made at once could close a circle that neither sees."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('requests.link'))")


def _reaches(start: int, goal: int, kind: str) -> bool:
    """Whether ``goal`` is reached from ``start`` along links of this kind (unique index of the links, breadth first)."""
    seen, edge = {start}, {start}
    while edge and len(seen) <= LONGEST_CHAIN:
        if goal in edge:
            return True
        rows = RequestLink.objects.filter(from_request__in=edge, kind=kind).values_list("to_request_id", flat=True)
        edge = set(rows) - seen
        seen |= edge
    return goal in seen or bool(edge)
