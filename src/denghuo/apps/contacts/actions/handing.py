"""A conversation changes hands: transferred to a queue or a colleague, or put back.

The place in the queue is kept (``entered_at``), so nobody begins to wait anew because they were passed on.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts.actions.talking import leave_all
from denghuo.apps.contacts.actions.writing import tell_customer, write_message
from denghuo.apps.contacts.choices import AgentMode, Audience, ContactState, LegEnd, Sender
from denghuo.apps.contacts.common import agent_topic, locked, public_topics_of, require_state
from denghuo.apps.contacts.legs import end_leg
from denghuo.apps.contacts.models import AgentSession, Contact, ContactLeg, Queue
from denghuo.apps.contacts.presence import refresh_agent
from denghuo.apps.customers.models import Account, Customer
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import record
from denghuo.core.inputs import Form

NOTE_LENGTH = 200


@action("contact.transfer")
def transfer_contact(
    actor: Actor,
    contact_id: int,
    *,
    to_queue_id: int | None = None,
    to_agent_id: int | None = None,
    note: str = "",
) -> Contact:
    """Hand a conversation in service on, to a queue or to one colleague; ``note`` reaches the next agent as a whisper.

    To a colleague it waits for them alone, and for everybody again after ``routing.transfer_wait_seconds``
    (:func:`release_transfer`). Needs ``contact.transfer``; another's conversation needs ``agent.control`` as well.
    Raises NotAllowed, NotFound, Conflict (not in service), InvalidInput (to, note).
    """
    contact = locked(contact_id)
    _may_hand(actor, contact, _("转接"))
    form = Form()
    words = form.text("note", note, longest=NOTE_LENGTH)
    if (to_queue_id is None) == (to_agent_id is None):
        form.wrong("to", _("请选择一个队列或一位同事"))
    form.finish()
    queue = _queue_for(contact, to_queue_id) if to_queue_id is not None else None
    if to_agent_id is not None:
        colleague_for(contact, to_agent_id, "contact.take")
    now = moment.now()
    before = contact.agent_id
    _tell(actor, contact, words, "transferred")
    contact.wanted_agent_id, contact.wanted_only = to_agent_id, to_agent_id is not None
    if queue is not None:
        contact.queue = queue
    _release(actor, contact, LegEnd.TRANSFERRED, now)
    topics = public_topics_of(contact) + [agent_topic(one) for one in (before, to_agent_id) if one]
    record(
        actor, "contact.transferred", contact, org=contact.org, at=now, topics=topics,
        payload={"from_agent_id": before, "to_agent_id": to_agent_id, "to_queue_id": to_queue_id},
    )  # fmt: skip
    _queued(actor, contact, "transferred", now)
    if before is not None:
        refresh_agent(actor, before, at=now)
    return contact


@action("contact.release_transfer")
def release_transfer(actor: Actor, contact_id: int) -> Contact | None:
    """Let everybody of the queue take what one colleague did not take in time; the router sweeps :func:`overdue`.

    None when it was taken after all, or its time is not yet over. Raises NotAllowed.
    """
    if actor.kind != "system":
        raise NotAllowed(_("只有路由程序可以收回"))
    contact = locked(contact_id)
    now = moment.now()
    if contact.state != ContactState.WAITING or not contact.wanted_only or contact.pk not in overdue(now):
        return None
    wanted = contact.wanted_agent_id
    contact.wanted_agent_id, contact.wanted_only = None, False
    contact.save(update_fields=["wanted_agent", "wanted_only"])
    _queued(actor, contact, "transfer_missed", now, [agent_topic(wanted)] if wanted else [])
    return contact


def overdue(now: dt.datetime) -> list[int]:
    """Transfers to one colleague who did not take them in ``routing.transfer_wait_seconds`` (partial index
    ``contacts_waiting``: the few that wait, then their legs by ``contacts_leg_contact``)."""
    late = now - dt.timedelta(seconds=policies.get("routing.transfer_wait_seconds"))
    waiting = Contact.objects.filter(state=ContactState.WAITING, wanted_only=True).values("pk")
    legs = ContactLeg.objects.filter(contact_id__in=waiting).order_by("contact_id", "-pk").distinct("contact_id")
    return [leg.contact_id for leg in legs if leg.ended_at is not None and leg.ended_at <= late]


@action("contact.put_back")
def put_back(actor: Actor, contact_id: int, *, reason: str) -> Contact:
    """Give a conversation back to the head of its queue: its place is kept, plus ``routing.returned_boost`` points.

    Needs ``contact.transfer`` (another's: ``agent.control``). Raises NotAllowed, NotFound, Conflict, InvalidInput
    (reason: the next agent reads it).
    """
    contact = locked(contact_id)
    _may_hand(actor, contact, _("放回队列"))
    form = Form()
    words = form.text("reason", reason, longest=NOTE_LENGTH, required=True)
    form.finish()
    now = moment.now()
    before = contact.agent_id
    _tell(actor, contact, words, "put_back")
    contact.wanted_agent_id, contact.wanted_only = None, False
    contact.boost += float(policies.get("routing.returned_boost", contact.org))
    _release(actor, contact, LegEnd.PUT_BACK, now)
    topics = public_topics_of(contact) + ([agent_topic(before)] if before else [])
    record(
        actor, "contact.put_back", contact, org=contact.org, at=now, topics=topics, payload={"agent_id": before}
    )  # fmt: skip
    _queued(actor, contact, "put_back", now)
    if before is not None:
        refresh_agent(actor, before, at=now)
    return contact


@action("contact.identify")
def identify_contact(
    actor: Actor, contact_id: int, *, customer_id: int | None = None, account_id: int | None = None
) -> Contact:
    """Note who the customer is; with an account, its holder. Neither: unknown again.

    For the agent who serves, or with ``contact.close``; the customer must be within ``customers.view``. Raises
    NotAllowed, NotFound, Conflict (ended), InvalidInput (customer_id, account_id).
    """
    contact = locked(contact_id)
    if contact.agent_id is None or contact.agent_id != actor.id:
        actor.require("contact.close", contact.org.path)
    open_states = (ContactState.WAITING, ContactState.OFFERED, ContactState.IN_SERVICE, ContactState.WRAP_UP)
    require_state(contact, _("识别客户"), *open_states)
    if account_id is not None:
        account = Account.objects.visible_to(actor, "customers.view").filter(pk=account_id).first()
        if account is None or customer_id not in (None, account.customer_id):
            raise InvalidInput({"account_id": _("没有这个用电户，或不在您的管辖范围；请核对户号")})
        customer_id = account.customer_id
    elif customer_id is not None:
        accounts = Account.objects.visible_to(actor, "customers.view").filter(customer_id=customer_id)
        visible = Customer.objects.visible_to(actor, "customers.view").filter(pk=customer_id)
        if not (accounts.exists() or visible.exists()):
            raise InvalidInput({"customer_id": _("没有这位客户，请核对")})
    if (contact.customer_id, contact.account_id) == (customer_id, account_id):
        return contact
    contact.customer_id, contact.account_id = customer_id, account_id
    contact.save(update_fields=["customer", "account"])
    record(
        actor, "contact.identified", contact, org=contact.org, at=moment.now(),
        topics=public_topics_of(contact)[:1] + ([agent_topic(contact.agent_id)] if contact.agent_id else []),
        payload={"customer_id": customer_id, "account_id": account_id},
    )  # fmt: skip
    return contact


def colleague_for(contact: Contact, staff_id: int, permission: str) -> Staff:
    """The colleague who is asked to work on ``contact``; InvalidInput (to) when they cannot.

    They must be signed on, not away (break, meal …), not the one who serves, and hold ``permission`` on its unit.
    """
    staff = Staff.objects.select_related("org").filter(pk=staff_id, is_active=True).first()
    session = AgentSession.objects.filter(staff_id=staff_id).first()
    if staff is None or session is None or session.mode == AgentMode.LOGGED_OUT:
        raise InvalidInput({"to": _("该同事没有签入，请另选一位")})
    if staff_id == contact.agent_id:
        raise InvalidInput({"to": _("这条联络正由该同事服务，请另选一位")})
    if session.mode != AgentMode.READY:
        label = AgentMode(session.mode).label
        raise InvalidInput({"to": _("该同事当前为“%(mode)s”，请另选一位或转给队列") % {"mode": label}})
    if not actor_for(staff).can(permission, contact.org.path):
        raise InvalidInput({"to": _("该同事不受理这个单位的联络，请另选一位")})
    return staff


def _may_hand(actor: Actor, contact: Contact, verb: str) -> None:
    actor.require("contact.transfer", contact.org.path)
    require_state(contact, verb, ContactState.IN_SERVICE)
    if contact.agent_id != actor.id and actor.kind == "staff":
        actor.require("agent.control", contact.org.path)


def _queue_for(contact: Contact, queue_id: int) -> Queue:
    queue = Queue.objects.select_related("org").filter(pk=queue_id, active=True).first()
    if queue is None or not contact.org.path.startswith(queue.org.path):
        raise InvalidInput({"to": _("这个队列不服务该单位，请另选一个")})
    if contact.channel not in queue.channels:
        raise InvalidInput({"to": _("这个队列不受理该渠道，请另选一个")})
    return queue


def _tell(actor: Actor, contact: Contact, words: str, code: str) -> None:
    """What the colleagues read, and what the customer reads, before the conversation leaves the agent."""
    if words:
        write_message(actor, contact, client_id=uuid.uuid4(), sender=Sender.AGENT, text=words, audience=Audience.STAFF)
    tell_customer(actor, contact, code)


def _release(actor: Actor, contact: Contact, end: LegEnd, at: dt.datetime) -> None:
    if contact.agent_id is None:
        raise Conflict(_("该联络没有坐席，不能转出"))
    contact.state, contact.agent_id, contact.served_at = ContactState.WAITING, None, None
    contact.save(
        update_fields=["state", "agent", "served_at", "queue", "wanted_agent", "wanted_only", "boost"]
    )  # fmt: skip
    end_leg(contact, at, end)
    leave_all(contact, at)


def _queued(actor: Actor, contact: Contact, reason: str, at: dt.datetime, more: list[str] | None = None) -> None:
    record(
        actor, "contact.queued", contact, org=contact.org, at=at, topics=[*public_topics_of(contact), *(more or [])],
        payload={"queue_id": contact.queue_id, "reason": reason, "handling": str(contact.handling)},
    )  # fmt: skip
