"""Turns action errors that a page let through into a page or a toast."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from denghuo.core.errors import ActionError, NotSignedIn

TEMPLATES = {403: "403.html", 404: "404.html", 429: "429.html"}


class ActionErrorMiddleware:
    """A page may let an ActionError rise: an HTMX caller gets a toast, a full page gets the error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, ActionError):
            return None
        if isinstance(error, NotSignedIn):
            return redirect(f"{reverse('accounts:sign-in')}?next={request.path}")
        if getattr(request, "htmx", False):
            toast = {"toast": {"level": "error", "text": error.message}}
            headers = {"HX-Trigger": json.dumps(toast), "HX-Reswap": "none"}
            return HttpResponse(status=error.status, headers=headers)
        template = TEMPLATES.get(error.status, "400.html")
        return render(request, template, {"error": error}, status=error.status)
