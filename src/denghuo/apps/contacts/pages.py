"""The agent's desk: take the next contact, see who it is, write the request down, close."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts import actions, queries
from denghuo.core import moment
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.privacy import masked

SHOWN = 30


def _queue(actor: Any) -> dict[str, Any]:
    rows = queries.waiting(actor)
    return {"waiting": rows[:SHOWN], "waiting_count": rows.count(), "paths": actor.paths_for(queries.VIEW)}


@staff_page("contact.take")
def desk(request: HttpRequest) -> HttpResponse:
    """What I serve, and who waits."""
    actor = actor_of(request)
    mine = list(queries.mine(actor))
    for contact in mine:
        contact.phone_shown = masked(contact, "caller_phone", actor)
        contact.waited = (contact.taken_at or moment.now()) - contact.opened_at
    paths = actor.paths_for(queries.VIEW)
    context = _queue(actor) | {"mine": mine, "live_topics": [f"floor:{path}" for path in paths]}
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
