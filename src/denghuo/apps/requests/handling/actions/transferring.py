"""Another unit takes a request over."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.handling.choices import TransferReason
from denghuo.apps.requests.handling.models import Transfer
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit


@action("request.transfer")
def transfer_request(
    actor: Actor,
    request_id: int,
    *,
    org_id: int,
    reason: str,
    text: str,
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """Pass the request to unit ``org_id`` (转派); state and clocks stay: the customer's promise does not start anew.

    Raises NotAllowed (``request.dispatch``), NotFound, Conflict, InvalidInput (org_id, reason, text, at).
    """
    request = common.known(actor, request_id)
    actor.require("request.dispatch", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "transfer", actor=actor)
    form = Form()
    kind = form.choice("reason", reason, TransferReason.values)
    words = form.text("text", text, longest=policies.get("request.reason_length"), required=True)
    unit = OrgUnit.objects.filter(pk=org_id).first()
    if unit is None:
        form.wrong("org_id", _("没有这个单位，请重新选择"))
    elif unit.pk == request.org_id:
        form.wrong("org_id", _("诉求已在该单位，请选择另一个单位"))
    form.finish()
    assert unit is not None
    moment = common.moment_of(at, request)
    step = flowing.advance(request, "transfer", moment)
    was = request.org
    request.org = unit
    common.save(request, "org")
    note = common.write_note(actor, request, NoteKind.TRANSFER, words, moment)
    Transfer.objects.create(
        request=request, from_org=was, to_org=unit, reason=kind, at=moment, note_id=note,
        by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    told = common.event(
        actor, request, "request.transferred", moment,
        from_id=was.pk, unit_id=unit.pk, reason=kind, note_id=note,
    )  # fmt: skip
    common.tell(told, flowing.clocks(actor, request, step, moment))
    return request
