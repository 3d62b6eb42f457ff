"""The knowledge panel beside a conversation: search now, read the answer, put it into the reply."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.choices import Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.pages.panels import TAKE, contact_for, show
from denghuo.apps.knowledge import queries as knowledge
from denghuo.apps.knowledge.actions import note_use
from denghuo.apps.knowledge.actions.asking import Asking, note_chosen
from denghuo.apps.knowledge.choices import AskedBy, Scene, SearchOutcome, Use
from denghuo.apps.knowledge.graph.asking import ask_both
from denghuo.apps.knowledge.graph.cards import card_of
from denghuo.apps.knowledge.searching.deciding import thresholds
from denghuo.apps.knowledge.searching.explaining import shown
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit

FOUND = 8


@require_GET
@staff_page(TAKE)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """``?q=`` searches (``?scene=`` narrows), ``?results=1`` gives the list alone, ``?entry=`` opens an answer."""
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    org = place_of(contact)
    entry_id = number(request.GET.get("entry"))
    if entry_id is not None:
        return _entry(request, actor, contact, org, entry_id)
    q, scene = request.GET.get("q", "").strip()[: knowledge.LONGEST_QUERY], request.GET.get("scene", "")
    scene = scene if scene in Scene.values else ""
    context: dict[str, Any] = {"contact": contact, "q": q, "scene": scene, "scenes": Scene.choices, "org": org}
    if q:
        asking = Asking(q, org, AskedBy.AGENT, contact.channel, contact.pk, actor.id, scene, moment.now())
        reply, graph = ask_both(asking, limit=FOUND)
        least = _least(reply.outcome, org)
        hits = [shown(hit) for hit in reply.found if hit.score >= least]
        context |= {"hits": hits, "outcome": reply.outcome, "asked": reply.asked_id, "card": card_of(graph, q)}
    elif scene:
        context["browse"] = list(knowledge.in_force(org).filter(scene=scene).order_by("position", "pk")[:40])
    else:
        context["recent"] = knowledge.recent_of(actor.id or 0, org)
        context["most_used"] = knowledge.most_used(org)
    if "results" in request.GET:
        return show(request, "_knowledge_results", context)
    context["last_words"] = last_words(contact)
    return show(request, "knowledge", context)


def _least(outcome: str, org: OrgUnit) -> float:
    """What an answer must score to be listed; after a refusal its share of what a choice would need."""
    if outcome != SearchOutcome.REFUSE:
        return float(policies.get("knowledge.search.floor", org))
    limits = thresholds(org)
    return limits.choices / max(1, limits.most)


def _entry(request: HttpRequest, actor: Actor, contact: Contact, org: OrgUnit, entry_id: int) -> HttpResponse:
    entry = knowledge.entry_in_force(entry_id, org)
    note_use(actor, entry.pk, Use.OPENED, contact_id=contact.pk)
    asked = number(request.GET.get("asked"))
    _choose(actor, asked, entry.pk)
    link = request.build_absolute_uri(reverse("knowledge:public", args=[entry.pk])) if entry.public else ""
    context = {"contact": contact, "entry": entry, "link": link, "q": request.GET.get("q", ""), "asked": asked}
    return show(request, "knowledge_entry", context)


@require_POST
@staff_page(TAKE)
def use(request: HttpRequest, pk: int, entry_id: int) -> HttpResponse:
    """The agent put the answer (``how=inserted``) or its link (``how=linked``) into the reply."""
    actor = actor_of(request)
    contact = contact_for(actor, pk)
    note_use(actor, entry_id, request.POST.get("how", ""), contact_id=contact.pk)
    _choose(actor, number(request.POST.get("asked")), entry_id)
    return HttpResponse(status=204)


def _choose(actor: Actor, asked_id: int | None, entry_id: int) -> None:
    """The answer was taken from what a search found; a search that is gone takes nothing from the agent."""
    if asked_id is None:
        return
    try:
        note_chosen(actor, asked_id, entry_id)
    except ActionError:
        return


def number(text: str | None) -> int | None:
    """A key in an address or a form; None when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def place_of(contact: Contact) -> OrgUnit:
    """Where the customer is: the unit of their account when known, else that of the conversation."""
    return contact.account.org if contact.account_id and contact.account else contact.org


def last_words(contact: Contact) -> str:
    """What the customer said last, short enough to search with; else the subject."""
    rows = Message.objects.filter(contact=contact, sender=Sender.CUSTOMER).exclude(text="").order_by("-pk")
    text = rows.values_list("text", flat=True).first() or contact.subject
    return text.strip()[:60]
