"""Customers' web chat: used by the page and the widget, and by any app of a customer.

``POST /chat/contacts`` gives ``access``, the customer's key to the one conversation; every other call carries it as
``Authorization: Bearer <access>``. No call needs a cookie, so the widget works inside other sites.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from ninja.security.http import HttpAuthBase

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.contacts import actions, as_typed, queries, visits
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.choices import Audience
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.talk import file_of, line_of, to_customer
from denghuo.apps.customers.access import account_id_of
from denghuo.apps.customers.queries import account_by_id
from denghuo.core import events, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.files.models import StoredFile
from denghuo.core.files.serving import serve
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, client_ip
from denghuo.core.http.limits import buckets
from denghuo.core.live import live_token
from denghuo.web.context import live_url


class ChatAuth(HttpAuthBase):
    """The customer's key to a conversation, as a bearer token. What it opens is checked by each call."""

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Actor:
        scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
        access = raw.strip() if scheme.lower() == "bearer" else ""
        actor = Actor(kind="customer", id=None, name="customer", ip=client_ip(request))
        request.actor = actor  # type: ignore[attr-defined]
        request.chat_access = access  # type: ignore[attr-defined]
        return actor


router = Router(tags=["chat"], auth=ChatAuth())
Topic = Literal["", "fault", "billing", "connection", "complaint", "other"]
Handling = Literal["live", "callback", "message"]


class ChatIn(Schema, extra="forbid"):
    """A visitor comes in. Nobody has to say who they are; a call-back needs ``phone``, a message left also ``text``."""

    client_id: uuid.UUID = Field(description="发起方生成的 UUID；重复发送只生效一次")
    topic: Topic = ""
    handling: Handling = Field("live", description="live 在线等待，callback 排队回呼，message 留言")
    org_id: int | None = Field(None, ge=1, le=BIGGEST_KEY, description="所在区县供电公司；不清楚可不填")
    unit: str = Field("", max_length=32, description="单位代码，嵌入窗口用 data-org 给出")
    name: str = Field("", max_length=200)
    phone: str = Field("", max_length=64)
    account_ref: str = Field("", max_length=200, description="查到的用电户的短期引用")
    text: str = Field("", max_length=20000)
    text_id: uuid.UUID | None = Field(None, description="第一条消息的 UUID，有 text 时必填")
    begin: Literal["queue", "robot"] = Field("queue", description="robot 由智能客服先接待（未开放时照常排队）")


class SayIn(Schema, extra="forbid"):
    client_id: uuid.UUID
    text: str = Field(max_length=20000)


class TypedIn(Schema, extra="forbid"):
    """What stands in the box now; empty: nothing any more."""

    text: str = Field("", max_length=20000)


class CallBackIn(Schema, extra="forbid"):
    phone: str = Field(max_length=64, examples=["13900000000"])


class LeaveIn(Schema, extra="forbid"):
    client_id: uuid.UUID
    text: str = Field(max_length=20000)
    phone: str = Field(max_length=64, examples=["13900000000"])
    name: str = Field("", max_length=200)


class RatingIn(Schema, extra="forbid"):
    score: int = Field(ge=1, le=5)
    resolved: bool | None = None
    comment: str = Field("", max_length=5000)


class DoorOut(Schema):
    """Whether somebody answers now; ``told`` in words, seconds and place for the next who comes."""

    open: bool
    told: str
    wait_seconds: int | None
    position: int | None
    offer_callback: bool
    offer_message: bool
    topics: list[dict[str, str]]
    refresh_seconds: float
    robot: bool


class RatedOut(Schema):
    score: int
    resolved: bool | None
    comment: str


class StreamOut(Schema):
    """The live stream: ``GET url?token=…&after=place``. Read the messages after asking for this, then nothing is missed."""

    url: str
    token: str
    place: str


class ChatOut(Schema):
    """One conversation as its customer sees it."""

    id: int
    state: Literal["robot", "waiting", "in_service", "ended", "abandoned"]
    ringing: bool
    handling: Handling
    topic: str
    language: str
    unit: str
    opened_at: dt.datetime
    position: int | None
    wait_seconds: int | None
    told: str
    agent: str
    as_typed: bool
    offer_callback: bool
    offer_message: bool
    may_rate: bool
    rating: RatedOut | None
    transcript: dict[str, str]
    refresh_seconds: float
    access: str | None = None
    stream: StreamOut | None = None


class FileOut(Schema):
    url: str
    name: str
    kind: str
    size: int
    width: int | None
    height: int | None


class SaidOut(Schema):
    """A message; ``previous_id`` is the one before it (0: none), so that a gap is noticed."""

    id: int
    previous_id: int | None
    client_id: uuid.UUID
    sender: Literal["customer", "agent", "system", "bot"]
    kind: str
    text: str
    data: dict[str, Any]
    file: FileOut | None
    at: dt.datetime
    name: str


class SaidListOut(Schema):
    items: list[SaidOut]
    more: bool


