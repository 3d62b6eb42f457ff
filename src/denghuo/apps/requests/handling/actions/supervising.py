"""Supervision (督办): somebody above watches a request, asks, is answered, and ends it with a note."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.handling.choices import SupervisionWhy
from denghuo.apps.requests.handling.models import Supervision, SupervisionReply
from denghuo.apps.requests.handling.records import supervise
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form

SUPERVISE = "request.supervise"


@action("request.supervise")
def supervise_request(
    actor: Actor, request_id: int, *, text: str, due_at: dt.datetime | None = None, version: int | None = None
) -> Request:
    """Put an open request under supervision until ``due_at`` (default ``supervise.days``).

    Raises NotAllowed (``request.supervise``), NotFound, Conflict (filed; supervised already), InvalidInput (text, due_at).
    """
    request = common.known(actor, request_id)
    actor.require(SUPERVISE, request.org.path)
    common.require_version(request, version)
    if request.state in FINAL:
        raise Conflict(_("该诉求已办结，不能督办；需要时请先重启"), code="wrong_state")
    at = common.moment_of(None, request)
    form = Form()
    words = form.text("text", text, longest=policies.get("request.reason_length"), required=True)
    if due_at is not None and due_at <= at:
        form.wrong("due_at", _("督办期限应晚于现在"))
    form.finish()
    note = common.write_note(actor, request, NoteKind.SUPERVISE, words, at)
    made = supervise(request, SupervisionWhy.MANAGER, at, by_id=_staff(actor), due_at=due_at, note_id=note)
    if made is None:
        raise Conflict(_("该诉求已在督办，请在督办记录中追问"), code="supervised")
    common.save(request, "supervised")
    common.tell(common.event(actor, request, "request.supervised", at, why="manager"))
    return request


@action("request.reply_supervision")
def reply_supervision(actor: Actor, request_id: int, *, text: str) -> Request:
    """Answer the open supervision, or ask again: who handles the request or supervises it.

    Raises NotAllowed, NotFound, Conflict (not supervised), InvalidInput (text).
    """
    request = common.known(actor, request_id)
    if not actor.can(SUPERVISE, request.org.path):
        actor.require("request.dispatch", request.org.path)
    found, words = _open(request), common.reason_text(text, field="text")
    at = common.moment_of(None, request)
    note = common.write_note(actor, request, NoteKind.SUPERVISE, words, at)
    SupervisionReply.objects.create(supervision=found, request=request, at=at, by_id=_staff(actor), note_id=note)
    common.tell(common.event(actor, request, "request.supervision_replied", at, supervision_id=found.pk, note_id=note))
    return request


@action("request.end_supervision")
def end_supervision(actor: Actor, request_id: int, *, text: str) -> Request:
    """End the open supervision with what came of it. Raises NotAllowed, NotFound, Conflict, InvalidInput (text)."""
    request = common.known(actor, request_id)
    actor.require(SUPERVISE, request.org.path)
    found, words = _open(request), common.reason_text(text, field="text")
    at = common.moment_of(None, request)
    found.end_note_id = common.write_note(actor, request, NoteKind.SUPERVISE, words, at)
    found.ended_at = max(at, found.at)
    found.save(update_fields=["ended_at", "end_note_id"])
    request.supervised = False
    common.save(request, "supervised")
    common.tell(
        common.event(
            actor, request, "request.supervision_ended", at, supervision_id=found.pk, note_id=found.end_note_id
        )
    )
    return request


@action("request.supervise_breach")
def supervise_breach(actor: Actor, request_id: int, kind: str) -> bool:
    """A clock of this kind ran out: supervise the request if policy ``supervise.on_breach`` says so; whether it was done."""
    request = common.known(actor, request_id)
    at = common.moment_of(None, request)
    if request.state in FINAL or request.supervised or kind not in policies.get("supervise.on_breach", request.org, at):
        return False
    if supervise(request, SupervisionWhy.BREACH, at) is None:
        return False
    common.save(request, "supervised")
    common.tell(common.event(actor, request, "request.supervised", at, why="breach"))
    return True


def _open(request: Request) -> Supervision:
    found = Supervision.objects.filter(request=request, ended_at=None).first()
    if found is None:
        raise Conflict(_("该诉求没有进行中的督办"), code="not_supervised")
    return found


def _staff(actor: Actor) -> int | None:
    return actor.id if actor.kind == "staff" else None
