"""What a customer of the web chat does beside talking: come in, leave a message, ask to be called, send a file, rate."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from denghuo.apps.channels.queries import channel_open
from denghuo.apps.contacts import queues, robots
from denghuo.apps.contacts.access import opens
from denghuo.apps.contacts.actions.opening import Arrival, open_contact
from denghuo.apps.contacts.actions.talking import may_speak, post_message
from denghuo.apps.contacts.actions.writing import Content, tell_customer, write_message
from denghuo.apps.contacts.choices import Audience, Channel, ChatTopic, ContactState, Handling, MessageKind, Sender
from denghuo.apps.contacts.common import FINAL_STATES, locked, public_topics_of, require_state
from denghuo.apps.contacts.legs import end_answer_clock
from denghuo.apps.contacts.models import Contact, Message, Rating
from denghuo.apps.contacts.plans import estimate
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.files.actions import Upload, store
from denghuo.core.files.models import FileKind, StoredFile
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

KINDS = {FileKind.IMAGE: MessageKind.IMAGE, FileKind.AUDIO: MessageKind.VOICE}
RATED = (ContactState.WRAP_UP, ContactState.CLOSED)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a customer says of themselves and their matter when they come in. Only ``client_id`` is needed for a live
    chat; a call-back needs ``phone``, a message left needs ``phone`` and ``text``. ``account_id`` was proven before.
    ``begin`` "robot": the robot serves first where one does, else it waits in its queue as ever."""

    client_id: uuid.UUID
    topic: str = ""
    handling: str = Handling.LIVE
    name: str = ""
    phone: str = ""
    text: str = ""
    text_id: uuid.UUID | None = None
    language: str = "zh"
    account_id: int | None = None
    customer_id: int | None = None
    begin: str = ""


@action("contact.visit")
def open_chat(actor: Actor, org: OrgUnit, visit: Visit) -> Contact:
    """Begin a web chat, register a call-back, or leave a message; ``text`` becomes the first message.

    The same ``client_id`` again gives the conversation it made. Raises NotAllowed, TooManyRequests, InvalidInput
    (topic, handling, name, phone, text), Conflict ``chat_closed`` when nobody serves the chat now: leave a message.
    """
    known = Contact.objects.select_related("org").filter(client_id=visit.client_id).first()
    with_robot = (
        visit.begin == "robot" and visit.handling == Handling.LIVE and robots.serves(Channel.WEB_CHAT, org)
    )  # fmt: skip
    if known is None:
        _check_visit(org, visit, with_robot=with_robot)
    label = ChatTopic(visit.topic).label if visit.topic else _("在线咨询")
    contact = known or open_contact(
        actor,
        channel=Channel.WEB_CHAT,
        org=org,
        caller_phone=visit.phone,
        customer_id=visit.customer_id,
        subject=str(label),
        client_id=visit.client_id,
        arrival=Arrival(
            topic=visit.topic,
            language="en" if visit.language.startswith("en") else "zh",
            visitor_name=visit.name,
            account_id=visit.account_id,
            handling=visit.handling,
            callback_phone=visit.phone if visit.handling == Handling.CALLBACK else "",
            with_robot=with_robot,
        ),
    )
    if known is None and contact.state == ContactState.BOT:
        robots.greet(contact, asked=bool(visit.text.strip()))
    if visit.text.strip() and visit.text_id is not None:
        post_message(
            actor, contact.pk, client_id=visit.text_id, text=visit.text, sender=Sender.CUSTOMER,
            access=str(visit.client_id),
        )  # fmt: skip
    if known is None and contact.handling != Handling.LIVE:
        tell_customer(actor, contact, contact.handling)
    return contact


def _check_visit(org: OrgUnit, visit: Visit, *, with_robot: bool) -> None:
    form = Form()
    form.choice("topic", visit.topic, ChatTopic.values, required=False)
    form.choice("handling", visit.handling, Handling.values)
    form.text("name", visit.name, longest=60, lines=False)
    form.phone("phone", visit.phone, required=visit.handling != Handling.LIVE)
    longest = policies.get("contact.message_length", org)
    form.text("text", visit.text, longest=longest, required=visit.handling == Handling.MESSAGE)
    form.finish()
    if with_robot:
        is_open, told = channel_open(Channel.WEB_CHAT, org)
        if not is_open:
            raise Conflict(told or _("在线客服暂停服务，请留言，我们会尽快回复"), code="chat_closed")
    elif visit.handling != Handling.MESSAGE:
        told = closed_because(org, visit.topic, live=visit.handling == Handling.LIVE)
        if told is not None:
            raise Conflict(told or _("在线客服现在无人值守，请留言，我们会尽快回复"), code="chat_closed")


