"""A conversation as the supervisor follows it: listen, whisper to the agent, step in."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.actions.parties import barge, leave_party, monitor
from denghuo.apps.contacts.choices import Audience, ContactState, PartyRole, PartyState, Sender
from denghuo.apps.contacts.desk_queries import card, said
from denghuo.apps.contacts.models import Contact, ContactParty
from denghuo.apps.floor.models import FloorException
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of

PERMISSION = "contact.monitor"


def _contact(actor: Actor, pk: int) -> Contact:
    rows = Contact.objects.visible_to(actor, PERMISSION)
    contact = rows.select_related("org", "queue", "customer", "account", "agent").filter(pk=pk).first()
    if contact is None:
        raise NotFound(_("没有这条联络，或不在您的管辖范围"))
    return contact


def _context(actor: Actor, contact: Contact) -> dict[str, Any]:
    party = ContactParty.objects.filter(
        contact=contact, staff_id=actor.id, left_at=None, state=PartyState.JOINED
    ).first()
    return {
        "contact": contact,
        "card": card(contact, actor),
        "party": party,
        "loud": party is not None and party.role in (PartyRole.BARGE, PartyRole.CONFERENCE),
        "going": contact.state == ContactState.IN_SERVICE,
        # What is said is shown to those who listen, and listening is on record.
        "said": said(actor, contact)["items"] if party else None,
        "at": moment.now(),
        "odd": FloorException.objects.filter(contact_id=contact.pk).order_by("-raised_at")[:8],
        "live_topics": [f"contact:{contact.pk}"],
    }


@require_GET
@staff_page(PERMISSION)
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation; an HTMX call gets the moving part."""
    actor = actor_of(request)
    context = _context(actor, _contact(actor, pk))
    template = "floor/live/_contact.html" if getattr(request, "htmx", False) else "floor/live/contact.html"
    return render(request, template, context)


@require_POST
@staff_page(PERMISSION)
def act(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Listen, step in, go out, or say something: to the agent alone, or to everybody."""
    actor = actor_of(request)
    _contact(actor, pk)
    here = reverse("floor:contact", args=[pk])
    if what == "say":
        return _say(request, actor, pk, here)
    doing = {
        "monitor": (monitor, _("已开始监听，客户和坐席看不到您")),
        "barge": (barge, _("已加入会话，客户可以看到您的发言")),
        "leave": (leave_party, _("已离开会话")),
    }
    if what not in doing:
        raise NotFound()
    do, done = doing[what]
    return attempt(request, lambda: do(actor, pk), done, here)


def _say(request: HttpRequest, actor: Actor, pk: int, here: str) -> HttpResponse:
    text, aloud = request.POST.get("text", ""), request.POST.get("aloud") == "1"
    try:
        client_id = uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        client_id = uuid.uuid4()
    audience = Audience.EVERYONE if aloud else Audience.STAFF

    def do() -> None:
        actions.post_message(actor, pk, client_id=client_id, text=text, sender=Sender.AGENT, audience=audience)

    return attempt(request, do, _("已发送给客户") if aloud else _("已悄悄发给坐席"), here)
