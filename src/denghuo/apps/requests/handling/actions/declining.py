"""A unit gives a request back to the centre, with a reason of a kind that can be counted."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.handling.choices import DeclineReason, SupervisionWhy
from denghuo.apps.requests.handling.models import Decline
from denghuo.apps.requests.handling.records import supervise
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit


@action("request.decline")
def decline_request(
    actor: Actor,
    request_id: int,
    *,
    reason: str,
    text: str,
    other_org_id: int | None = None,
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """*handling* → *accepted*: back to the centre (退单), the dispatch clock starts anew, the others run on.

    A wrong area must name whose it is (``other_org_id``); every reason needs its ``text``. The ``decline.max``-th return
    puts the request under supervision. Raises NotAllowed (``request.dispatch``), NotFound, Conflict, InvalidInput (reason,
    text, other_org_id, at).
    """
    request = common.known(actor, request_id)
    actor.require("request.dispatch", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "decline", actor=actor)
    form = Form()
    kind = form.choice("reason", reason, DeclineReason.values)
    words = form.text("text", text, longest=policies.get("request.reason_length"), required=True)
    form.finish()
    other = _other(kind, other_org_id, request)
    moment = common.moment_of(at, request)
    step = flowing.advance(request, "decline", moment)
    request.returns += 1
    newly = request.returns >= policies.get("decline.max", request.org, moment) and not request.supervised
    if newly:
        supervise(request, SupervisionWhy.RETURNS, moment)
    common.save(request, "state", "returns", "supervised")
    note = common.write_note(actor, request, NoteKind.DECLINE, words, moment)
    Decline.objects.create(
        request=request, org=request.org, round=request.round, reason=kind, other_org=other, at=moment,
        by_id=actor.id if actor.kind == "staff" else None, note_id=note,
    )  # fmt: skip
    told = [
        common.event(
            actor, request, "request.declined", moment,
            unit_id=request.org_id, reason=kind, other_org_id=other.pk if other else None, count=request.returns,
            note_id=note,
        )
    ]  # fmt: skip
    if newly:
        told.append(common.event(actor, request, "request.supervised", moment, why="returns"))
    common.tell(told, flowing.clocks(actor, request, step, moment))
    return request


def _other(kind: str, other_org_id: int | None, request: Request) -> OrgUnit | None:
    if kind != DeclineReason.WRONG_AREA:
        return None
    unit = OrgUnit.objects.filter(pk=other_org_id).first() if other_org_id else None
    if unit is None:
        raise InvalidInput({"other_org_id": [_("请写明应由哪个单位处理")]})
    if unit.pk == request.org_id:
        raise InvalidInput({"other_org_id": [_("请选择本单位以外的单位")]})
    return unit
