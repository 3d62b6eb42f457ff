"""The helper's panel on the agent's desk, and how often its suggestions are taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.assistant.assist import figures
from denghuo.apps.assistant.assist.actions import accept, accept_early, ignore, offer
from denghuo.apps.assistant.assist.items import NO_FORM, Item, OnForm, on_form
from denghuo.apps.assistant.assist.making import LONGEST, Offers, enabled, hear, offers_for, step_key
from denghuo.apps.assistant.assist.steps import Step, next_step
from denghuo.apps.assistant.models.suggestions import Suggestion, SuggestionKind, SuggestionOutcome
from denghuo.apps.contacts.as_typed import hidden
from denghuo.apps.contacts.models import Contact
from denghuo.apps.contacts.pages.panels import TAKE, contact_for, show_as
from denghuo.apps.knowledge.searching.explaining import shown as hit_shown
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.http import actor_of

PERIODS = (7, 30, 90)


@require_GET
@staff_page(TAKE)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """What fits what the customer said last. Kept once a message: a refresh of the screen asks and writes nothing anew.

    ``scene``, ``type`` and ``filled`` tell what the form of a request holds (:func:`items.on_form`).
    """
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    if not enabled(contact.org):
        return show_as(request, "assistant/assist/off.html", {"contact": contact})
    given = request.GET
    form = on_form(given.get("scene", ""), given.get("type", ""), given.getlist("filled"))
    return show_as(request, "assistant/assist/panel.html", context_of(actor, contact, form))


def context_of(actor: Actor, contact: Contact, form: OnForm = NO_FORM) -> dict[str, Any]:
    """The suggestions for a conversation, kept when they are new, with what became of those taken before."""
    heard = hear(contact)
    before = {row.key: row for row in Suggestion.objects.filter(contact=contact)}
    fresh = all(row.message_id != heard.message_id for row in before.values())
    made = offers_for(actor, contact, heard, log=fresh and contact.agent_id == actor.id, form=form)
    new = [one for one in made.offers if one.key not in before]
    if new and contact.agent_id == actor.id:
        offer(actor, contact, new, message_id=heard.message_id, asked_id=made.asked_id)
    return {
        "contact": contact,
        "heard": heard,
        "outcome": made.outcome,
        "answers": _rows(made, SuggestionKind.ANSWER, before),
        "steps": [row for row in _rows(made, SuggestionKind.STEP, before) if isinstance(row["it"], Step)],
        "item": next((row for row in _rows(made, SuggestionKind.STEP, before) if isinstance(row["it"], Item)), None),
        "items": made.items,
        "slots": _rows(made, SuggestionKind.SLOT, before),
        "similar": _rows(made, SuggestionKind.SIMILAR, before),
        "holds": contact.agent_id == actor.id,
    }


def _rows(made: Offers, kind: str, before: dict[str, Suggestion]) -> list[dict[str, Any]]:
    rows = []
    for one in made.of(kind):
        known = before.get(one.key)
        if known is not None and known.outcome == SuggestionOutcome.IGNORED:
            continue
        taken = known is not None and known.outcome in {SuggestionOutcome.ACCEPTED, SuggestionOutcome.EDITED}
        seen = hit_shown(one.shown) if kind == SuggestionKind.ANSWER else one.shown
        rows.append({"key": one.key, "text": one.text, "it": seen, "taken": taken})
    return rows


@require_POST
@staff_page(TAKE)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent takes (``do=accept``) or waves away (``do=ignore``) the suggestion ``key``."""
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    key, verb = request.POST.get("key", "")[:64], request.POST.get("do", "")
    if verb not in {"accept", "ignore", "early"}:
        raise InvalidInput({"do": [_("请选择采用或忽略")]})
    if verb == "early":
        accept_early(actor, contact, key, request.POST.get("text", ""))
    else:
        (accept if verb == "accept" else ignore)(actor, contact, key)
    return HttpResponse(status=204)


@require_POST
@staff_page(TAKE)
def typed(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX: what fits the words ``text`` that the customer is typing. For the agent who holds the conversation; nothing is
    kept and no question is logged. Empty when it is nothing, or was sent meanwhile. Raises NotAllowed."""
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    if contact.agent_id != actor.id:
        raise NotAllowed()
    text, heard = hidden(request.POST.get("text", "").strip())[-LONGEST:], hear(contact)
    if not text or not enabled(contact.org) or any(hidden(said).startswith(text) for said in heard.said_last):
        return HttpResponse("")
    early = replace(heard, asked=text, said_last=(text,), customer=(*heard.customer, text))
    made = offers_for(actor, contact, early, log=False, form=None)
    told = next_step(contact, heard.customer, heard.agent)  # stands below already
    context = {
        "contact": contact,
        "text": text,
        "outcome": made.outcome,
        "answers": _rows(made, SuggestionKind.ANSWER, {}),
        "steps": [row for row in _rows(made, SuggestionKind.STEP, {}) if row["key"] != step_key(told)],
        "similar": _rows(made, SuggestionKind.SIMILAR, {}),
    }
    return render(request, "assistant/assist/_typed.html", context)


@require_GET
@staff_page("knowledge.edit", "knowledge.publish", "contact.monitor")
def rates(request: HttpRequest) -> HttpResponse:
    """How often suggestions of each kind, and each answer, are taken (``?days=7|30|90``)."""
    actor = actor_of(request)
    given = request.GET.get("days", "")
    days = int(given) if given in {str(one) for one in PERIODS} else 30
    context = {
        "days": days,
        "periods": PERIODS,
        "kinds": figures.by_kind(actor, days),
        "entries": figures.by_entry(actor, days),
    }
    return render(request, "assistant/assist/rates.html", context)
