"""Several reports of one fault become a master and its merged children: trees of depth one, nothing is deleted."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Outage
from denghuo.apps.requests import flowing, limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind, RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import MASTER_STATES
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import NewEvent

INHERITED = ("fault_class", "urgency", "area_type")


@action("request.merge")
def merge_request(
    actor: Actor, request_id: int, master_id: int, reason: str = "", *, version: int | None = None
) -> Request:
    """Put a fault report under another of the same fault.

    A master that is itself merged stands for its own master. Children of the merged request move with it. Its clocks are
    cancelled (acceptance ends): from here its customer follows the master's progress, and gets a call-back of their own.
    Raises NotAllowed (``request.merge`` is needed in both units), NotFound, Conflict, InvalidInput (master_id, reason).
    """
    request, master = _pair(request_id, master_id)
    actor.require("request.merge", request.org.path)
    actor.require("request.merge", master.org.path)
    common.require_version(request, version)
    text = common.reason_text(reason, required=False)
    _merge(actor, request, master, text)
    return request


@action("request.unmerge")
def unmerge_request(actor: Actor, request_id: int, *, reason: str) -> Request:
    """*merged* → *accepted*: it is another fault after all; its arrival clocks count from its own acceptance again.

    Raises NotAllowed, NotFound, Conflict, InvalidInput (reason).
    """
    master_id = Request.objects.filter(pk=request_id).values_list("master_id", flat=True).first()
    rows = common.locked_together([request_id, *([master_id] if master_id else [])])
    request = rows.get(request_id)
    if request is None:
        raise NotFound(_("没有这条诉求"))
    actor.require("request.merge", request.org.path)
    flowing.require_step(request, "unmerge")
    if request.master_id != master_id:
        raise Conflict(_("该诉求刚被改挂到另一主单，请刷新后再操作"), code="changed")
    text = common.reason_text(reason)
    at = common.moment_of(None, request)
    assert request.master_id is not None
    was = request.master_id
    flowing.advance(request, "unmerge", at)
    request.master_id = None
    common.save(request, "master", "state")
    note = common.write_note(actor, request, NoteKind.MERGE, text, at)
    accepted = request.accepted_at or at
    wanted = [limits.dispatch(request, at), *limits.arrival(request, accepted)]
    common.tell(
        common.event(actor, request, "request.unmerged", at, [rows[was]], master_id=was, note_id=note),
        common.begin(actor, wanted),
    )
    return request


@action("request.link_outage")
def link_outage(actor: Actor, request_id: int, outage_id: int, *, merge: bool = True) -> Request:
    """Note which outage explains the report.

    The first report of an outage becomes its master request; later fault reports are merged into that one (unless
    ``merge`` is False or the master is past merging, when they are only linked). Raises NotAllowed, NotFound, Conflict
    (outage over before the report, or not in this unit).
    """
    outage = Outage.objects.select_related("org").filter(pk=outage_id).first()
    if outage is None:
        raise NotFound(_("没有这条停电信息"))
    master_id = outage.master_request_id
    rows = common.locked_together([request_id, *([master_id] if master_id else [])])
    request = rows.get(request_id)
    if request is None:
        raise NotFound(_("没有这条诉求"))
    actor.require("request.merge", request.org.path)
    flowing.require_step(request, "link_outage")
    after = dt.timedelta(minutes=policies.get("outage.explain_after_minutes"))
    if outage.restored_at is not None and outage.restored_at + after < (request.occurred_at or request.submitted_at):
        raise Conflict(_("该停电在故障发生之前已恢复，不能作为原因"), code="outage_over")
    if not request.org.path.startswith(outage.org.path):
        raise Conflict(_("该停电不在本诉求的供电范围内"), code="outage_elsewhere")
    at = common.moment_of(None, request)
    request.outage_id = outage.pk
    common.save(request, "outage")
    common.tell(common.event(actor, request, "request.outage_linked", at, outage_id=outage.pk))
    if not merge or request.type != RequestType.FAULT_REPORT:
        return request
    master = rows.get(master_id) if master_id else None
    if master is None:
        grid.set_outage_master(actor, outage.pk, request.pk)
    elif _can_take(master, request):
        _merge(actor, request, master, _("同一停电"))
    return request


def _can_take(master: Request, request: Request) -> bool:
    """Whether an outage's master request can still take this report under it."""
    fits = master.pk != request.pk and master.master_id is None and request.master_id is None
    return fits and master.state in MASTER_STATES and "merge" in flowing.possible(request)


def _pair(request_id: int, master_id: int) -> tuple[Request, Request]:
    """Both rows, locked in id order, the master resolved to the root of its group."""
    root_id = Request.objects.filter(pk=master_id).values_list("master_id", flat=True).first() or master_id
    if root_id == request_id:
        raise common.wrong("master_id", _("不能合并到自身或自身的子单，请另选主单"))
    rows = common.locked_together([request_id, root_id])
    if request_id not in rows:
        raise NotFound(_("没有这条诉求"))
    if root_id not in rows:
        raise common.wrong("master_id", _("没有这张主单，请核对编号"))
    if rows[root_id].master_id is not None:
        raise Conflict(_("主单刚被合并或曾是他单的子单，请刷新后另选主单"), code="changed")
    return rows[request_id], rows[root_id]


def _merge(actor: Actor, request: Request, master: Request, reason: str) -> None:
    """Merge ``request`` and what hangs on it under ``master``; both are locked."""
    flowing.require_step(request, "merge")
    if request.master_id is not None:
        raise Conflict(_("该诉求曾并入他单并单独返工，不能再合并"), code="wrong_state")
    if master.type != RequestType.FAULT_REPORT:
        raise common.wrong("master_id", _("主单须是故障报修"))
    if master.state not in MASTER_STATES:
        raise Conflict(
            _("主单当前为“%(state)s”，已过可合并的环节，请另选主单") % {"state": master.get_state_display()},
            code="master_state",
        )
    at = common.moment_of(None, request)
    moved = common.children_of(request, lock=True)
    for child in moved:
        child.master_id = master.pk
        common.save(child, "master")
    note = common.write_note(actor, request, NoteKind.MERGE, reason, at)
    events = [_merged(actor, item, master, at, note if item is request else None) for item in (request, *moved)]
    _become_child(request, master, at)
    common.tell(
        events,
        common.end(actor, request, at, limits.ACCEPTANCE),
        common.drop(actor, request, at, _("已合并到主单 %(number)s") % {"number": master.number}),
    )


def _become_child(request: Request, master: Request, at: dt.datetime) -> None:
    flowing.advance(request, "merge", at)
    request.master_id = master.pk
    if request.accepted_at is None:
        # Merging an unaccepted report accepts it, with what is known of the fault.
        request.accepted_at = at
        for name in INHERITED:
            if not getattr(request, name) or name == "urgency":
                setattr(request, name, getattr(master, name))
    if request.outage_id is None:
        request.outage_id = master.outage_id
    common.save(request, "master", "state", "accepted_at", "outage", *INHERITED)


def _merged(actor: Actor, item: Request, master: Request, at: dt.datetime, note: int | None) -> NewEvent:
    return common.event(
        actor, item, "request.merged", at, [master], master_id=master.pk, outage_id=master.outage_id, note_id=note
    )
