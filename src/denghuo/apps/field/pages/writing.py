"""Running a form's action once, however often the form is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from denghuo.core.actions import run_idempotent
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.web.http import hx_redirect


def once(request: HttpRequest, actor: Actor, name: str, run: Callable[[], Any]) -> Any:
    """Run ``run`` under the form's key; the same form sent again gets the first answer. Payload is what was typed."""
    typed = {
        key: values
        for key, values in request.POST.lists()
        if key not in {"csrfmiddlewaretoken", "idempotency_key", "lon", "lat"}
    }
    payload = {"path": request.path, "form": typed}
    answer, _replayed = run_idempotent(actor, request.POST.get("idempotency_key") or None, name, payload, run)
    return answer


def refused(request: HttpRequest, error: Conflict | InvalidInput, url: str) -> HttpResponse:
    """Say what was wrong and show the page afresh, so that the reader sees the state that made it wrong."""
    for text in dict.fromkeys(
        [t for ts in error.fields.values() for t in ts] if isinstance(error, InvalidInput) else [error.message]
    ):
        messages.error(request, text)
    return hx_redirect(request, url)


def done(request: HttpRequest, text: str, url: str) -> HttpResponse:
    """Say that it is done and go on."""
    messages.success(request, text)
    return hx_redirect(request, url)
