"""REST endpoints of the agent's desk: what is on it, what is said, who can help, drafts."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest
from ninja import Field, File, Form, Query, Router, Schema, Status, UploadedFile

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.contacts import actions, desk_queries, desk_targets
from denghuo.apps.contacts.talk import line_of, to_staff
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write
from denghuo.core.live import live_token

router = Router(tags=["desk"], auth=StaffAuth())


class DeskOut(Schema):
    """One desk. ``now`` is business time; ``live_token`` opens the stream for ``topics``."""

    now: dt.datetime
    me: dict[str, Any]
    offers: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    waiting: dict[str, Any]
    topics: list[str]
    live_token: str


class WaitingOut(Schema):
    count: int
    items: list[dict[str, Any]]


class DeskMessageOut(Schema):
    """A message as staff see it; ``previous_id`` lets a screen notice that one is missing."""

    id: int
    previous_id: int
    client_id: uuid.UUID
    sender: str
    audience: str
    kind: str
    text: str
    data: dict[str, Any]
    file: dict[str, Any] | None
    at: dt.datetime
    staff_id: int | None
    name: str


class DeskMessagesOut(Schema):
    items: list[DeskMessageOut]
    more: bool


class DeskMessageIn(Schema, extra="forbid"):
    client_id: uuid.UUID
    text: str = Field(max_length=20000)
    audience: str = Field("everyone", max_length=16, description="everyone：客户可见；staff：仅内部")


class ReadIn(Schema, extra="forbid"):
    message_id: int = Field(ge=0, le=BIGGEST_KEY)


class TransferIn(Schema, extra="forbid"):
    to_queue_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    to_agent_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    note: str = Field("", max_length=2000)


class PutBackIn(Schema, extra="forbid"):
    reason: str = Field("", max_length=2000)


class InviteIn(Schema, extra="forbid"):
    staff_id: int = Field(ge=1, le=BIGGEST_KEY)
    role: str = Field("consult", max_length=16, description="consult：仅与同事交流；conference：也与客户对话")
    note: str = Field("", max_length=2000)


class LeavePartyIn(Schema, extra="forbid"):
    staff_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class IdentifyIn(Schema, extra="forbid"):
    customer_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    account_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class WrapUpIn(Schema, extra="forbid"):
    outcome: str = Field(max_length=32)
    disposition_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)
    note: str = Field("", max_length=20000)
    request_id: int | None = Field(None, ge=1, le=BIGGEST_KEY)


class DraftIn(Schema, extra="forbid"):
    key: str = Field(max_length=80, examples=["contact:12:reply"])
    body: str = Field(max_length=20000)


class DraftsOut(Schema):
    drafts: dict[str, str]


class CardOut(Schema):
    id: int
    state: str
    request_id: int | None


class PartyOut(Schema):
    contact_id: int
    staff_id: int
    role: str
    state: str


class TargetsOut(Schema):
    """``wait_seconds`` null: nobody is there who could answer."""

    queues: list[dict[str, Any]]
    agents: list[dict[str, Any]]


class ItemsOut(Schema):
    items: list[dict[str, Any]]


def _need_desk(actor: Actor) -> Actor:
    if not actor.can_somewhere("contact.take"):
        raise NotAllowed()
    return actor


def desk_state(actor: Actor) -> dict[str, Any]:
    """The desk with the right to listen to it."""
    desk = desk_queries.desk_of(actor)
    topics = desk_queries.topics_for(actor, desk)
    return desk | {"topics": topics, "live_token": live_token(topics, actor)}


@router.get("/desk", response=DeskOut, summary="工作台", operation_id="desk_get")
def get_desk(request: HttpRequest) -> Any:
    """My state, what rings, what I serve or joined, who waits, and a live token for all of it."""
    return desk_state(_need_desk(actor_of(request)))


@router.get("/desk/waiting", response=WaitingOut, summary="排队列表", operation_id="desk_waiting")
def get_waiting(request: HttpRequest, q: str = Query("", max_length=60)) -> Any:
    """Who waits in my units, narrowed by subject, unit or queue."""
    return desk_queries.waiting_of(_need_desk(actor_of(request)), q.replace("\x00", "").strip())


@router.get(
    "/desk/contacts/{contact_id}/messages", response=DeskMessagesOut, summary="对话内容", operation_id="desk_messages"
)
def get_messages(
    request: HttpRequest,
    contact_id: Key,
    after: int = Query(0, ge=0, le=BIGGEST_KEY),
    before: int = Query(0, ge=0, le=BIGGEST_KEY),
) -> Any:
    """What was said, whispers included: behind ``after``, or the last ones (before ``before``)."""
    actor = actor_of(request)
    return desk_queries.said(actor, desk_queries.conversation(actor, contact_id), after, before)


@router.post(
    "/desk/contacts/{contact_id}/messages", response={201: DeskMessageOut}, summary="发送", operation_id="desk_say"
)
def say(request: HttpRequest, contact_id: Key, body: DeskMessageIn) -> Any:
    """Speak to the customer, or to the staff alone. The same ``client_id`` again gives the first message."""
    row = actions.post_message(
        actor_of(request), contact_id, client_id=body.client_id, text=body.text, sender="agent", audience=body.audience
    )
    return Status(201, to_staff(line_of(row, 0, 0)))


@router.post(
    "/desk/contacts/{contact_id}/files", response={201: DeskMessageOut}, summary="发送文件", operation_id="desk_file"
)
def send_file(request: HttpRequest, contact_id: Key, client_id: Form[uuid.UUID], file: File[UploadedFile]) -> Any:
    """Send a picture or document to the customer; the same ``client_id`` again gives the first message."""
    row = actions.add_file(actor_of(request), contact_id, file=file, client_id=client_id, sender="agent")
    return Status(201, to_staff(line_of(row, 0, 0)))


@router.post("/desk/contacts/{contact_id}/read", response={204: None}, summary="标为已读", operation_id="desk_read")
def read(request: HttpRequest, contact_id: Key, body: ReadIn) -> Any:
    actions.mark_read(actor_of(request), contact_id, body.message_id)
    return Status(204, None)


def _act(request: HttpRequest, name: str, contact_id: int, body: Any, act: Any) -> dict[str, Any]:
    """Run an action on a conversation under the Idempotency-Key and give its new state."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        row = act(actor)
        return {"id": row.pk, "state": str(row.state), "request_id": row.request_id}

    answer: dict[str, Any] = write(request, actor, f"{name}:{contact_id}", body, run)
    return answer


