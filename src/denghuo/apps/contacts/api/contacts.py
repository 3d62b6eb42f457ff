"""REST endpoints of the contacts app: thin, typed, documented."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.contacts import actions, queries, visits
from denghuo.apps.contacts.access import contact_token, opens
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.talk import lines_of, to_customer, to_staff
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write
from denghuo.core.privacy import masked
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["contacts"], auth=StaffAuth())
ANYONE: list[Any] = [StaffAuth(), PublicAuth()]


class ContactIn(Schema, extra="forbid"):
    """A conversation that begins. The public may open ``web_form``, ``web_chat`` and ``wechat``."""

    channel: str = Field(max_length=32, examples=["web_chat"])
    org_id: int = Field(ge=1, le=BIGGEST_KEY, description="所属县区供电公司")
    caller_phone: str = Field("", max_length=64, examples=["13900000000"])
    customer_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    subject: str = Field("", max_length=2000)
    client_id: uuid.UUID | None = Field(
        None, description="发起方生成的 UUID；重复发送只生效一次，也是此后证明本人的凭据"
    )
    at: AwareDatetime | None = None


class MessageIn(Schema, extra="forbid"):
    client_id: uuid.UUID
    text: str = Field(max_length=20000)
    sender: str = Field("customer", max_length=32, description="customer、agent 或 system")
    access: str | None = Field(
        None, max_length=400, description="客户侧凭据：发起时返回的 access，或发起时的 client_id"
    )


class CloseIn(Schema, extra="forbid"):
    outcome: str = Field(max_length=32, examples=["request_made"])
    request_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    at: AwareDatetime | None = None


class AbandonIn(Schema, extra="forbid"):
    """Who gives up shows that it is theirs by ``access`` or by the ``client_id`` it was opened with."""

    access: str | None = Field(None, max_length=400)
    client_id: uuid.UUID | None = None
    at: AwareDatetime | None = None


class ContactOut(Schema):
    """A conversation; phone and customer are null for the public, the phone is masked without ``privacy.view_phone``."""

    id: int
    client_id: uuid.UUID | None
    channel: str
    state: str
    org_id: int
    org_name: str
    caller_phone: str | None
    customer_id: int | None
    subject: str
    agent_id: int | None
    opened_at: dt.datetime
    taken_at: dt.datetime | None
    closed_at: dt.datetime | None
    outcome: str
    request_id: int | None
    access: str | None = None


class MessageOut(Schema):
    """A message; ``previous_id`` is the one before it as the reader sees them, so that a gap is noticed (null: not
    told). ``audience`` and ``staff_id`` are null for the customer, to whom ``name`` is what policy lets them know."""

    id: int
    client_id: uuid.UUID
    sender: str
    text: str
    at: dt.datetime
    kind: str = "text"
    previous_id: int | None = None
    audience: str | None = None
    staff_id: int | None = None
    name: str = ""
    data: dict[str, Any] = {}
    file: dict[str, Any] | None = None


class ContactsOut(Schema):
    items: list[ContactOut]


class MessagesOut(Schema):
    items: list[MessageOut]


def contact_out(actor: Actor, row: Contact, access: str | None = None) -> dict[str, Any]:
    """What ``actor`` gets to see of a conversation."""
    staff = actor.kind != "customer"
    body = {
        "id": row.pk,
        "client_id": row.client_id,
        "channel": row.channel,
        "state": row.state,
        "org_id": row.org_id,
        "org_name": row.org.name,
        "caller_phone": masked(row, "caller_phone", actor) if staff else None,
        "customer_id": row.customer_id if staff else None,
        "subject": row.subject,
        "agent_id": row.agent_id if staff else None,
        "opened_at": row.opened_at,
        "taken_at": row.taken_at,
        "closed_at": row.closed_at,
        "outcome": row.outcome,
        "request_id": row.request_id if staff else None,
        "access": access,
    }
    return ContactOut(**body).model_dump(mode="json")


def message_out(row: Message) -> dict[str, Any]:
    """The answer to who sent a message."""
    told = {"id": row.pk, "client_id": row.client_id, "sender": row.sender, "text": row.text, "at": row.at}
    return MessageOut(**told, kind=row.kind).model_dump(mode="json")


@router.post("/contacts", response={201: ContactOut}, auth=ANYONE, summary="发起联络", operation_id="contact_open")
def open_contact(request: HttpRequest, body: ContactIn) -> Any:
    """Put a conversation into the queue. The answer carries ``access``, the customer's key to it."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        org = OrgUnit.objects.filter(pk=body.org_id).first()
        if org is None:
            raise InvalidInput({"org_id": _("没有这个单位，请重新选择")})
        row = actions.open_contact(
            actor, channel=body.channel, org=org, caller_phone=body.caller_phone, customer_id=body.customer_id if actor.kind == "staff" else None,
            subject=body.subject, client_id=body.client_id, at=body.at,
        )  # fmt: skip
        return contact_out(actor, row, contact_token(row))

    return Status(201, write(request, actor, "contact.open", body, run))


