"""What the panels beside a conversation show: who it is, what was said before, which script fits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Sender
from denghuo.apps.contacts.models import Contact, DeskScript, Message
from denghuo.apps.contacts.queries import VIEW
from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.models import Outage
from denghuo.core.actors import Actor
from denghuo.core.privacy import mask, redact
from denghuo.core.scoping.models import OrgUnit

HISTORY_PAGE = 10
RECENT_WORDS = 30  # messages of the customer in which the words of a scene are looked for


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a small chart: place and height in the drawing, what it stands for."""

    x: int
    y: int
    height: int
    label: str
    last: bool


def bars(values: Sequence[tuple[str, float]], *, step: int, height: int) -> list[Bar]:
    """A series as bars ``step`` apart, the highest as high as the drawing."""
    most = max((value for _label, value in values), default=0) or 1
    found = []
    for place, (label, value) in enumerate(values):
        tall = max(1, round(height * max(value, 0) / most))
        found.append(Bar(place * step, height - tall, tall, label, place == len(values) - 1))
    return found


def history_of(actor: Actor, contact: Contact, page: int) -> tuple[list[Contact], bool]:
    """Other conversations of the same customer, phone or channel identity, newest first, and whether there are more.

    One query whatever the page holds (indexes ``contacts_customer_opened``, the blind index of the phone, the key of
    the identity).
    """
    same = Q(pk__in=[])
    if contact.customer_id:
        same |= Q(customer_id=contact.customer_id)
    if contact.caller_phone_bidx:
        same |= Q(caller_phone_bidx=contact.caller_phone_bidx)
    if contact.identity_id:
        same |= Q(identity_id=contact.identity_id)
    rows = Contact.objects.visible_to(actor, VIEW).filter(same).exclude(pk=contact.pk)
    rows = rows.select_related("org", "agent", "queue", "disposition__parent").order_by("-opened_at", "-pk")
    start = (page - 1) * HISTORY_PAGE
    found = list(rows[start : start + HISTORY_PAGE + 1])
    return found[:HISTORY_PAGE], len(found) > HISTORY_PAGE


def spoken(text: str, actor: Actor, org: OrgUnit) -> str:
    """What was said, numbers of persons hidden from those who may not see a phone."""
    return text if actor.can("privacy.view_phone", org.path) else redact(text)


def note_of(contact: Contact, actor: Actor) -> str:
    """The wrap-up note, whole for those who may see names and phones, else with numbers hidden."""
    if not contact.wrap_note:
        return ""
    whole = actor.can("privacy.view_phone", contact.org.path) and actor.can("privacy.view_name", contact.org.path)
    return contact.wrap_note if whole else mask("note", contact.wrap_note)


def said_by_customer(contact: Contact) -> str:
    """The customer's latest words with the subject, for finding what fits (index ``contacts_message_order``)."""
    rows = Message.objects.filter(contact=contact, sender=Sender.CUSTOMER).order_by("-pk")
    return "\n".join([contact.subject, *rows.values_list("text", flat=True)[:RECENT_WORDS]])


@dataclass(frozen=True, slots=True)
class Fitting:
    """A script and the words of the customer that brought it up."""

    script: DeskScript
    words: tuple[str, ...]


def scripts_for(contact: Contact, said: str, q: str = "") -> list[Fitting]:
    """Scripts for this channel, those with most of the customer's words first, then in their order.

    ``q`` keeps those whose title, words or sentences hold it. The table is a few dozen rows.
    """
    rows = DeskScript.objects.filter(active=True).filter(Q(channels=[]) | Q(channels__contains=[contact.channel]))
    found = [Fitting(row, tuple(word for word in row.words if word and word in said)) for row in rows]
    if q:
        found = [one for one in found if q.lower() in _all_text(one.script).lower()]
    return sorted(found, key=lambda one: (-len(one.words), one.script.position, one.script.pk))


def _all_text(script: DeskScript) -> str:
    steps: Iterable[dict[str, Any]] = script.steps
    parts = [script.title, *script.words]
    for step in steps:
        parts += [step.get("title", ""), step.get("say", ""), *step.get("ask", []), step.get("note", "")]
    return "\n".join(parts)


def outage_text(outage: Outage) -> str:
    """What to tell a customer of an outage, ready to send."""
    began, expected = clock(outage.started_at), clock(outage.expected_at)
    cause = _("原因是%(cause)s，") % {"cause": outage.cause} if outage.cause else ""
    if outage.of_accounts:
        return _("您的用电户因“%(kind)s”自 %(began)s 起停止供电，办结后即为您恢复。") % {
            "kind": outage.get_kind_display(), "began": began,
        }  # fmt: skip
    if outage.restored_at is not None:
        return _("您所在区域的停电已于 %(at)s 恢复。如您家仍没有电，请告诉我，我马上为您报修。") % {
            "at": clock(outage.restored_at)
        }
    if outage.state == OutageState.ANNOUNCED:
        until = _("，预计 %(at)s 恢复") % {"at": expected} if expected else ""
        return _("您所在区域计划于 %(began)s 停电%(until)s，%(cause)s请提前做好准备，给您带来不便敬请谅解。") % {
            "began": began, "until": until, "cause": cause,
        }  # fmt: skip
    until = _("预计 %(at)s 恢复供电") % {"at": expected} if expected else _("恢复时间确定后会第一时间告知您")
    return _("已查到您所在区域 %(began)s 起停电，%(cause)s抢修人员正在处理，%(until)s。给您带来不便，非常抱歉。") % {
        "began": began, "cause": cause, "until": until,
    }  # fmt: skip


def clock(at: dt.datetime | None) -> str:
    """A moment in words for a message: "7月31日 18:30"."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return _("%(month)s月%(day)s日 %(time)s") % {
        "month": local.month, "day": local.day, "time": local.strftime("%H:%M")
    }  # fmt: skip
