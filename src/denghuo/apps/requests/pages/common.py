"""What the staff screens of requests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from denghuo.apps.accounts.pages_reveal import reveal_url
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.privacy import mask, masked, may_view
from denghuo.core.privacy.masking import HIDDEN
from denghuo.web.formtools import add_refusal, once

PERSONAL = ("caller_name", "caller_phone", "address")


def person_of(request: Request, actor: Actor) -> dict[str, str]:
    """The caller's data as ``actor`` may see it."""
    shown = {name: masked(request, name, actor) for name in PERSONAL}
    if request.account_id:
        shown["account_number"] = masked(request.account, "number", actor)
    return shown


def reveals_of(request: Request, actor: Actor) -> dict[str, str]:
    """Where each masked value may be unmasked with a reason; empty for what is plain or may not be."""
    allowed = actor.can("privacy.reveal", request.org.path)
    return {
        name: reveal_url(request, name) if allowed and not may_view(request, name, actor) else "" for name in PERSONAL
    }


def free_text(text: str, request: Request, actor: Actor) -> str:
    """Free text with phone and identity numbers hidden from those who may not see the phone; nothing of what is withheld."""
    if request.withheld_from(actor):
        return HIDDEN
    return text if may_view(request, "caller_phone", actor) else mask("note", text)


def perform(
    request: HttpRequest, pk: int, name: str, form: Form, act: Callable[[Actor, dict[str, Any]], str]
) -> HttpResponse | None:
    """Run one action from a posted form under its idempotency key.

    ``act`` gets the actor and the clean data and gives the sentence for the toast. None means: refused, and ``form``
    says why; the caller shows it again with what was typed.
    """
    actor = actor_of(request)
    if not form.is_valid():
        return None
    try:
        text = once(request, actor, f"{name}:{pk}", lambda: str(act(actor, form.cleaned_data)))
    except ActionError as error:
        add_refusal(form, error)
        return None
    messages.success(request, text)
    return redirect("requests:detail", pk=pk)


def act_or_say(request: HttpRequest, pk: int, name: str, act: Callable[[Actor], str], then: str = "") -> HttpResponse:
    """Run one action that has no form of its own; a refusal becomes a toast on the same page."""
    actor = actor_of(request)
    try:
        messages.success(request, once(request, actor, f"{name}:{pk}", lambda: str(act(actor))))
    except ActionError as error:
        messages.error(request, error.message or _("操作未能完成"))
    return redirect(then) if then else redirect("requests:detail", pk=pk)
