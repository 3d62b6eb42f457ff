"""Queues and what decides who serves them: plans from a day on, reserve echelons, moving somebody who waits."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.contacts import plans
from denghuo.apps.contacts.choices import Channel, ChannelClass, ContactState
from denghuo.apps.contacts.common import locked, public_topics_of, require_state, tolerance
from denghuo.apps.contacts.models import Contact, EchelonActivation, Queue, QueuePlan
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form, shown
from denghuo.core.scoping.models import OrgUnit

CODE = re.compile(r"[a-z][a-z0-9_]{1,31}")
MANAGE, ACTIVATE = "queue.manage", "echelon.activate"
MOST_ECHELON = 9
TAKEN = {"new", "live", "echelons", "plans"}  # addresses of the queue pages


@action("queue.create")
def create_queue(
    actor: Actor,
    *,
    org: OrgUnit,
    code: str,
    name: str,
    name_en: str = "",
    channels: Collection[str],
    topics: Collection[str] = (),
    channel_class: str,
    position: int = 0,
) -> Queue:
    """A new queue that agents of ``org`` serve. Raises NotAllowed, InvalidInput (by field), Conflict (code taken)."""
    actor.require(MANAGE, org.path)
    form = Form()
    if code in TAKEN:
        form.wrong("code", _("这个编码留作他用，请换一个"))
    elif not CODE.fullmatch(code or ""):
        form.wrong("code", _("编码用小写字母开头，只含小写字母、数字和下划线，2 到 32 位"))
    queue = Queue(org=org, code=code)
    _fill(form, queue, name=name, name_en=name_en, channels=channels, topics=topics, position=position)
    queue.channel_class = form.choice("channel_class", channel_class, ChannelClass.values)
    form.finish()
    try:
        with transaction.atomic():
            queue.save()
    except IntegrityError:
        raise Conflict(_("编码 %(code)s 已被使用，请换一个") % {"code": code}) from None
    _changed(actor, queue)
    return queue


@action("queue.change")
def change_queue(actor: Actor, queue_id: int, **changes: Any) -> Queue:
    """Change ``name``, ``name_en``, ``channels``, ``topics``, ``position``, ``active``. Those who wait stay; a queue put
    out of use gets nobody new. Raises NotFound, NotAllowed, InvalidInput."""
    queue = _locked(actor, queue_id)
    form = Form()
    unknown = set(changes) - {"name", "name_en", "channels", "topics", "position", "active"}
    for field in sorted(unknown):
        form.wrong(field, _("该项不能修改"))
    if "active" in changes:
        queue.active = bool(changes["active"])
    known = {name: getattr(queue, name) for name in ("name", "name_en", "channels", "topics", "position")}
    _fill(form, queue, **{name: changes.get(name, value) for name, value in known.items()})
    form.finish()
    queue.save()
    _changed(actor, queue)
    return queue


def _fill(
    form: Form,
    queue: Queue,
    *,
    name: str,
    name_en: str,
    channels: Collection[str],
    topics: Collection[str],
    position: int,
) -> None:
    queue.name = form.text("name", name, longest=40, required=True, lines=False)
    queue.name_en = form.text("name_en", name_en, longest=60, lines=False) or queue.name
    wrong = [one for one in channels if one not in Channel.values]
    if wrong or not channels:
        form.wrong("channels", _("请至少选择一个渠道"))
    queue.channels = [one for one in Channel.values if one in channels]
    queue.topics = [form.text("topics", one, longest=32, required=True, lines=False) for one in dict.fromkeys(topics)]
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= 32767:
        form.wrong("position", _("请填写 0 到 32767 之间的整数"))
    else:
        queue.position = position


def _changed(actor: Actor, queue: Queue) -> None:
    record(
        actor, "queue.changed", queue, org=queue.org, topics=[f"queue:{queue.pk}"],
        payload={"queue_id": queue.pk, "active": queue.active},
    )  # fmt: skip


def _locked(actor: Actor, queue_id: int) -> Queue:
    queue = Queue.objects.select_related("org").select_for_update(of=("self",)).filter(pk=queue_id).first()
    if queue is None:
        raise NotFound(_("没有这个队列"))
    actor.require(MANAGE, queue.org.path)
    return queue


@action("queue.set_plan")
def set_plan(
    actor: Actor,
    queue_id: int,
    definition: Mapping[str, Any],
    *,
    valid_from: dt.datetime | None = None,
    note: str = "",
) -> QueuePlan:
    """A routing plan from a moment on (default: now). Plans are never changed: a later one takes their place.

    Raises NotFound, NotAllowed, InvalidInput with each fault at its field (``ladder.0.after_seconds``, ``valid_from``).
    """
    queue = _locked(actor, queue_id)
    now, form = moment.now(), Form()
    begin = valid_from or now
    if begin.tzinfo is None:
        form.wrong("valid_from", _("时间须带时区，如 2026-01-31T08:30:00+08:00"))
    elif begin < now - tolerance() and actor.kind != "system":  # the product ships plans that hold from the beginning
        form.wrong("valid_from", _("方案不能追溯生效，请填写现在（%(now)s）或以后的时间") % {"now": shown(now)})
    text = form.text("note", note, longest=200, lines=False)
    try:
        plan = plans.checked(definition, queue.org)
    except InvalidInput as error:
        for field, messages in error.fields.items():
            for message in messages:
                form.wrong(field, message)
    form.finish()
    row = QueuePlan.objects.create(
        queue=queue, valid_from=max(begin, now) if valid_from is None else begin, definition=plan.to_json(), note=text,
        created_by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    record(
        actor, "queue.plan_set", queue, org=queue.org, topics=[f"queue:{queue.pk}"],
        payload={"queue_id": queue.pk, "plan_id": row.pk},
    )  # fmt: skip
    return row


@action("queue.withdraw_plan")
def withdraw_plan(actor: Actor, plan_id: int) -> None:
    """Take back a plan that has not begun. Raises NotFound, NotAllowed, Conflict (it has begun)."""
    row = QueuePlan.objects.filter(pk=plan_id).first()
    if row is None:
        raise NotFound(_("没有这个方案"))
    queue = _locked(actor, row.queue_id)
    if row.valid_from <= moment.now():
        raise Conflict(_("方案已经生效，不能撤回；请另设新方案"))
    record(
        actor, "queue.plan_set", queue, org=queue.org, topics=[f"queue:{queue.pk}"],
        payload={"queue_id": queue.pk, "plan_id": row.pk},
    )  # fmt: skip
    row.delete()


@action("echelon.activate")
def activate_echelon(actor: Actor, *, org: OrgUnit, echelon: int, reason: str) -> EchelonActivation:
    """Call in the reserves up to ``echelon`` whose unit is ``org`` or below; they then serve like the regular floor,
    after it. Raises NotAllowed, InvalidInput, Conflict (already called in)."""
    actor.require(ACTIVATE, org.path)
    form = Form()
    if isinstance(echelon, bool) or not isinstance(echelon, int) or not 1 <= echelon <= MOST_ECHELON:
        form.wrong("echelon", _("请填写 1 到 %(most)s 之间的整数") % {"most": MOST_ECHELON})
    text = form.text("reason", reason, longest=200, required=True, lines=False)
    form.finish()
    try:
        with transaction.atomic():
            row = EchelonActivation.objects.create(
                org=org, echelon=echelon, started_at=moment.now(), reason=text,
                started_by_id=actor.id if actor.kind == "staff" else None,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("%(unit)s的第 %(echelon)s 梯队已经启动") % {"unit": org.label, "echelon": echelon}) from None
    record(
        actor, "echelon.activated", row, org=org, at=row.started_at,
        payload={"activation_id": row.pk, "echelon": echelon},
    )  # fmt: skip
    return row


@action("echelon.release")
def release_echelon(actor: Actor, activation_id: int) -> EchelonActivation:
    """Send the reserves home; what they have in hand they finish. Raises NotFound, NotAllowed; twice is harmless."""
    row = (
        EchelonActivation.objects.select_related("org").select_for_update(of=("self",)).filter(pk=activation_id).first()
    )
    if row is None:
        raise NotFound(_("没有这次启动记录"))
    actor.require(ACTIVATE, row.org.path)
    if row.ended_at is not None:
        return row
    row.ended_at = moment.now()
    row.ended_by_id = actor.id if actor.kind == "staff" else None
    row.save(update_fields=["ended_at", "ended_by"])
    record(
        actor, "echelon.released", row, org=row.org, at=row.ended_at,
        payload={"activation_id": row.pk, "echelon": row.echelon},
    )  # fmt: skip
    return row


@action("contact.reroute")
def reroute_contact(actor: Actor, contact_id: int, queue_id: int) -> Contact:
    """Move somebody who waits to another queue; their place, the moment of entry, goes with them.

    Raises NotFound, NotAllowed (no ``contact.transfer``), Conflict (no longer waiting), InvalidInput (queue_id).
    """
    contact = locked(contact_id)
    actor.require("contact.transfer", contact.org.path)
    require_state(contact, _("改派队列"), ContactState.WAITING)
    queue = Queue.objects.filter(pk=queue_id, active=True).first()
    if queue is None:
        raise InvalidInput({"queue_id": _("没有这个在用的队列，请重新选择")})
    if contact.channel not in queue.channels:
        raise InvalidInput({"queue_id": _("该队列不接这个渠道，请重新选择")})
    contact.queue = queue
    contact.wanted_agent_id, contact.wanted_only = None, False
    contact.save(update_fields=["queue", "wanted_agent", "wanted_only"])
    record(
        actor, "contact.queued", contact, org=contact.org, topics=public_topics_of(contact),
        payload={"queue_id": queue.pk, "reason": "rerouted", "handling": str(contact.handling)},
    )  # fmt: skip
    return contact