def chat_out(request: HttpRequest, contact: Contact, *, key: bool = False, stream: bool = False) -> dict[str, Any]:
    """The conversation for its customer; ``key`` with the access token, ``stream`` with a place on the live stream."""
    body = visits.state_of(contact)
    body["refresh_seconds"] = policies.get("chat.refresh_seconds", contact.org)
    if key:
        body["access"] = contact_token(contact)
    if stream:
        body["stream"] = {
            "url": live_url(request),
            "token": live_token([f"customer-contact:{contact.pk}"], Actor.customer()),
            "place": str(events.head()),
        }
    return body


def _said(row: Message, shown: str) -> dict[str, Any]:
    """The answer to who sent it; what stood before is told by the stream."""
    return to_customer(line_of(row, 0, 0), shown) | {"previous_id": None}


def _own(request: HttpRequest, contact_id: int) -> str:
    """The key of this very conversation, or NotFound."""
    access: str = request.chat_access  # type: ignore[attr-defined]
    visits.require_own(access, contact_id)
    return access


def _look(request: HttpRequest) -> None:
    buckets.take("chat.read", actor_of(request).ip or "-", allowed=policies.get("chat.reads_per_minute"), seconds=60)


@router.get("/chat", response=DoorOut, auth=PublicAuth(), summary="在线客服是否开放", operation_id="chat_door")
def chat_door(
    request: HttpRequest,
    topic: Topic = "",
    org_id: int | None = Query(None, ge=1, le=BIGGEST_KEY),
    unit: str = Query("", max_length=32),
) -> Any:
    """Whether somebody answers now, the expected wait, and what one may come for."""
    _look(request)
    org = visits.home_of(org_id, unit)
    found = visits.door(org, topic)
    return {
        "open": found.open, "told": found.told, "wait_seconds": found.wait_seconds, "position": found.position,
        "offer_callback": found.offer_callback, "offer_message": found.offer_message, "topics": visits.topics(),
        "refresh_seconds": policies.get("chat.refresh_seconds", org), "robot": found.robot,
    }  # fmt: skip


@router.post(
    "/chat/contacts", response={201: ChatOut}, auth=PublicAuth(), summary="发起在线咨询", operation_id="chat_open"
)
def chat_open(request: HttpRequest, body: ChatIn) -> Any:
    """Begin a chat, ask for a call-back or leave a message. 409 ``chat_closed``: nobody serves now, leave a message."""
    actor = actor_of(request)
    account_id = account_id_of(body.account_ref)
    account = account_by_id(account_id) if account_id is not None else None
    org = account.org if account is not None and body.org_id is None else visits.home_of(body.org_id, body.unit)
    visit = actions.Visit(
        client_id=body.client_id,
        topic=body.topic,
        handling=body.handling,
        name=body.name,
        phone=body.phone,
        text=body.text,
        text_id=body.text_id or body.client_id,
        language=get_language() or "zh",
        account_id=account.pk if account else None,
        customer_id=account.customer_id if account else None,
        begin=body.begin,
    )
    row = actions.open_chat(actor, org, visit)
    return Status(201, chat_out(request, visits.own_contact(contact_token(row), row.pk), key=True, stream=True))


@router.get("/chat/contacts/{contact_id}", response=ChatOut, summary="对话状态与排队位置", operation_id="chat_state")
def chat_state(request: HttpRequest, contact_id: Key, stream: bool = False) -> Any:
    """Where one stands, what may be done, and with ``stream`` a place on the live stream."""
    _look(request)
    row = visits.own_contact(request.chat_access, contact_id)  # type: ignore[attr-defined]
    return chat_out(request, row, stream=stream)


@router.get(
    "/chat/contacts/{contact_id}/messages", response=SaidListOut, summary="对话消息", operation_id="chat_messages"
)
def chat_messages(request: HttpRequest, contact_id: Key, after: int = Query(0, ge=0, le=BIGGEST_KEY)) -> Any:
    """Messages behind id ``after``, oldest first, at most 500; ``more``: ask again."""
    _look(request)
    row = visits.own_contact(request.chat_access, contact_id)  # type: ignore[attr-defined]
    shown = policies.get("chat.agent_shown", row.org)
    lines = visits.seen(contact_id, after)
    return {"items": [to_customer(line, shown) for line in lines], "more": len(lines) == visits.PAGE}


@router.post(
    "/chat/contacts/{contact_id}/messages", response={201: SaidOut}, summary="客户发送消息", operation_id="chat_say"
)
def chat_say(request: HttpRequest, contact_id: Key, body: SayIn) -> Any:
    """Sending the same ``client_id`` again gives the first message; nothing is doubled."""
    access = _own(request, contact_id)
    row = actions.post_message(
        actor_of(request), contact_id, client_id=body.client_id, text=body.text, sender="customer", access=access
    )
    return Status(201, _said(row, "none"))


