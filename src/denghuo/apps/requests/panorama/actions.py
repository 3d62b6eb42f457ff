"""Putting an analysis into the request."""

from __future__ import annotations

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.inputs import Form


@action("request.attach_analysis")
def attach_analysis(actor: Actor, request_id: int, *, text: str, cause: str = "") -> Request:
    """Keep ``text`` as note of the request and tell its pages; the state does not change, closed requests too may get one.

    ``cause`` is the code the rules put first. Needs ``request.note``. Raises NotFound, NotAllowed, InvalidInput (text).
    """
    request = common.locked(request_id)
    common.require_right(actor, "request.note", request)
    form = Form()
    clean = form.text("text", text, longest=policies.get("voltage.analysis_length", request.org), required=True)
    form.finish()
    at = moment.now()
    note = common.write_note(actor, request, NoteKind.REMARK, clean, at)
    common.tell(common.event(actor, request, "request.analysis_attached", at, note_id=note, cause=cause))
    return request
