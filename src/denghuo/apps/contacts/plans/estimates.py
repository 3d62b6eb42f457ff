"""How long somebody will wait, from who waits and who works now, and what they are then offered."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Avg, DurationField, ExpressionWrapper, F, FloatField, Func, Q, QuerySet, Value
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import AgentMode, ChannelClass, ContactState, LegEnd
from denghuo.apps.contacts.loads import capacity_of, class_of
from denghuo.apps.contacts.models import AgentProfile, AgentSession, Contact, ContactLeg, Queue
from denghuo.apps.contacts.plans.definition import Plan
from denghuo.apps.contacts.plans.reading import plan_in_force, queue_open
from denghuo.apps.contacts.reach import takers
from denghuo.core import policies
from denghuo.engine.routing.waiting import expected_wait as engine_wait

KEEP_SECONDS = 30  # the mean handling time hardly moves; who waits and who works is read anew


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a customer may be told. ``seconds`` is the mean expected wait, None when nobody is there who could answer;
    ``position`` is the place in the queue from 1 (of the next arrival when asked for a queue)."""

    open: bool
    closed_text: str
    seconds: int | None
    p90_seconds: int | None
    position: int
    text: str
    offer_callback: bool
    offer_message: bool
    message_only: bool


def estimate(target: Queue | Contact, at: dt.datetime) -> Estimate:
    """Open or not, expected wait, place, and what is offered: for one who waits, or the next who comes to a queue."""
    contact = target if isinstance(target, Contact) else None
    queue = contact.queue if contact else target
    assert queue is None or isinstance(queue, Queue)
    plan = plan_in_force(queue, at)
    opened, closed_text = queue_open(queue, at)
    ahead = _ahead(contact, plan) if contact else _waiting(queue).count()
    seconds, ninth = _wait(contact, queue, plan, ahead, at)
    told = plan.announcements
    full = told.max_waiting is not None and _waiting(queue).count() >= told.max_waiting
    return Estimate(
        open=opened,
        closed_text=closed_text,
        seconds=seconds,
        p90_seconds=ninth,
        position=ahead + 1,
        text=_text(plan, seconds, ahead + 1) if opened else closed_text,
        offer_callback=opened and _over(seconds, told.callback_over_seconds),
        offer_message=not opened or full or _over(seconds, told.message_over_seconds),
        message_only=not opened or (full and contact is None),
    )


def expected_wait(target: Queue | Contact, at: dt.datetime) -> int | None:
    """Mean expected wait in whole seconds; None when nobody signed on is able."""
    return estimate(target, at).seconds


def position(contact: Contact) -> int:
    """Place in the queue from 1, in the order of the routing score."""
    from denghuo.core import moment

    return _ahead(contact, plan_in_force(contact.queue, moment.now())) + 1


def _waiting(queue: Queue | None) -> QuerySet[Contact]:
    """Who waits in a queue (index ``contacts_waiting``)."""
    return Contact.objects.filter(queue=queue, state=ContactState.WAITING).order_by()


def _ahead(contact: Contact, plan: Plan) -> int:
    """How many of the same queue have a higher score. Within a queue all age alike, so the parts that never change
    decide: boost, priority and the moment of entry."""
    if contact.state != ContactState.WAITING or contact.entered_at is None:
        return 0
    points = float(policies.get("routing.points_per_priority"))
    entered = Func(
        F("entered_at"),
        function="EXTRACT",
        template="%(function)s(epoch FROM %(expressions)s)",
        output_field=FloatField(),
    )
    ageing = plan.ageing_per_minute / 60
    score = F("boost") - Value(points) * F("priority") - Value(ageing) * entered
    mine = contact.boost - points * contact.priority - ageing * contact.entered_at.timestamp()
    rows = _waiting(contact.queue).exclude(pk=contact.pk)
    if contact.queue_id is None:
        rows = rows.filter(org_id=contact.org_id)
    rows = rows.annotate(score=ExpressionWrapper(score, output_field=FloatField()))
    margin = 1e-6  # epoch seconds as floats carry about a microsecond
    return rows.filter(Q(score__gt=mine + margin) | Q(score__gte=mine - margin, pk__lt=contact.pk)).count()


def _wait(
    contact: Contact | None, queue: Queue | None, plan: Plan, ahead: int, at: dt.datetime
) -> tuple[int | None, int | None]:
    channel = class_of(contact.channel, contact.handling, queue) if contact else _class_of_queue(queue)
    org = contact.org if contact and queue is None else (queue.org if queue else None)
    if org is None:
        return None, None
    sessions = list(AgentSession.objects.filter(mode=AgentMode.READY).select_related("org"))
    fit = takers([one.staff_id for one in sessions], org, plan)
    able = [one for one in sessions if one.staff_id in fit]
    profiles = AgentProfile.objects.in_bulk([one.staff_id for one in able], field_name="staff_id")
    slots = [capacity_of(profiles.get(one.staff_id), one.org)[channel] for one in able]
    places = sum(slots)
    if not places:
        return None, None
    hands = Contact.objects.filter(
        Q(state=ContactState.OFFERED, offered_to__in=[one.staff_id for one in able])
        | Q(state__in=[ContactState.IN_SERVICE, ContactState.WRAP_UP], agent__in=[one.staff_id for one in able])
    )
    found = engine_wait(ahead, places, min(hands.count(), places), handling_seconds(queue, channel, at))
    if not math.isfinite(found.mean):
        return None, None
    return round(found.mean), round(found.p90)


def handling_seconds(queue: Queue | None, channel: str, at: dt.datetime) -> float:
    """Mean seconds from answer to close over the last ``routing.handle_hours``; before there are any, policy
    ``routing.handle_seconds`` by channel class. Index ``contacts_leg_queue``."""
    key = f"contacts.handling.{queue.pk if queue else 0}.{channel}"
    known: float | None = cache.get(key)
    if known is not None:
        return known
    since = at - dt.timedelta(hours=policies.get("routing.handle_hours"))
    legs = ContactLeg.objects.filter(
        queue=queue, answered_at__isnull=False, ended_at__isnull=False, offered_at__gte=since, end=LegEnd.SERVED
    )
    spent = ExpressionWrapper(F("ended_at") - F("answered_at"), output_field=DurationField())
    mean = legs.aggregate(mean=Avg(spent))["mean"]
    seconds = mean.total_seconds() if mean else 0.0
    seconds = seconds if seconds >= 1 else float(policies.get_for("routing.handle_seconds", str(channel)))
    cache.set(key, seconds, KEEP_SECONDS)
    return seconds


def _class_of_queue(queue: Queue | None) -> str:
    return queue.channel_class if queue else ChannelClass.VOICE


def _over(seconds: int | None, limit: int | None) -> bool:
    return limit is not None and (seconds is None or seconds >= limit)


def _text(plan: Plan, seconds: int | None, place: int) -> str:
    if seconds is None:
        return _("目前没有可以应答的坐席，请稍候或留言")
    minutes = max(1, math.ceil(seconds / 60))
    words = str(plan.announcements.wait) or _("您前面还有人在等候，您排在第 {position} 位，预计等待约 {minutes} 分钟")
    return words.replace("{minutes}", str(minutes)).replace("{position}", str(place))
