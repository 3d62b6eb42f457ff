"""A web chat as its customer sees it: what may be done now, where one stands, what was said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.channels.queries import channel_open
from denghuo.apps.contacts import as_typed, queues, robots
from denghuo.apps.contacts.access import MAX_AGE, SALT
from denghuo.apps.contacts.choices import Audience, Channel, ChatTopic, ContactState, Handling
from denghuo.apps.contacts.models import Contact, Message, Queue, Rating
from denghuo.apps.contacts.plans import Estimate, estimate
from denghuo.apps.contacts.talk import Line, agent_name, lines_of
from denghuo.core import moment, policies
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit

TRANSCRIPT_SALT = "contacts.transcript"
PAGE = 500
ROBOT, WAITING, SERVED, ENDED, LEFT = "robot", "waiting", "in_service", "ended", "abandoned"
STANDING = {
    ContactState.BOT: ROBOT,
    ContactState.WAITING: WAITING,
    ContactState.OFFERED: WAITING,
    ContactState.IN_SERVICE: SERVED,
    ContactState.WRAP_UP: ENDED,
    ContactState.CLOSED: ENDED,
    ContactState.ABANDONED: LEFT,
}


def contact_of(access: str | None) -> int | None:
    """The conversation a token was made for; None when it is missing, forged or past its day."""
    try:
        value = signing.loads(access or "", salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return value if isinstance(value, int) else None


def require_own(access: str | None, contact_id: int) -> None:
    """Raise NotFound unless ``access`` was made for this conversation. The database is not asked, so the answer is the
    same for one that exists and one that does not."""
    if contact_of(access) != contact_id:
        raise NotFound(_("没有找到这次对话，请从原页面进入或重新发起咨询"))


def own_contact(access: str | None, contact_id: int) -> Contact:
    """The customer's conversation, whole; NotFound as :func:`require_own`."""
    require_own(access, contact_id)
    row = Contact.objects.select_related("org", "queue__org", "agent").filter(pk=contact_id).first()
    if row is None:
        raise NotFound(_("没有找到这次对话，请从原页面进入或重新发起咨询"))
    return row


def home_of(org_id: int | None, code: str = "") -> OrgUnit:
    """The unit a visitor belongs to: the one named, else the one whose queue takes all web chats, else the only
    province. Raises InvalidInput (``org_id``) when it must be asked for."""
    if org_id is not None or code:
        chosen = {"pk": org_id} if org_id is not None else {"code": code}
        unit = OrgUnit.objects.filter(**chosen).exclude(kind=OrgKind.TEAM).first()
        if unit is None:
            raise InvalidInput({"org_id": _("没有这个单位，请重新选择")})
        return unit
    rows = Queue.objects.filter(active=True, channels__contains=[Channel.WEB_CHAT]).select_related("org")
    found = {queue.org_id: queue.org for queue in rows}
    if len(found) == 1:
        return next(iter(found.values()))
    provinces = list(OrgUnit.objects.filter(kind=OrgKind.PROVINCE)[:2])
    if len(provinces) != 1:
        raise InvalidInput({"org_id": _("请选择所在区县")})
    return provinces[0]


@dataclass(frozen=True, slots=True)
class Door:
    """What a visitor finds before coming in: ``open`` for a live chat; ``told`` is the announcement or the expected
    wait in words; ``waiting`` how many wait already (None: unknown)."""

    open: bool
    told: str
    wait_seconds: int | None
    position: int | None
    offer_callback: bool
    offer_message: bool
    robot: bool = False


def door(org: OrgUnit, topic: str = "") -> Door:
    """Whether the chat takes visitors of ``org`` for ``topic`` now; ``robot``: the robot does, whatever the hour. Queries: the queue, its plan, who waits, who works."""
    opened, announcement = channel_open(Channel.WEB_CHAT, org)
    queue = queues.choose(Channel.WEB_CHAT, org, topic)
    if not opened:
        return Door(False, announcement, None, None, False, True)
    robot = robots.serves(Channel.WEB_CHAT, org)
    if queue is None:
        return Door(True, "", None, None, True, True, robot)
    known = estimate(queue, moment.now())
    told = known.text if known.open else known.closed_text
    return Door(
        not known.message_only, told, known.seconds, known.position, known.open,
        known.offer_message or known.message_only, robot,
    )  # fmt: skip


def state_of(contact: Contact) -> dict[str, Any]:
    """All the customer's page shows beside the messages. Nothing internal: no agent's id, no unit's path."""
    standing = STANDING[ContactState(contact.state)]
    known: Estimate | None = None
    if contact.state == ContactState.WAITING:
        known = estimate(contact, moment.now())
    rating = Rating.objects.filter(contact=contact).first() if standing == ENDED else None
    token = signing.dumps(contact.pk, salt=TRANSCRIPT_SALT)
    return {
        "id": contact.pk,
        "state": standing,
        "ringing": contact.state == ContactState.OFFERED,
        "handling": contact.handling,
        "topic": contact.subject,
        "language": contact.language,
        "unit": contact.org.label,
        "opened_at": contact.opened_at,
        "position": known.position if known else None,
        "wait_seconds": known.seconds if known else None,
        "told": known.text if known and contact.handling == Handling.LIVE else "",
        "agent": _agent(contact) if standing == SERVED else "",
        "as_typed": standing == SERVED and as_typed.offered(contact.channel, contact.org),
        "offer_callback": contact.state == ContactState.WAITING and contact.handling == Handling.LIVE,
        "offer_message": contact.state == ContactState.WAITING and contact.handling != Handling.MESSAGE,
        "may_rate": standing == ENDED and contact.taken_at is not None and _rateable(contact, rating),
        "rating": {"score": rating.score, "resolved": rating.resolved, "comment": rating.comment} if rating else None,
        "transcript": {
            kind: reverse("contacts:chat-transcript", args=[token, kind]) for kind in ("txt", "html")
        },
    }  # fmt: skip


def _agent(contact: Contact) -> str:
    if contact.agent is None:
        return ""
    shown = policies.get("chat.agent_shown", contact.org)
    return agent_name(shown, contact.agent.display_name, contact.agent.employee_no)


def _rateable(contact: Contact, rating: Rating | None) -> bool:
    now, ended = moment.now(), contact.ended_at or contact.closed_at
    if ended is None or now > ended + dt.timedelta(hours=policies.get("chat.rating_hours", contact.org)):
        return False
    minutes = policies.get("chat.rating_edit_minutes", contact.org)
    return rating is None or now <= rating.at + dt.timedelta(minutes=minutes)


def seen(contact_id: int, after: int = 0) -> list[Line]:
    """What the customer sees behind message ``after``, oldest first, at most 500 (index ``contacts_message_order``)."""
    rows = Message.objects.filter(contact_id=contact_id, pk__gt=after, audience=Audience.EVERYONE)
    return lines_of(list(rows.select_related("staff", "file").order_by("pk")[:PAGE]), after)


def transcript_contact(token: str) -> Contact:
    """The conversation of a transcript's address; raises NotFound when it is forged or past its day."""
    try:
        pk = signing.loads(token, salt=TRANSCRIPT_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        pk = None
    row = Contact.objects.select_related("org", "queue__org").filter(pk=pk).first() if isinstance(pk, int) else None
    if row is None:
        raise NotFound(_("下载链接已失效，请从原页面重新下载"))
    return row


def topics() -> list[dict[str, str]]:
    """What a visitor may say they come for."""
    return [{"code": code, "label": str(label)} for code, label in ChatTopic.choices]
