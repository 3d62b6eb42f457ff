"""Several matters told in one call become requests of their own (拆分)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.intake import submit_request
from denghuo.apps.requests.choices import NoteKind, RequestState, RequestType
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput

SPLITTABLE = frozenset({RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.HANDLING})


@dataclass(frozen=True, slots=True)
class Part:
    """One of the other matters: its type, and what was said of it."""

    type: str
    description: str
    phenomenon: str = ""
    scope: str = ""
    class_code: str = ""


@action("request.split")
def split_request(
    actor: Actor, request_id: int, *, parts: Sequence[Part], reason: str, version: int | None = None
) -> list[Request]:
    """Make a request of each of ``parts``: same caller, place and contact, own type, flow and clocks, ``split_from`` this
    one. The original keeps its number and its own matter.

    Raises NotAllowed (``request.create``), NotFound, Conflict (state; split off itself), InvalidInput (parts with the faults
    of each as ``parts.<n>.<field>``, reason).
    """
    request = common.known(actor, request_id)
    actor.require("request.create", request.org.path)
    common.require_version(request, version)
    if request.state not in SPLITTABLE or request.master_id is not None:
        raise Conflict(
            _("该诉求当前为“%(state)s”，不能拆分") % {"state": request.get_state_display()}, code="wrong_state"
        )
    text = common.reason_text(reason)
    most = policies.get("split.most", request.org)
    if not parts or len(parts) > most:
        raise common.wrong("parts", _("请填写 1 至 %(most)s 项要拆出的事项") % {"most": most})
    at = common.moment_of(None, request)
    made = [_make(actor, request, index, part) for index, part in enumerate(parts)]
    note = common.write_note(actor, request, NoteKind.SPLIT, text, at)
    common.save(request)
    common.tell(common.event(actor, request, "request.split", at, made_ids=[row.pk for row in made], note_id=note))
    return made


def _make(actor: Actor, request: Request, index: int, part: Part) -> Request:
    draft = RequestDraft(
        type=part.type,
        channel=request.channel,
        caller_name=request.caller_name,
        caller_phone=request.caller_phone,
        account_id=request.account_id,
        org_id=None if request.account_id else request.org_id,
        address=request.address,
        phenomenon=part.phenomenon,
        scope=part.scope,
        occurred_at=request.occurred_at or (request.submitted_at if part.type == RequestType.FAULT_REPORT else None),
        description=part.description,
        lon=request.lon,
        lat=request.lat,
        client_id=uuid.uuid4(),
        contact_id=request.contact_id,
        class_code=part.class_code,
        split_from_id=request.pk,
        confidential=request.confidential and part.type != RequestType.FAULT_REPORT,
        anonymous=request.anonymous and part.type != RequestType.FAULT_REPORT,
    )
    try:
        return submit_request(actor, data=draft)
    except InvalidInput as error:
        raise InvalidInput({f"parts.{index}.{name}": texts for name, texts in error.fields.items()}) from error