@router.get("/contacts", response=ContactsOut, summary="联络列表", operation_id="contacts_list")
def list_contacts(
    request: HttpRequest, state: str = Query("waiting", max_length=16), limit: int = Query(50, ge=1, le=200)
) -> Any:
    """``state``: waiting (in the order they are taken), in_service, mine, or ended (newest first)."""
    actor = actor_of(request)
    lists = {
        "waiting": queries.waiting,
        "in_service": queries.in_service,
        "mine": queries.mine,
        "ended": queries.recent,
    }
    if state not in lists:
        raise InvalidInput({"state": _("请从可选值中选择：%(allowed)s") % {"allowed": _("、").join(lists)}})
    return {"items": [contact_out(actor, row) for row in lists[state](actor)[:limit]]}


@router.post("/contacts/next", response={200: ContactOut, 204: None}, summary="接听下一个", operation_id="contact_next")
def next_contact(request: HttpRequest) -> Any:
    """Take the next waiting conversation of the agent's units; 204 when nobody waits."""
    actor = actor_of(request)

    def run() -> dict[str, Any] | None:
        row = actions.take_contact(actor)
        return contact_out(actor, row) if row else None

    answer = write(request, actor, "contact.next", {}, run)
    return Status(200, answer) if answer else Status(204, None)


@router.get("/contacts/{contact_id}", response=ContactOut, summary="联络详情", operation_id="contact_get")
def get_contact(request: HttpRequest, contact_id: Key) -> Any:
    """404 when it does not exist or is not the caller's to see."""
    actor = actor_of(request)
    return contact_out(actor, queries.detail(actor, contact_id))


@router.post("/contacts/{contact_id}/take", response=ContactOut, summary="接听指定联络", operation_id="contact_take")
def take_contact(request: HttpRequest, contact_id: Key) -> Any:
    """409 when somebody else was faster."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        row = actions.take_contact(actor, contact_id)
        assert row is not None
        return contact_out(actor, row)

    return write(request, actor, f"contact.take:{contact_id}", {}, run)


@router.get(
    "/contacts/{contact_id}/messages",
    response=MessagesOut,
    auth=ANYONE,
    summary="消息列表",
    operation_id="contact_messages",
)
def list_messages(
    request: HttpRequest,
    contact_id: Key,
    after: int = Query(0, ge=0, le=BIGGEST_KEY),
    access: str | None = Query(None, max_length=400),
) -> Any:
    """Messages behind id ``after``, oldest first; the customer shows ``access``."""
    actor = actor_of(request)
    if actor.kind == "customer":
        row = Contact.objects.select_related("org").filter(pk=contact_id).first()
        if row is None or not opens(access, row):
            raise NotFound()
        shown = policies.get("chat.agent_shown", row.org)
        return {"items": [to_customer(line, shown) for line in visits.seen(contact_id, after)]}
    queries.detail(actor, contact_id)
    return {"items": [to_staff(line) for line in lines_of(queries.messages(contact_id, after)[:500], after)]}


@router.post(
    "/contacts/{contact_id}/messages",
    response={201: MessageOut},
    auth=ANYONE,
    summary="发送消息",
    operation_id="contact_message",
)
def post_message(request: HttpRequest, contact_id: Key, body: MessageIn) -> Any:
    """Sending the same ``client_id`` again gives the first message; nothing is doubled."""
    actor = actor_of(request)
    if body.sender == "system":
        raise NotAllowed(_("系统消息由系统自己发送"))

    def run() -> dict[str, Any]:
        row = actions.post_message(
            actor, contact_id, client_id=body.client_id, text=body.text, sender=body.sender, access=body.access
        )
        return message_out(row)

    return Status(201, write(request, actor, f"contact.message:{contact_id}", body, run))


@router.post("/contacts/{contact_id}/close", response=ContactOut, summary="结束联络", operation_id="contact_close")
def close_contact(request: HttpRequest, contact_id: Key, body: CloseIn) -> Any:
    """End a conversation in service with its outcome."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        row = actions.close_contact(actor, contact_id, outcome=body.outcome, request_id=body.request_id, at=body.at)
        return contact_out(actor, row)

    return write(request, actor, f"contact.close:{contact_id}", body, run)


@router.post(
    "/contacts/{contact_id}/abandon",
    response=ContactOut,
    auth=ANYONE,
    summary="放弃排队",
    operation_id="contact_abandon",
)
def abandon_contact(request: HttpRequest, contact_id: Key, body: AbandonIn) -> Any:
    """The customer gives up waiting; 409 when an agent answered first."""
    actor = actor_of(request)
    access = body.access or (str(body.client_id) if body.client_id else None)

    def run() -> dict[str, Any]:
        return contact_out(actor, actions.abandon_contact(actor, contact_id, at=body.at, access=access))

    return write(request, actor, f"contact.abandon:{contact_id}", body, run)
