"""Small answers that pages give to HTMX: toasts, going elsewhere, reloading a table."""

from __future__ import annotations

import json
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

Level = Literal["info", "success", "warning", "error"]


def _add_trigger(response: HttpResponseBase, name: str, detail: Any) -> None:
    present = json.loads(response.headers.get("HX-Trigger", "{}"))
    present[name] = detail
    # HTTP headers carry latin-1 only, so Chinese is escaped
    response.headers["HX-Trigger"] = json.dumps(present, ensure_ascii=True)


def toast(response: HttpResponseBase, text: str, level: Level = "success") -> HttpResponseBase:
    """Let the page show ``text`` when this answer arrives; several toasts add up."""
    present = json.loads(response.headers.get("HX-Trigger", "{}")).get("toast", {"list": []})
    listed = present.get("list", [present])
    listed.append({"level": level, "text": str(text)})
    _add_trigger(response, "toast", {"list": listed})
    return response


def trigger(response: HttpResponseBase, name: str, detail: Any = None) -> HttpResponseBase:
    """Fire a browser event on the element that asked, e.g. ``trigger(response, "table-reload")``."""
    _add_trigger(response, name, detail)
    return response


def hx_redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Go to ``url``: a header for HTMX, an ordinary redirect otherwise."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
