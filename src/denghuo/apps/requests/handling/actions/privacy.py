"""Keeping a request confidential, or without the caller's name (保密、匿名)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind, RequestState
from denghuo.apps.requests.models import CONFIDENTIAL, Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.privacy import blind_index


@action("request.keep_private")
def keep_private(
    actor: Actor,
    request_id: int,
    *,
    reason: str,
    confidential: bool | None = None,
    anonymous: bool | None = None,
    version: int | None = None,
) -> Request:
    """Mark the request confidential or anonymous, or take the mark away; None leaves it.

    Anybody who accepts requests may mark; only who is in the know (``request.confidential``) takes a mark away. Anonymous
    takes name and phone off the request for good. Raises NotAllowed, NotFound, Conflict (a type that cannot be; a call-back
    is due; the name was taken off), InvalidInput (reason).
    """
    request = common.known(actor, request_id)
    if request.confidential or confidential is False:
        actor.require(CONFIDENTIAL, request.org.path)
    else:
        actor.require("request.accept", request.org.path)
    common.require_version(request, version)
    text = common.reason_text(reason)
    hide = request.confidential if confidential is None else confidential
    nameless = request.anonymous if anonymous is None else anonymous
    if (hide, nameless) == (request.confidential, request.anonymous):
        raise common.wrong("reason", _("保密与匿名没有变化，无需提交"))
    if request.anonymous and not nameless:
        raise Conflict(_("匿名诉求已不留姓名电话，不能恢复"), code="name_gone")
    if (hide or nameless) and request.type not in policies.get("private.types", request.org):
        raise Conflict(
            _("“%(type)s”须能联系客户，不能保密或匿名受理") % {"type": request.get_type_display()}, code="wrong_type"
        )
    if request.state == RequestState.CALLBACK:
        raise Conflict(_("回访已安排，请先完成回访或由主管归档"), code="wrong_state")
    at = common.moment_of(None, request)
    fields = ["confidential", "anonymous"]
    if nameless and not request.anonymous:
        request.caller_name = request.caller_phone = ""
        request.customer_id = None
        request.caller_phone_bidx = blind_index("phone", "")  # type: ignore[attr-defined]
        fields += ["caller_name", "caller_phone", "caller_phone_bidx", "customer"]
    request.confidential, request.anonymous = hide, nameless
    common.save(request, *fields)
    note = common.write_note(actor, request, NoteKind.PRIVATE, text, at)
    common.tell(
        common.event(actor, request, "request.kept_private", at, confidential=hide, anonymous=nameless, note_id=note)
    )
    return request
