"""Doing what the machine decided: looking up answers, running functions, making requests, opening pages.

Each gives the result the machine waits for. Whatever refuses says so in words that are told to the customer; nothing
here decides what comes next.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.assistant import asking, filling
from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.assistant.understanding import county_of
from denghuo.apps.channels.actions import run_function
from denghuo.apps.channels.choices import AnswerState
from denghuo.apps.channels.registry import FUNCTIONS, Answer
from denghuo.apps.contacts.models import Contact
from denghuo.apps.customers.queries import find_account
from denghuo.apps.knowledge.queries import entry_in_force
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.actions import RequestDraft, submit_request
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.scoping.models import OrgKind
from denghuo.engine.dialogue import Act

NONE = "-"  # what the machine keeps for something the customer need not say


@dataclass(slots=True)
class Told:
    """What is shown to the customer of an act: a text, lines of a card, a link; and the result for the machine."""

    result: dict[str, Any]
    text: str = ""
    title: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    url: str = ""
    entry_id: int | None = None
    asked_id: int | None = None
    solved: bool = False
    graph: bool = False


def customer_of(contact: Contact) -> Actor:
    """The customer as the one who acts: what the robot does for them is limited and recorded as theirs."""
    return Actor(
        kind="customer", id=contact.customer_id, name=str(contact.channel), session_id=f"contact:{contact.pk}",
        ip=f"contact:{contact.pk}",
    )  # fmt: skip


def do(contact: Contact, talk: RobotTalk, act: Act, key: str) -> Told:
    """Do one act that wants a result. ``key`` makes a request of this very turn be made once. A refusal undoes what the
    act had begun."""
    handlers = {"answer": _answer, "call": _call, "verify": _verify, "request": _request, "open": _open}
    try:
        with transaction.atomic():
            return handlers[act.kind](contact, talk, act, key)
    except InvalidInput as error:
        texts = [text for found in error.fields.values() for text in found] or [error.message]
        return Told({"ok": False, "missing": _named(error.fields)}, text="；".join(dict.fromkeys(texts)))
    except ActionError as error:
        return Told({"ok": False}, text=error.message)


def _named(fields: Mapping[str, Any]) -> list[str]:
    """Fields of a refusal by the names slots usually have."""
    names = {
        "caller_phone": "phone", "caller_name": "name", "org_id": "county", "place": "address", "number": "number",
        "account_number": "account", "proof": "phone",
    }  # fmt: skip
    return list(dict.fromkeys(names.get(name, name) for name in fields))


# --- knowledge --------------------------------------------------------------------------------------------------------


def _answer(contact: Contact, talk: RobotTalk, act: Act, key: str) -> Told:
    """The approved answer word for word, facts of the graph with their sources, what must be known first, or the questions
    that come near."""
    chosen = str(act.data.get("chosen", ""))
    if chosen.isdigit():
        try:
            entry = entry_in_force(int(chosen), contact.org)
        except NotFound:
            return Told({"outcome": "refuse"})
        return Told({"outcome": "answer"}, text=entry.answer, entry_id=entry.pk)
    asked = asking.Asked(act.text, str(act.data.get("question", "")), int(act.data.get("followed", 0)))
    found = asking.look_up(contact, talk, asked)
    if found.card is not None:
        return _of_graph(contact, found, found.card)
    return _of_base(contact, found)


def _of_graph(contact: Contact, found: asking.Found, card: asking.Card) -> Told:
    if not card.asks:
        text = f"{card.sentence}\n{asking.sources_line(card)}" if card.sources else card.sentence
        return Told({"outcome": "answer"}, text=text, asked_id=found.asked_id, graph=True)
    most = policies.get("assistant.options_most", contact.org)
    labels = [label for label, _whole in card.options[:most]]
    result = {"outcome": "ask", "text": card.sentence, "choices": labels, "words": found.text}
    return Told(result, asked_id=found.asked_id)


def _of_base(contact: Contact, found: asking.Found) -> Told:
    reply, asked_id = found.reply, found.asked_id
    if reply.outcome == "answer" and reply.hits:
        entry = reply.hits[0].entry
        return Told({"outcome": "answer"}, text=entry.answer, entry_id=entry.pk, asked_id=asked_id)
    if reply.outcome == "choices" and reply.hits:
        most = policies.get("assistant.choices_most", contact.org)
        offered = [[hit.entry.question, str(hit.entry.pk)] for hit in reply.hits[:most]]
        return Told({"outcome": "choices", "choices": offered}, asked_id=asked_id)
    # The graph knows that it holds nothing for the place named: better said than left open.
    lacking = found.graph.sentence if found.graph is not None else ""
    return Told({"outcome": "refuse"}, text=lacking, asked_id=asked_id)


# --- functions --------------------------------------------------------------------------------------------------------


def _call(contact: Contact, talk: RobotTalk, act: Act, key: str) -> Told:
    code = str(act.data["function"])
    function = FUNCTIONS[code]
    known = {item.name for item in function.fields}
    inputs = {
        name: _input(value) for name, value in act.data.get("inputs", {}).items() if name in known and value != NONE
    }
    answer = run_function(
        customer_of(contact), channel=str(contact.channel), code=code, org=contact.org, inputs=inputs,
        account_id=contact.account_id, customer_id=contact.customer_id, contact_id=contact.pk,
    )  # fmt: skip
    return _told(answer)


def _input(value: Any) -> Any:
    return str(value)


def _told(answer: Answer) -> Told:
    lines: list[tuple[str, str]] = []
    for card in answer.cards:
        many = len(answer.cards) > 1
        lines += [(f"{card.title} · {label}" if many else str(label), str(value)) for label, value in card.lines]
    title = str(answer.cards[0].title) if len(answer.cards) == 1 else ""
    done = answer.state == AnswerState.DONE
    result = {
        "ok": done, "hand_over": answer.state == AnswerState.HANDED_OVER, "text": str(answer.text),
        "missing": _named(dict.fromkeys(answer.missing)),
    }  # fmt: skip
    return Told(result, str(answer.text), title, tuple(lines), answer.url, solved=done)


def _verify(contact: Contact, talk: RobotTalk, act: Act, key: str) -> Told:
    """Whether the customer is the holder of the account: its number with the phone or name on record."""
    if contact.account_id is not None:
        return Told({"ok": True})
    inputs = act.data.get("inputs", {})
    proof = str(inputs.get("proof", ""))
    phone = proof if sum(char.isdigit() for char in proof) >= 7 else ""
    account = find_account(
        customer_of(contact), str(inputs.get("account", "")), phone=phone, name="" if phone else proof
    )
    if account is None:
        return Told({"ok": False, "missing": ["account", "proof"]}, text=_("户号与登记信息不相符，请核对后再试"))
    contact.account, contact.customer = account, account.customer
    contact.save(update_fields=["account", "customer"])
    return Told({"ok": True})


# --- requests ---------------------------------------------------------------------------------------------------------


def _request(contact: Contact, talk: RobotTalk, act: Act, key: str) -> Told:
    """Make the request on the path agents use; the conversation is linked to it."""
    given = {name: value for name, value in act.data.get("inputs", {}).items() if value != NONE}
    kind = str(act.data["function"])
    county = county_of(str(given.get("county", ""))) or (
        contact.org if contact.org.kind == OrgKind.COUNTY else None
    )  # fmt: skip
    draft = RequestDraft(
        type=kind, channel=str(contact.channel), caller_name=given.get("name", ""),
        caller_phone=given.get("phone", ""), account_id=contact.account_id,
        org_id=None if contact.account_id else (county.pk if county else None), address=given.get("address", ""),
        phenomenon=given.get("phenomenon", ""), scope=given.get("scope", "") or _scope(kind),
        occurred_at=_when(contact) if kind == c.RequestType.FAULT_REPORT else None,
        description=given.get("description", ""), contact_id=contact.pk,
        client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"robot:{key}"),
    )  # fmt: skip
    made = submit_request(customer_of(contact), data=draft)
    contact.refresh_from_db(fields=["request_id"])
    talk.request_id = made.pk
    text = _("已为您登记“%(type)s”，编号 %(number)s。可随时打开链接查看进度。") % {
        "type": made.get_type_display(), "number": made.number,
    }  # fmt: skip
    lines = ((_("编号"), made.number), (_("类型"), str(made.get_type_display())))
    url = reverse("requests:progress", args=[made.public_token])
    return Told({"ok": True, "text": made.number}, text, _("诉求已登记"), lines, url, solved=True)


def _scope(kind: str) -> str:
    return str(c.Scope.UNKNOWN) if kind == c.RequestType.FAULT_REPORT else ""


def _when(contact: Contact) -> dt.datetime:
    """When the trouble began: at the latest when they came to tell of it."""
    return min(moment.now(), contact.opened_at)


def _open(contact: Contact, talk: RobotTalk, act: Act, key: str) -> Told:
    """A link to the handling page with what is known filled in."""
    page = str(act.data["page"])
    fields = {name: value for name, value in act.data.get("inputs", {}).items() if value != NONE}
    url = filling.link(contact, talk, page, fields)
    return Told({"ok": True}, act.text or _("请打开链接，表单已为您填好，核对后提交即可"), url=url, solved=True)