@router.post("/desk/contacts/{contact_id}/wrap-up", response=CardOut, summary="小结并关闭", operation_id="desk_wrap_up")
def wrap_up(request: HttpRequest, contact_id: Key, body: WrapUpIn) -> Any:
    """Close with outcome, disposition and note; what was typed in reply and not sent is forgotten with it."""
    written = actions.WrapUp(disposition_id=body.disposition_id, note=body.note)

    def act(actor: Actor) -> Any:
        row = actions.close_contact(
            actor, contact_id, outcome=body.outcome, request_id=body.request_id, wrap_up=written
        )
        for part in ("reply", "whisper", "wrap"):
            actions.drop_draft(actor, f"contact:{contact_id}:{part}")
        return row

    return _act(request, "desk.wrap_up", contact_id, body, act)


@router.post("/desk/contacts/{contact_id}/transfer", response=CardOut, summary="转接", operation_id="desk_transfer")
def transfer(request: HttpRequest, contact_id: Key, body: TransferIn) -> Any:
    """To a queue or to one colleague."""
    return _act(
        request, "desk.transfer", contact_id, body,
        lambda actor: actions.transfer_contact(
            actor, contact_id, to_queue_id=body.to_queue_id, to_agent_id=body.to_agent_id, note=body.note
        ),
    )  # fmt: skip


@router.post("/desk/contacts/{contact_id}/put-back", response=CardOut, summary="放回队列", operation_id="desk_put_back")
def put_back(request: HttpRequest, contact_id: Key, body: PutBackIn) -> Any:
    """Back to the head of its queue, with the reason for the next agent."""
    return _act(
        request, "desk.put_back", contact_id, body,
        lambda actor: actions.put_back(actor, contact_id, reason=body.reason),
    )  # fmt: skip