@router.post(
    "/chat/contacts/{contact_id}/typed", response={204: None}, summary="客户正在输入的内容", operation_id="chat_typed"
)
def chat_typed(request: HttpRequest, contact_id: Key, body: TypedIn) -> Any:
    """At most once a second while ``as_typed`` is told: the agent may prepare an answer. Kept nowhere, numbers hidden."""
    _own(request, contact_id)
    as_typed.tell_agent(contact_id, body.text)
    return Status(204, None)


@router.post(
    "/chat/contacts/{contact_id}/files", response={201: SaidOut}, summary="客户发送文件", operation_id="chat_file"
)
def chat_file(
    request: HttpRequest,
    contact_id: Key,
    file: Annotated[UploadedFile, File()],
    client_id: Annotated[uuid.UUID, Form()],
) -> Any:
    """A picture or a PDF of at most the policy's size. Sending the same ``client_id`` again doubles nothing."""
    access = _own(request, contact_id)
    row = actions.add_file(actor_of(request), contact_id, file=file, client_id=client_id, access=access)
    return Status(201, _said(row, "none"))


@router.post("/chat/contacts/{contact_id}/callback", response=ChatOut, summary="改为回呼", operation_id="chat_callback")
def chat_callback(request: HttpRequest, contact_id: Key, body: CallBackIn) -> Any:
    """Be called back instead of waiting at the screen; the place in the queue stays."""
    access = _own(request, contact_id)
    actions.ask_callback(actor_of(request), contact_id, phone=body.phone, access=access)
    return chat_out(request, visits.own_contact(access, contact_id))


@router.post("/chat/contacts/{contact_id}/leave", response=ChatOut, summary="改为留言", operation_id="chat_leave")
def chat_leave(request: HttpRequest, contact_id: Key, body: LeaveIn) -> Any:
    """Leave a message instead of waiting on; the place in the queue stays."""
    access = _own(request, contact_id)
    left = actions.LeftMessage(client_id=body.client_id, text=body.text, phone=body.phone, name=body.name)
    actions.leave_message(actor_of(request), contact_id, left, access=access)
    return chat_out(request, visits.own_contact(access, contact_id))


@router.post("/chat/contacts/{contact_id}/end", response=ChatOut, summary="结束或放弃排队", operation_id="chat_end")
def chat_end(request: HttpRequest, contact_id: Key) -> Any:
    """End the talk, or give up waiting. Ending what has ended changes nothing."""
    access = _own(request, contact_id)
    row = visits.own_contact(access, contact_id)
    standing = visits.STANDING[row.state]  # type: ignore[index]
    if standing == visits.ROBOT:
        actions.leave_robot(actor_of(request), contact_id, access=access)
    elif standing == visits.WAITING:
        actions.abandon_contact(actor_of(request), contact_id, access=access)
    elif standing == visits.SERVED:
        actions.end_contact(actor_of(request), contact_id, access=access)
    return chat_out(request, visits.own_contact(access, contact_id))


@router.post("/chat/contacts/{contact_id}/rating", response=ChatOut, summary="评价", operation_id="chat_rate")
def chat_rate(request: HttpRequest, contact_id: Key, body: RatingIn) -> Any:
    """Rate a conversation that has ended; it may be changed for a while."""
    access = _own(request, contact_id)
    given = actions.Score(score=body.score, resolved=body.resolved, comment=body.comment)
    actions.rate_contact(actor_of(request), contact_id, given, access=access)
    return chat_out(request, visits.own_contact(access, contact_id))


@router.get(
    "/chat/files/{token}",
    auth=PublicAuth(),
    summary="客户查看文件",
    operation_id="chat_file_get",
    url_name="chat_file_get",
)
def chat_file_get(request: HttpRequest, token: str, thumbnail: bool = False) -> HttpResponseBase:
    """A file of a conversation by its signed address, good for a day; 404 for anything else."""
    _look(request)
    found = file_of(token)
    if found is None:
        raise NotFound()
    contact_id, file_id = found
    # Read anew: what has become internal since is no longer the customer's to see.
    row = Message.objects.filter(contact_id=contact_id, file_id=file_id, audience=Audience.EVERYONE)
    message = row.select_related("file").first()
    if message is None or message.file is None:
        raise NotFound()
    return serve(request, message.file, permitted=lambda _file: True, as_thumbnail=thumbnail)


@router.get(
    "/contacts/{contact_id}/files/{file_id}",
    auth=StaffAuth(),
    tags=["contacts"],
    summary="坐席查看文件",
    operation_id="contact_file",
    url_name="contact_file",
)
def contact_file(request: HttpRequest, contact_id: Key, file_id: Key, thumbnail: bool = False) -> HttpResponseBase:
    """A file of a conversation the caller may see; 404 otherwise."""
    queries.detail(actor_of(request), contact_id)
    file = StoredFile.objects.filter(pk=file_id, subject_kind="contact", subject_id=contact_id).first()
    if file is None:
        raise NotFound()
    return serve(request, file, permitted=lambda _file: True, as_thumbnail=thumbnail)
