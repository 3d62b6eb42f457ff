"""The 12345 hotline in both directions, by the contract in docs/reference/adapters.md."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.queries import account_by_number
from denghuo.apps.exchange.actions.adapters import SENDER, queue_message
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.hotline12345.port import HotlineOrder
from denghuo.apps.exchange.importing.kinds import REQUEST, client_id_of, link
from denghuo.apps.exchange.models import AdapterConnection, SourceLink
from denghuo.apps.requests import actions as requests
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.models import Request, RequestNote
from denghuo.core import moment
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit

CODE = "hotline12345"
STEPS = {
    "request.accepted": "accepted", "request.dispatched": "dispatched", "request.assigned": "dispatched",
    "request.returned": "handled", "request.replied": "handled",
}  # fmt: skip
# Names of the draft's fields in their message, so that a refusal speaks of what they sent.
NAMES = {
    "caller_name": "citizen_name", "caller_phone": "citizen_phone", "org_id": "area_code", "account_id": "account_number",
    "description": "content", "submitted_at": "received_at",
}  # fmt: skip


class Hotline:
    """The adapter of one connection (:class:`HotlinePort`)."""

    def __init__(self, row: AdapterConnection) -> None:
        self.row, self.actor = row, base.actor_of(row)

    def order_in(self, order: HotlineOrder) -> dict[str, Any]:
        """Make a request of an order, on the channel *transfer*. Raises InvalidInput by their field names, NotAllowed."""
        if order.reply_due_at <= order.received_at:
            raise InvalidInput({"reply_due_at": _("答复时限须晚于受理时间")})
        draft = self._draft(order)
        try:
            made = requests.submit_request(self.actor, data=draft)
        except InvalidInput as error:
            raise InvalidInput({NAMES.get(name, name): texts for name, texts in error.fields.items()}) from error
        due = order.reply_due_at.isoformat()
        link(CODE, REQUEST, order.number, "request", made.pk, due=due)
        limit = _("12345 工单 %(number)s，须在 %(due)s 前答复") % {
            "number": order.number,
            "due": _shown(order.reply_due_at),
        }
        requests.note_request(self.actor, made.pk, text=limit)
        return {"number": order.number, "request_number": made.number, "state": str(made.state)}

    def _draft(self, order: HotlineOrder) -> RequestDraft:
        account = account_by_number(order.account_number) if order.account_number else None
        if order.account_number and account is None:
            raise InvalidInput({"account_number": _("没有这个户号，请核对，或留空并填写地址")})
        unit = OrgUnit.objects.filter(code=order.area_code, kind=OrgKind.COUNTY).first()
        if unit is None and account is None:
            raise InvalidInput({"area_code": _("没有这个县区代码，请按双方约定的代码表填写")})
        return RequestDraft(
            type=order.type, channel=Channel.TRANSFER, caller_name=order.citizen_name, caller_phone=order.citizen_phone,
            account_id=account.pk if account else None, org_id=unit.pk if unit else None, address=order.address,
            phenomenon=order.phenomenon, scope=order.scope, occurred_at=order.occurred_at,
            description=f"{order.title}\n{order.content}",
            client_id=client_id_of(CODE, REQUEST, order.number), submitted_at=min(order.received_at, moment.now()),
        )  # fmt: skip

    def urge_in(self, number: str, text: str) -> dict[str, Any]:
        """The citizen asks again: an urge on our request, with its limits. Raises NotFound, Conflict, InvalidInput.

        The hotline has spoken to the citizen already, so the urge is recorded also before the promised time.
        """
        held = request_of(number)
        done = requests.urge_request(self.actor, held.pk, text=text, insist=True)
        held.refresh_from_db()
        return {"number": number, "request_number": held.number, "state": str(held.state), "message": done.message}

    def status(self, number: str) -> dict[str, Any]:
        """How the request of an order stands. Raises NotFound."""
        held = request_of(number)
        return {"number": number, "request_number": held.number, "state": str(held.state)}

    def progress_out(self, request_id: int, step: str, at: dt.datetime) -> bool:
        """Queue a step; a step is told once a round."""
        return progress_out(request_id, step, at)

    def result_out(self, request_id: int) -> bool:
        """Queue the result."""
        return result_out(request_id)

    def return_out(self, request_id: int, note_id: int | None) -> bool:
        """Queue a return with its reason."""
        return return_out(request_id, note_id)


def request_of(number: str) -> Request:
    """The request made of an order; raises NotFound."""
    known = SourceLink.objects.filter(source=CODE, kind=REQUEST, number=number).first()
    row = Request.objects.select_related("org").filter(pk=known.subject_id).first() if known else None
    if row is None:
        raise NotFound(_("没有收到过这个工单编号"))
    return row


def _their_number(request_id: int) -> str | None:
    """Their number of one of our requests (index ``exchange_source_subject``); None when it is not theirs."""
    rows = SourceLink.objects.filter(subject_kind="request", subject_id=request_id, source=CODE)
    return rows.values_list("number", flat=True).first()


def progress_out(request_id: int, step: str, at: dt.datetime) -> bool:
    """Tell a step of one of their orders."""
    number = _their_number(request_id)
    if number is None:
        return False
    row = Request.objects.get(pk=request_id)
    body = {"number": number, "request_number": row.number, "step": step, "round": row.round, "at": at.isoformat()}
    key = f"progress:{request_id}:{step}:{row.round}"
    return queue_message(SENDER, CODE, kind="progress", number=number, key=key, body=body)


def result_out(request_id: int) -> bool:
    """Tell the result of one of their orders: what was done and what the citizen thinks of it."""
    number = _their_number(request_id)
    if number is None:
        return False
    row = Request.objects.get(pk=request_id)
    body = {
        "number": number, "request_number": row.number, "result": row.result, "cause": row.cause,
        "satisfaction": row.satisfaction or "not_rated",
        "finished_at": (row.archived_at or moment.now()).isoformat(),
    }  # fmt: skip
    return queue_message(SENDER, CODE, kind="result", number=number, key=f"result:{request_id}:{row.round}", body=body)


def return_out(request_id: int, note_id: int | None) -> bool:
    """Hand one of their orders back: our request was cancelled, with the reason written there."""
    number = _their_number(request_id)
    if number is None:
        return False
    note = RequestNote.objects.filter(pk=note_id, request_id=request_id).first() if note_id else None
    row = Request.objects.get(pk=request_id)
    reason = note.text if note is not None else _("不属于本单位受理范围")
    body = {"number": number, "request_number": row.number, "reason": reason, "at": moment.now().isoformat()}
    return queue_message(SENDER, CODE, kind="return", number=number, key=f"return:{request_id}", body=body)


def _shown(at: dt.datetime) -> str:
    from denghuo.core.inputs import shown

    return shown(at)
