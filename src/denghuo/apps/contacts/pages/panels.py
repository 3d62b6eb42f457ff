"""The panels beside a conversation: the customer, the history, the scripts.

Each is a fragment for the desk; opened as a page of its own it comes inside a plain frame.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.accounts.pages_reveal import reveal_url
from denghuo.apps.contacts import panel_facts, queries
from denghuo.apps.contacts.actions.handing import identify_contact
from denghuo.apps.contacts.models import Contact
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.desk import DeskFacts, desk_facts
from denghuo.apps.customers.models import Account
from denghuo.apps.grid import queries as grid
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotAllowed, NotFound
from denghuo.core.http import actor_of
from denghuo.core.privacy import masked, may_view
from denghuo.web.http import toast, trigger

TAKE = "contact.take"
SHOWN_MESSAGES = 300
CHART = {"months": (12, 20, 44), "days": (30, 8, 44)}  # bars, distance, height


def show(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The fragment, or the same inside a page when somebody opened its address."""
    return show_as(request, f"contacts/panels/{name}.html", context, status)


def show_as(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The same for a panel that another app brings."""
    if request.headers.get("Sec-Fetch-Dest") == "document" or "frame" in request.GET:
        return render(request, "contacts/panels/frame.html", {**context, "fragment": template}, status=status)
    return render(request, template, context, status=status)


def contact_for(actor: Actor, pk: int) -> Contact:
    """A conversation the actor may see and take part in. Raises NotFound, NotAllowed."""
    contact = queries.detail(actor, pk)
    actor.require(TAKE, contact.org.path)
    return contact


@require_http_methods(["GET", "POST"])
@staff_page(TAKE)
def customer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Who it is and all about their electricity; while unknown, the way to find out.

    GET ``?account=`` shows that account; ``?find=1`` opens the search. POST ``q`` searches, POST ``account_id`` (or
    ``forget``) identifies.
    """
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    if request.method == "POST" and ("account_id" in request.POST or "forget" in request.POST):
        return _identify(request, actor, contact)
    return show(request, "customer", *_customer(request, actor, contact))


def _customer(request: HttpRequest, actor: Actor, contact: Contact) -> tuple[dict[str, Any], int]:
    facts = _facts(actor, contact, _number(request.GET.get("account")))
    context: dict[str, Any] = {"contact": contact, "facts": facts, "q": "", "error": ""}
    context["phone"] = masked(contact, "caller_phone", actor)
    context["phone_reveal"] = _reveal(actor, contact, "caller_phone")
    if facts is not None:
        context |= _electricity(actor, contact, facts)
    status = 200
    if facts is None or "find" in request.GET or request.method == "POST":
        context["finding"] = True
        context["q"] = q = request.POST.get("q", "").strip()
        try:
            context["found"] = _search(actor, q) if request.method == "POST" else _by_phone(actor, contact)
        except InvalidInput as error:
            context["error"], status = " ".join(error.fields.get("q", [error.message])), 422
    return context, status


def _identify(request: HttpRequest, actor: Actor, contact: Contact) -> HttpResponseBase:
    account_id = _number(request.POST.get("account_id"))
    try:
        contact = identify_contact(actor, contact.pk, account_id=account_id)
    except NotFound:
        raise
    except ActionError as error:
        context, _status = _customer(request, actor, contact)
        return show(request, "customer", context | {"error": error.message}, status=error.status)
    request.method = "GET"  # shown as it is now
    context, _status = _customer(request, actor, contact_for(actor, contact.pk))
    response = show(request, "customer", context)
    trigger(response, "desk:identified", {"contact": contact.pk})
    return toast(response, _("已识别客户") if account_id else _("已清除识别结果"))


def _facts(actor: Actor, contact: Contact, account_id: int | None) -> DeskFacts | None:
    if contact.customer_id is None:
        return None
    try:
        return desk_facts(actor, customer_id=contact.customer_id, account_id=account_id or contact.account_id)
    except (NotFound, NotAllowed):
        return None  # known to the house, outside this person's units


def _electricity(actor: Actor, contact: Contact, facts: DeskFacts) -> dict[str, Any]:
    chosen = next((one for one in facts.accounts if one.id == facts.account_id), None)
    months = [(f"{day:%Y-%m} · {kwh} kWh · ¥{yuan}", float(kwh)) for day, kwh, yuan in facts.months]
    days = [(f"{day:%m-%d} · {kwh:g} kWh", kwh) for day, kwh in facts.days]
    spoken = "en" if contact.language.startswith("en") else "zh-hans"
    by_transformer = grid.outages_explaining({one.transformer_id for one in facts.accounts if one.transformer_id})
    cuts = grid.account_cuts([one.id for one in facts.accounts])
    outages = []
    for one in facts.accounts:
        for outage in filter(None, (cuts.get(one.id), by_transformer.get(one.transformer_id or 0))):
            # Said to the customer, so in the customer's language, not in that of the agent's screen.
            with translation.override(spoken):
                outages.append({"account": one, "outage": outage, "text": panel_facts.outage_text(outage)})
    tier = facts.tier
    return {
        "account": chosen,
        "reveals": _reveals(actor, contact, facts),
        "months": _chart(months, "months"),
        "days": _chart(days, "days"),
        "latest_month": facts.months[-1] if facts.months else None,
        "outages": outages,
        "filings": grid.filings_for(transformer_id=chosen.transformer_id if chosen else None, org=contact.org),
        "open_bills": [bill for bill in facts.bills if bill.state == "open"],
        "tier_share": round(100 * tier.used / (tier.used + tier.left)) if tier and tier.left is not None else 100,
        "unpaid_text": _unpaid(facts, spoken) if facts.unpaid_count else "",
        "live_topics": [f"contact:{contact.pk}"],
    }


def _unpaid(facts: DeskFacts, language: str) -> str:
    with translation.override(language):
        return _(
            "您目前有 %(count)s 笔电费未缴，共 %(sum)s 元，可在网上营业厅、手机应用或微信、支付宝生活缴费中缴纳。"
        ) % {"count": facts.unpaid_count, "sum": facts.unpaid}


def _chart(values: list[tuple[str, float]], kind: str) -> dict[str, Any] | None:
    count, step, height = CHART[kind]
    shown = values[-count:]
    if not shown:
        return None
    return {
        "bars": panel_facts.bars(shown, step=step, height=height),
        "box": f"0 0 {len(shown) * step} {height}",
        "bar": step - (5 if kind == "months" else 2),
        "first": shown[0][0].split(" · ")[0],
        "last": shown[-1][0].split(" · ")[0],
        "most": max(shown, key=lambda pair: pair[1])[0],
    }


def _reveal(actor: Actor, obj: Any, field: str) -> str:
    if not getattr(obj, field) or may_view(obj, field, actor) or not actor.can("privacy.reveal", obj.org.path):
        return ""
    return reveal_url(obj, field)


def _reveals(actor: Actor, contact: Contact, facts: DeskFacts) -> dict[str, str]:
    if not actor.can("privacy.reveal", contact.org.path):
        return {}
    found = {field: _reveal(actor, contact.customer, field) for field in ("name", "phone")}
    row = Account.objects.select_related("org").filter(pk=facts.account_id).first()
    if row is not None:
        found |= {field: _reveal(actor, row, field) for field in ("number", "address")}
    return found


def _search(actor: Actor, q: str) -> list[dict[str, Any]]:
    return _candidates(actor, list(customers.search_customers(actor, q)))


def _by_phone(actor: Actor, contact: Contact) -> list[dict[str, Any]] | None:
    """Who is registered under the number that called; None: nothing to ask with."""
    if not contact.caller_phone or contact.customer_id is not None:
        return None
    try:
        return _candidates(actor, list(customers.search_customers(actor, contact.caller_phone)))
    except (InvalidInput, NotAllowed):
        return None


def _candidates(actor: Actor, rows: list[Account]) -> list[dict[str, Any]]:
    return [
        {
            "account_id": row.pk,
            "name": masked(row.customer, "name", actor),
            "number": masked(row, "number", actor),
            "address": masked(row, "address", actor),
            "org": row.org.label,
            "sensitive": row.customer.sensitive and actor.can("customers.marks_view", row.customer.org.path),
        }
        for row in rows
    ]


@require_GET
@staff_page(TAKE)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """What came before over all channels, ``?page=`` from 1. Later pages come as rows to append."""
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    page = max(1, _number(request.GET.get("page")) or 1)
    rows, more = panel_facts.history_of(actor, contact, page)
    for row in rows:
        row.note_shown = panel_facts.note_of(row, actor)  # type: ignore[attr-defined]
        row.when_short = timezone.localtime(row.opened_at)  # type: ignore[attr-defined]
    context = {"contact": contact, "rows": rows, "next": page + 1 if more else None, "page": page}
    name = "history" if page == 1 else "_history_rows"
    return show(request, name, context)


@require_GET
@staff_page(TAKE)
def history_messages(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """What was said in an earlier conversation, the newest ``SHOWN_MESSAGES``."""
    actor = actor_of(request)
    contact_for(actor, pk)
    earlier = queries.detail(actor, other)
    talk = queries.messages(earlier.pk)
    for message in talk:
        message.shown = panel_facts.spoken(message.text, actor, earlier.org)  # type: ignore[attr-defined]
    cut = max(0, len(talk) - SHOWN_MESSAGES)
    return show(request, "_messages", {"contact": earlier, "talk": talk[cut:], "cut": cut})


@require_GET
@staff_page(TAKE)
def script(request: HttpRequest, pk: int) -> HttpResponse:
    """Scripts for the scene: what fits the customer's words comes first; ``?script=`` opens one, ``?q=`` searches."""
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    q = request.GET.get("q", "").strip()[:40]
    fitting = panel_facts.scripts_for(contact, panel_facts.said_by_customer(contact), q)
    wanted = _number(request.GET.get("script"))
    chosen = next((one for one in fitting if one.script.pk == wanted), None)
    if chosen is None and wanted is None and not q and fitting and fitting[0].words:
        chosen = fitting[0]
    context = {"contact": contact, "fitting": fitting, "chosen": chosen, "q": q, "listed": "list" in request.GET}
    return show(request, "script", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
