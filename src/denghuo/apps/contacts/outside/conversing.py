"""From something that came in to a message in a conversation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from denghuo.apps.channels.queries import channel_open
from denghuo.apps.contacts import queues, robots
from denghuo.apps.contacts.actions.opening import Arrival, open_contact
from denghuo.apps.contacts.actions.outside import open_contact_of, tell_staff
from denghuo.apps.contacts.actions.robot import begin_with_robot
from denghuo.apps.contacts.actions.talking import Content, post_message
from denghuo.apps.contacts.choices import Channel, ContactState, Handling, MessageKind, Sender
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, Contact, Message
from denghuo.apps.contacts.outside.words import message_text, portions, presentable
from denghuo.apps.contacts.plans.estimates import estimate
from denghuo.apps.contacts.ports.port import Attachment, Inbound
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.files.actions import store
from denghuo.core.files.models import FileKind

KINDS = {
    "text": MessageKind.TEXT,
    "link": MessageKind.TEXT,
    "image": MessageKind.IMAGE,
    "voice": MessageKind.VOICE,
    "video": MessageKind.FILE,
    "location": MessageKind.LOCATION,
    "file": MessageKind.FILE,
}
OF_FILE = {FileKind.IMAGE: MessageKind.IMAGE, FileKind.AUDIO: MessageKind.VOICE, FileKind.DOCUMENT: MessageKind.FILE}
ALL_FILES = frozenset(FileKind.values)
CONTINUED = (ContactState.BOT, ContactState.WAITING, ContactState.OFFERED, ContactState.IN_SERVICE)


@dataclass(frozen=True, slots=True)
class Talk:
    """Who writes on which of our accounts, while one thing of theirs is dealt with."""

    actor: Actor
    account: ChannelAccount
    identity: ChannelIdentity
    receipt_id: int

    @property
    def channel(self) -> str:
        return str(self.account.channel)


@dataclass(frozen=True, slots=True)
class Said:
    """What became of it: the conversation (None: the channel is closed), whether it is new, what to tell the sender."""

    contact: Contact | None
    message: Message | None = None
    opened: bool = False
    told: str = ""
    noted: bool = False  # what is told stands in the conversation already


def say(talk: Talk, inbound: Inbound, *, topic: str = "", subject: str = "", people: bool = False) -> Said:
    """Put what came into their open conversation, or into a new one.

    A conversation that a genuine mark of ours names is continued while it is theirs and open. On a closed channel
    nobody begins a conversation by WeChat or short message; mail is taken in all the same, as nothing can be answered
    at once. Where the robot serves the channel it is heard first, unless ``people`` are wanted.
    """
    contact = _continued(talk, inbound)
    opened, told = False, ""
    if contact is None:
        if talk.channel != Channel.EMAIL:
            is_open, announcement = channel_open(talk.channel, talk.identity.org)
            if not is_open:
                return Said(None, told=announcement)
        name = str(inbound.data.get("name", ""))
        contact, told = begin(talk, topic=topic, subject=subject, name=name, people=people)
        opened = True
    message = _post(talk, contact, inbound)
    _attach(talk, contact, inbound.attachments)
    robot = robot_words(talk, message)
    if robot:
        contact.refresh_from_db(fields=["state"])
        return Said(contact, message, opened, robot, noted=True)
    return Said(contact, message, opened, told)


def robot_words(talk: Talk, message: Message) -> str:
    """What the robot answered to a message, as it is told with the answer to the push; "" when it was not asked."""
    rows = Message.objects.filter(contact_id=message.contact_id, pk__gt=message.pk, sender=Sender.BOT)
    public_url = str(talk.account.setting("public_url"))
    texts = [message_text(row, public_url) for row in rows.filter(audience="everyone").order_by("pk")]
    return "\n\n".join(text for text in texts if text)


def _continued(talk: Talk, inbound: Inbound) -> Contact | None:
    if inbound.contact_id is not None:
        named = Contact.objects.filter(pk=inbound.contact_id, identity=talk.identity, state__in=CONTINUED).first()
        if named is not None:
            return named
    return open_contact_of(talk.identity)


def begin(
    talk: Talk, *, topic: str = "", subject: str = "", name: str = "", people: bool = True
) -> tuple[Contact, str]:
    """Open a conversation for them and say what they may be told of the wait; with the robot unless ``people``."""
    identity, account = talk.identity, talk.account
    org = identity.account.org if identity.account is not None else identity.org
    queue = queues.choose(talk.channel, org, topic)
    guess = estimate(queue, moment.now()) if queue is not None else None
    live = talk.channel == Channel.WECHAT and not (guess is not None and guess.message_only)
    arrival = Arrival(
        topic=topic, identity_id=identity.pk, account_id=identity.account_id, visitor_name=presentable(name)[:60],
        handling=Handling.LIVE if live else Handling.MESSAGE,
    )  # fmt: skip
    if not people and robots.serves(talk.channel, org):
        held = begin_with_robot(
            talk.actor, channel=talk.channel, org=org, customer_id=identity.customer_id, asked=True,
            subject=presentable(subject).replace("\n", " ")[:120], arrival=replace(arrival, handling=Handling.LIVE),
            client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"contact:{account.pk}:{talk.receipt_id}"),
        )  # fmt: skip
        return held, ""
    contact = open_contact(
        talk.actor, channel=talk.channel, org=org, customer_id=identity.customer_id,
        caller_phone=_own_number(identity), subject=presentable(subject).replace("\n", " ")[:120],
        client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"contact:{account.pk}:{talk.receipt_id}"), arrival=arrival,
    )  # fmt: skip
    if not live:
        closed = guess.closed_text if guess is not None and not guess.open else ""
        return contact, closed or _("留言已收到，我们会尽快回复您")
    return contact, (guess.text if guess is not None else "") or _("正在为您转接客服专员，请稍候，您可以先描述问题")


def _own_number(identity: ChannelIdentity) -> str:
    from denghuo.core.inputs import Form

    form = Form()
    phone = form.phone("phone", identity.external, required=False) if identity.channel == Channel.SMS else ""
    return "" if form.faults else phone


def _post(talk: Talk, contact: Contact, inbound: Inbound) -> Message:
    kind = KINDS.get(inbound.kind, MessageKind.TEXT)
    longest: int = policies.get("contact.message_length", contact.org)
    texts = portions(presentable(inbound.text), longest)
    if kind == MessageKind.TEXT and not texts[0]:
        texts = [_("（没有文字内容）")]
    data = {
        name: inbound.data[name]
        for name in ("lon", "lat", "message_id", "references", "subject", "format")
        if name in inbound.data
    }
    if inbound.media:
        data["media"] = "pending"
    first: Message | None = None
    for place, text in enumerate(texts):
        content = Content(kind=kind if place == 0 else MessageKind.TEXT, data=data if place == 0 else None)
        row = post_message(
            talk.actor, contact.pk, client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"inbound:{talk.receipt_id}:{place}"),
            text=text, sender=Sender.CUSTOMER, content=content,
        )  # fmt: skip
        first = first or row
    assert first is not None
    return first


def _attach(talk: Talk, contact: Contact, files: Sequence[Attachment]) -> None:
    """Keep attached files with the checks of every upload; what is not kept is told to the staff."""
    most: int = policies.get("email.attachments_most", contact.org)
    for place, file in enumerate(files):
        key = f"inbound:{talk.receipt_id}:file:{place}"
        if place >= most:
            text = _("附件超过 %(most)s 个，其余未保存") % {"most": most}
            tell_staff(talk.actor, contact.pk, code="file_refused", text=text, key=key)
            return
        try:
            kept = store(
                talk.actor, file, client_id=uuid.uuid5(uuid.NAMESPACE_OID, key), subject=contact, org=contact.org,
                allowed=ALL_FILES,
            )  # fmt: skip
        except ActionError as error:
            told = {"name": presentable(file.name).replace("\n", " ")[:60], "reason": error.message}
            text = _("附件“%(name)s”未保存：%(reason)s") % told
            tell_staff(talk.actor, contact.pk, code="file_refused", text=text, key=key)
            continue
        post_message(
            talk.actor, contact.pk, client_id=uuid.uuid5(uuid.NAMESPACE_OID, key + ":message"), text="",
            sender=Sender.CUSTOMER, content=Content(kind=OF_FILE[FileKind(kept.kind)], file=kept),
        )  # fmt: skip


def note_answer(talk: Talk, contact: Contact, text: str, *, passive: bool) -> None:
    """Write what the product answered into the conversation, for the agent to see. ``passive``: it travels with the
    answer to the push and must not be sent again."""
    longest: int = policies.get("contact.message_length", contact.org)
    for place, portion in enumerate(portions(presentable(text), longest)):
        post_message(
            talk.actor, contact.pk,
            client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"answer:{talk.receipt_id}:{place}"), text=portion,
            sender=Sender.SYSTEM, content=Content(data={"passive": passive}),
        )  # fmt: skip