@router.post("/desk/contacts/{contact_id}/identify", response=CardOut, summary="识别客户", operation_id="desk_identify")
def identify(request: HttpRequest, contact_id: Key, body: IdentifyIn) -> Any:
    """Say who the customer is; nothing given: unknown again."""
    return _act(
        request, "desk.identify", contact_id, body,
        lambda actor: actions.identify_contact(
            actor, contact_id, customer_id=body.customer_id, account_id=body.account_id
        ),
    )  # fmt: skip


def _party(row: Any) -> dict[str, Any]:
    return {
        "contact_id": row.contact_id, "staff_id": row.staff_id, "role": str(row.role), "state": str(row.state),
    }  # fmt: skip


@router.post("/desk/contacts/{contact_id}/invite", response=PartyOut, summary="邀请同事", operation_id="desk_invite")
def invite(request: HttpRequest, contact_id: Key, body: InviteIn) -> Any:
    """Ask a colleague for advice, or into the talk."""
    actor = actor_of(request)
    return _party(actions.invite(actor, contact_id, body.staff_id, role=body.role, note=body.note))


@router.post("/desk/contacts/{contact_id}/join", response=PartyOut, summary="加入", operation_id="desk_join")
def join(request: HttpRequest, contact_id: Key) -> Any:
    """Come in where one was asked."""
    return _party(actions.join_party(actor_of(request), contact_id))


@router.post("/desk/contacts/{contact_id}/refuse", response=PartyOut, summary="谢绝邀请", operation_id="desk_refuse")
def refuse(request: HttpRequest, contact_id: Key, body: PutBackIn) -> Any:
    return _party(actions.decline_party(actor_of(request), contact_id, note=body.reason))


@router.post("/desk/contacts/{contact_id}/leave", response=PartyOut, summary="离开对话", operation_id="desk_leave")
def leave(request: HttpRequest, contact_id: Key, body: LeavePartyIn) -> Any:
    """Go out, or send out whom one asked in."""
    return _party(actions.leave_party(actor_of(request), contact_id, staff_id=body.staff_id))


@router.post("/desk/contacts/{contact_id}/monitor", response=PartyOut, summary="监听", operation_id="desk_monitor")
def monitor(request: HttpRequest, contact_id: Key) -> Any:
    """Listen, unseen; recorded."""
    return _party(actions.monitor(actor_of(request), contact_id))


@router.post("/desk/contacts/{contact_id}/barge", response=PartyOut, summary="强插", operation_id="desk_barge")
def barge(request: HttpRequest, contact_id: Key) -> Any:
    """Step in and speak to the customer."""
    return _party(actions.barge(actor_of(request), contact_id))


@router.get("/desk/contacts/{contact_id}/targets", response=TargetsOut, summary="转接对象", operation_id="desk_targets")
def get_targets(request: HttpRequest, contact_id: Key) -> Any:
    """Queues with who waits and the expected wait, colleagues who are ready with their skills."""
    return desk_targets.targets(desk_queries.conversation(actor_of(request), contact_id))


@router.get("/desk/contacts/{contact_id}/quotes", response=ItemsOut, summary="可引用的资料", operation_id="desk_quotes")
def get_quotes(request: HttpRequest, contact_id: Key) -> Any:
    """Facts of the customer's account as sentences."""
    actor = actor_of(request)
    return {"items": desk_targets.quotes(actor, desk_queries.conversation(actor, contact_id))}


@router.get("/desk/people", response=ItemsOut, summary="查找客户", operation_id="desk_people")
def get_people(request: HttpRequest, q: str = Query(max_length=40)) -> Any:
    """Accounts with exactly this phone or account number."""
    return {"items": desk_targets.people(actor_of(request), q)}


@router.get("/desk/drafts", response=DraftsOut, summary="我的草稿", operation_id="desk_drafts")
def get_drafts(request: HttpRequest) -> Any:
    return {"drafts": actions.drafts_of(actor_of(request))}


@router.put("/desk/drafts", response={204: None}, summary="保存草稿", operation_id="desk_draft_save")
def put_draft(request: HttpRequest, body: DraftIn) -> Any:
    """Keep what is typed; an empty body forgets it."""
    actions.save_draft(actor_of(request), body.key, body.body)
    return Status(204, None)