def closed_because(org: OrgUnit, topic: str, *, live: bool = True) -> str | None:
    """Why the chat takes nobody of ``org`` now, in the reader's language (may be ""); None while it does.

    ``live``: the queue's hours and its limit count too; a call-back may be asked for outside them.
    """
    opened, announcement = channel_open(Channel.WEB_CHAT, org)
    if not opened:
        return announcement
    queue = queues.choose(Channel.WEB_CHAT, org, topic)
    if not live or queue is None:
        return None
    told = estimate(queue, moment.now())
    return told.closed_text or told.text if told.message_only else None


@action("contact.ask_callback")
def ask_callback(actor: Actor, contact_id: int, *, phone: str, access: str | None = None) -> Contact:
    """Call me back instead of letting me wait: the place in the queue stays. Asking again changes the number.

    Raises NotAllowed, NotFound, InvalidInput (phone), Conflict (no longer waiting, TooManyRequests).
    """
    contact = _own(actor, contact_id, access)
    require_state(contact, _("改为回呼"), ContactState.WAITING)
    form = Form()
    clean = form.phone("phone", phone)
    form.finish()
    before = contact.handling
    contact.callback_phone = clean
    _turn(actor, contact, Handling.CALLBACK, ["callback_phone"])
    if before != Handling.CALLBACK:
        record(
            actor, "contact.callback_asked", contact, org=contact.org, topics=public_topics_of(contact),
            payload={"not_before": None},
        )  # fmt: skip
        tell_customer(actor, contact, "callback")
    return contact


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """A message left instead of waiting: what to say, and where the answer goes."""

    client_id: uuid.UUID
    text: str
    phone: str
    name: str = ""


@action("contact.leave_message")
def leave_message(actor: Actor, contact_id: int, left: LeftMessage, *, access: str | None = None) -> Contact:
    """Leave a message instead of waiting on; the place in the queue stays.

    Raises NotAllowed, NotFound, InvalidInput (text, phone, name), Conflict (no longer waiting).
    """
    contact = _own(actor, contact_id, access)
    require_state(contact, _("改为留言"), ContactState.WAITING)
    form = Form()
    text = form.text("text", left.text, longest=policies.get("contact.message_length", contact.org), required=True)
    contact.caller_phone = form.phone("phone", left.phone)
    contact.visitor_name = form.text("name", left.name or contact.visitor_name, longest=60, lines=False)
    form.finish()
    before = contact.handling
    write_message(actor, contact, client_id=left.client_id, sender=Sender.CUSTOMER, text=text)
    _turn(actor, contact, Handling.MESSAGE, ["caller_phone", "caller_phone_bidx", "visitor_name"])
    if before != Handling.MESSAGE:
        tell_customer(actor, contact, "message")
    return contact


def _turn(actor: Actor, contact: Contact, handling: str, fields: list[str]) -> None:
    """Wait in another way. The answering clock is for those who wait at the screen."""
    before, contact.handling = contact.handling, handling
    contact.save(update_fields=["handling", *fields])
    if before == handling:
        return
    if before == Handling.LIVE:
        end_answer_clock(actor, contact, max(moment.now(), contact.opened_at), answered=False)
    record(
        actor, "contact.queued", contact, org=contact.org, topics=public_topics_of(contact),
        payload={"queue_id": contact.queue_id, "reason": "handling", "handling": str(handling)},
    )  # fmt: skip


