"""Turns action errors that a page let through into a page or a toast."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from denghuo.core.errors import ActionError, NotFound, NotSignedIn

TEMPLATES = {403: "403.html", 404: "404.html", 429: "429.html"}


API = "/api/"
PROBLEM = "application/problem+json"
# Refusals that come from below the API's own handlers: no such address, a method the address does not have, a body too large.
BARE = {
    400: ("bad_request", gettext_lazy("请求有误，请核对后重试")),
    404: ("not_found", gettext_lazy("没有这个地址，请查阅 /api/v1/docs")),
    405: ("method_not_allowed", gettext_lazy("此地址不支持该方法，允许的方法见 Allow 响应头")),
    413: ("too_large", gettext_lazy("内容过大，请缩小后重试")),
}
LARGEST_KEY = (1 << 63) - 1


def _too_large(value: Any) -> bool:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return len(value) > 19 or int(value) > LARGEST_KEY
    return isinstance(value, int) and value > LARGEST_KEY


def _says_why(response: HttpResponse) -> bool:
    """A problem document, or the reply of a system that speaks XML."""
    return response.headers.get("Content-Type", "").startswith((PROBLEM, "application/xml"))


def _refusal_of(response: HttpResponse) -> HttpResponse:
    """The same refusal as a problem document, its headers kept."""
    code, message = BARE[response.status_code]
    error = ActionError(str(message), code=code)
    error.status = response.status_code
    made = JsonResponse(error.problem(), status=error.status, content_type=PROBLEM)
    if "Allow" in response.headers:
        made["Allow"] = response["Allow"]
    return made


class ActionErrorMiddleware:
    """A page may let an ActionError rise: an HTMX caller gets a toast, a full page gets the error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in BARE and request.path.startswith(API) and not _says_why(response):
            return _refusal_of(response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        """A number in the address that no row can have is simply not found; it never reaches the database."""
        if not any(_too_large(value) for value in kwargs.values()):
            return None
        error = NotFound()
        if request.path.startswith(API):
            return JsonResponse(error.problem(), status=error.status, content_type=PROBLEM)
        return render(request, TEMPLATES[error.status], {"error": error}, status=error.status)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, ActionError):
            return None
        if isinstance(error, NotSignedIn):
            return self._to_sign_in(request)
        if getattr(request, "htmx", False):
            toast = {"toast": {"level": "error", "text": error.message}}
            headers = {"HX-Trigger": json.dumps(toast), "HX-Reswap": "none"}
            return HttpResponse(status=error.status, headers=headers)
        template = TEMPLATES.get(error.status, "400.html")
        return render(request, template, {"error": error}, status=error.status)

    @staticmethod
    def _to_sign_in(request: HttpRequest) -> HttpResponse:
        """Off to sign in, and afterwards back to the page; a part of a page sends the whole page there."""
        htmx: Any = getattr(request, "htmx", None)
        here = (htmx.current_url_abs_path if htmx else request.get_full_path()) or "/"
        url = f"{reverse('accounts:sign-in')}?{urlencode({'next': here})}"
        return HttpResponse(headers={"HX-Redirect": url}) if htmx else redirect(url)
