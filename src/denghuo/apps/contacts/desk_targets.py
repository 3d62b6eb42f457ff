"""To whom a conversation can be handed, who can be asked, and what the agent may quote."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import StaffSkill
from denghuo.apps.contacts.choices import AgentMode, AgentState, ContactState
from denghuo.apps.contacts.models import AgentSession, Contact, Queue
from denghuo.apps.contacts.plans.estimates import expected_wait
from denghuo.apps.contacts.reach import covers, take_paths
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.desk import desk_facts
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.privacy import masked

FREE_FIRST = {AgentState.READY: 0, AgentState.BUSY: 1}
AGENTS_SHOWN = 200
FOUND = 8


def targets(contact: Contact) -> dict[str, Any]:
    """Queues that take the conversation, with who waits and how long, and colleagues who are there, free ones first.

    Colleagues: signed on and ready, serving the conversation's unit, with their skills and what they have in hand (four
    queries); each queue's expected wait is an estimate of its own.
    """
    return {"queues": _queues(contact), "agents": _agents(contact)}


def _queues(contact: Contact) -> list[dict[str, Any]]:
    now = moment.now()
    waiting = Count("contacts", filter=Q(contacts__state=ContactState.WAITING))
    rows = Queue.objects.filter(
        active=True, channels__contains=[contact.channel], org_id__in=contact.org.ancestor_ids()
    ).select_related("org")
    return [
        {
            "id": row.pk,
            "name": row.label,
            "waiting": row.n,
            "wait_seconds": expected_wait(row, now),
            "here": row.pk == contact.queue_id,
        }
        for row in rows.annotate(n=waiting)
    ]


def _agents(contact: Contact) -> list[dict[str, Any]]:
    sessions = AgentSession.objects.filter(mode=AgentMode.READY).exclude(staff_id=contact.agent_id)
    rows = list(sessions.select_related("staff", "org").order_by("staff__display_name")[:AGENTS_SHOWN])
    reach = take_paths(row.staff_id for row in rows)
    able = [row for row in rows if covers(reach.get(row.staff_id, ()), contact.org.path)]
    ids = [row.staff_id for row in able]
    skills: dict[int, list[str]] = {}
    for one in StaffSkill.objects.filter(staff_id__in=ids).select_related("skill").order_by("-level"):
        skills.setdefault(one.staff_id, []).append(f"{one.skill.label} {one.level}")
    hands = Contact.objects.filter(agent_id__in=ids, state__in=[ContactState.IN_SERVICE, ContactState.WRAP_UP])
    held = dict(hands.order_by().values_list("agent_id").annotate(n=Count("pk")))
    able.sort(key=lambda row: (FREE_FIRST.get(AgentState(row.state), 2), held.get(row.staff_id, 0)))
    return [
        {
            "id": row.staff_id,
            "name": row.staff.display_name,
            "number": row.staff.employee_no,
            "org": row.org.label,
            "state": str(row.state),
            "state_label": str(AgentState(row.state).label),
            "in_hand": held.get(row.staff_id, 0),
            "skills": skills.get(row.staff_id, [])[:3],
        }
        for row in able
    ]


def people(actor: Actor, q: str) -> list[dict[str, Any]]:
    """Accounts with exactly this phone or account number, to say who the customer is (blind indexes)."""
    return [
        {
            "account_id": row.pk,
            "customer_id": row.customer_id,
            "name": masked(row.customer, "name", actor),
            "number": masked(row, "number", actor),
            "address": masked(row, "address", actor),
            "org": row.org.label,
        }
        for row in customers.search_customers(actor, q)[:FOUND]
    ]


def quotes(actor: Actor, contact: Contact) -> list[dict[str, str]]:
    """Facts of the customer's account as sentences that can go into an answer; empty for an unknown customer."""
    if contact.customer_id is None or not actor.can_somewhere(customers.VIEW):
        return []
    try:
        facts = desk_facts(actor, customer_id=contact.customer_id, account_id=contact.account_id)
    except NotFound:
        return []
    told: list[dict[str, str]] = []

    def add(title: str, text: str) -> None:
        told.append({"title": title, "text": text})

    account = next((one for one in facts.accounts if one.id == facts.account_id), None)
    if account is not None:
        # The last four digits are enough to name an account in a chat.
        add(_("户号"), _("您的户号尾号为 %(tail)s") % {"tail": account.number[-4:]})
        add(_("电价"), _("该户执行的电价方案是：%(plan)s") % {"plan": account.plan})
        add(_("用电地址"), _("用电地址：%(address)s") % {"address": account.address})
    for bill in [one for one in facts.bills if one.account_id == facts.account_id][:3]:
        values = {"month": f"{bill.month:%Y-%m}", "kwh": bill.kwh, "amount": bill.amount, "due": f"{bill.due:%Y-%m-%d}"}
        if bill.state == "paid":
            add(_("%(month)s 电费") % values, _("%(month)s 用电 %(kwh)s 千瓦时，电费 %(amount)s 元，已缴清") % values)
        else:
            text = _("%(month)s 用电 %(kwh)s 千瓦时，电费 %(amount)s 元，请于 %(due)s 前缴纳") % values
            add(_("%(month)s 电费") % values, text)
    if facts.unpaid_count:
        unpaid = {"n": facts.unpaid_count, "sum": facts.unpaid}
        add(_("未缴电费"), _("目前共有 %(n)s 笔未缴电费，合计 %(sum)s 元") % unpaid)
    if facts.tier is not None:
        tier = {"tier": facts.tier.tier, "used": facts.tier.used, "left": facts.tier.left, "price": facts.tier.price}
        words = _("今年已用 %(used)s 千瓦时，处于第 %(tier)s 档，电价每千瓦时 %(price)s 元")
        if facts.tier.left is not None:
            words += _("，距下一档还有 %(left)s 千瓦时")
        add(_("阶梯位置"), words % tier)
    return told
