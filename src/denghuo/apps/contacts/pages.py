"""The agent's desk: take the next contact, see who it is, write the request down, close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts import actions, queries
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import Contact
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.privacy import masked

SHOWN = 30
SHOWN_DONE = 8
LOOKS = {
    Channel.VOICE: "phone",
    Channel.WEB_FORM: "world",
    Channel.WEB_CHAT: "messages",
    Channel.WECHAT: "message-circle",
    Channel.COUNTER: "building",
    Channel.TRANSFER: "transfer",
}


def _looks(rows: Iterable[Contact], actor: Actor) -> list[Any]:
    """Conversations with what the page writes of them; the number as ``actor`` may see it."""
    found: list[Any] = list(rows)
    for contact in found:
        contact.look = LOOKS.get(contact.channel, "message")
        contact.phone_shown = masked(contact, "caller_phone", actor)
    return found


def _queue(actor: Actor) -> dict[str, Any]:
    rows = queries.waiting(actor)
    shown, count = _looks(rows[:SHOWN], actor), rows.count()
    return {
        "waiting": shown,
        "waiting_count": count,
        "waiting_tone": "warn" if count else "neutral",
        "more": count - len(shown),
        "paths": actor.paths_for(queries.VIEW),
    }


@staff_page("contact.take")
def desk(request: HttpRequest) -> HttpResponse:
    """Whom I serve, whom I served, and who waits."""
    actor = actor_of(request)
    mine = _looks(queries.mine(actor), actor)
    for contact in mine:
        contact.name_shown = masked(contact.customer, "name", actor) if contact.customer else ""
        contact.waited = (contact.taken_at or moment.now()) - contact.opened_at
        contact.talk = queries.messages(contact.pk)
    since = timezone.localtime(moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    done = queries.recent(actor, since).filter(agent_id=actor.id)[:SHOWN_DONE]
    context = _queue(actor)
    context |= {
        "mine": mine,
        "done": _looks(done, actor),
        "live_topics": [f"floor:{path}" for path in context["paths"]],
    }
    return render(request, "contacts/desk.html", context)


@staff_page("contact.take")
def queue(request: HttpRequest) -> HttpResponse:
    """HTMX: the queue alone."""
    return render(request, "contacts/_queue.html", _queue(actor_of(request)))


@staff_page("contact.take")
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """The next who waits."""
    try:
        if actions.take_contact(actor_of(request)) is None:
            messages.info(request, _("现在没有人在排队"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("contacts:desk")


@staff_page("contact.take")
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """End the conversation with its outcome."""
    try:
        actions.close_contact(actor_of(request), pk, outcome=request.POST.get("outcome", ""))
        messages.success(request, _("联络已结束"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("contacts:desk")