@action("contact.add_file")
def add_file(
    actor: Actor,
    contact_id: int,
    *,
    file: Upload,
    client_id: uuid.UUID,
    sender: str = Sender.CUSTOMER,
    access: str | None = None,
) -> Message:
    """Send a picture or document; images are encoded anew and lose where and with what they were taken.

    ``client_id`` is the message's and the file's: sending again gives the same message. Raises NotAllowed, NotFound,
    TooManyRequests, Conflict (ended), InvalidInput (``file``: too large, of a kind not in policy ``chat.file_kinds``,
    not what its name claims, damaged, too many).
    """
    if actor.kind == "customer" and actor.ip:
        buckets.take("contact.file", actor.ip, allowed=policies.get("chat.files_per_minute"), seconds=60)
    contact = Contact.objects.select_related("org").filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(_("没有这条联络"))
    may_speak(actor, contact, sender, Audience.EVERYONE, access)
    kept = StoredFile.objects.filter(client_id=client_id).exists()
    if not kept:
        _require_room(actor, contact)
    # The picture is encoded before the conversation is locked: nobody waits for it.
    row = store(
        actor, file, client_id=client_id, subject=contact, org=contact.org,
        allowed=frozenset(policies.get("chat.file_kinds", contact.org)),
    )  # fmt: skip
    content = Content(kind=KINDS.get(FileKind(row.kind), MessageKind.FILE), file=row)
    return post_message(actor, contact_id, client_id=client_id, text="", sender=sender, access=access, content=content)


def _require_room(actor: Actor, contact: Contact) -> None:
    if contact.state in FINAL_STATES:
        raise Conflict(_("服务已结束，不能再发送文件；如还有问题请重新发起咨询"))
    if actor.kind != "customer":
        return
    most = policies.get("chat.files_per_contact", contact.org)
    sent = StoredFile.objects.filter(subject_kind="contact", subject_id=contact.pk, uploaded_by_kind="customer").count()
    if sent >= most:
        raise InvalidInput({"file": _("一次对话最多发送 %(most)s 个文件，请与坐席商量其他办法") % {"most": most}})


@dataclass(frozen=True, slots=True)
class Score:
    """What the customer thought: ``score`` 1 to 5; ``resolved`` None: they did not say."""

    score: int
    resolved: bool | None = None
    comment: str = ""


@action("contact.rate")
def rate_contact(actor: Actor, contact_id: int, given: Score, *, access: str | None = None) -> Rating:
    """Rate a conversation that an agent has served; it may be changed for ``chat.rating_edit_minutes``.

    The event tells of the first rating and of each change of its score. Raises NotAllowed, NotFound, InvalidInput
    (score, comment), Conflict (not yet ended, too late).
    """
    contact = _own(actor, contact_id, access)
    require_state(contact, _("评价"), *RATED)
    now = moment.now()
    ended = contact.ended_at or contact.closed_at
    assert ended is not None
    if now > ended + dt.timedelta(hours=policies.get("chat.rating_hours", contact.org)):
        raise Conflict(_("已过评价时间，感谢您的关注"))
    form = Form()
    if not 1 <= given.score <= 5:
        form.wrong("score", _("请选择 1 到 5 分"))
    comment = form.text("comment", given.comment, longest=500)
    form.finish()
    known = Rating.objects.filter(contact=contact).first()
    if known is not None:
        if now > known.at + dt.timedelta(minutes=policies.get("chat.rating_edit_minutes", contact.org)):
            raise Conflict(_("评价已提交，不能再修改"))
        same = (known.score, known.resolved) == (given.score, given.resolved)
        known.score, known.resolved, known.comment = given.score, given.resolved, comment
        known.save(update_fields=["score", "resolved", "comment"])
        if same:
            return known
    rating = known or Rating.objects.create(
        contact=contact, score=given.score, resolved=given.resolved, comment=comment, at=now
    )
    record(
        actor, "contact.rated", contact, org=contact.org, topics=public_topics_of(contact),
        payload={
            "score": given.score, "resolved": given.resolved, "queue_id": contact.queue_id,
            "channel": str(contact.channel), "agent_id": contact.agent_id,
        },
    )  # fmt: skip
    return rating


def _own(actor: Actor, contact_id: int, access: str | None) -> Contact:
    """The customer's own conversation, locked. To a stranger it does not exist."""
    if actor.kind == "customer" and actor.ip:
        buckets.take("contact.change", actor.ip, allowed=policies.get("chat.changes_per_minute"), seconds=60)
    contact = locked(contact_id)
    if actor.kind != "customer" or not opens(access, contact):
        raise NotAllowed(_("无法确认您是发起人，请从原页面操作"))
    return contact
