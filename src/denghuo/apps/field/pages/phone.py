"""The crew's phone as an installed program: manifest, service worker, the screens that need no line."""

from __future__ import annotations

import hashlib
import json

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page

# What the screens use without naming it in their HTML.
OFFERED = ("web/img/denghuo.svg", "field/app/icon-192.png", "field/app/store.js", "field/app/sender.js")
INK = "#1d2936"


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to install the program (W3C Web Application Manifest). Public: browsers ask without cookies."""
    icons = [
        {"src": static(f"field/app/icon-{name}.png"), "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in (
            ("192", "192x192", "any"), ("512", "512x512", "any"), ("maskable-512", "512x512", "maskable"),
        )
    ]  # fmt: skip
    answer = {
        "id": "/field/",
        "name": _("灯火抢修"),
        "short_name": _("灯火抢修"),
        "start_url": "/field/",
        "scope": "/field/",
        "display": "standalone",
        "orientation": "portrait",
        "lang": "zh-CN",
        "theme_color": INK,
        "background_color": INK,
        "icons": icons,
    }
    return JsonResponse(answer, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. Its text changes with every change of a static file, which makes phones fetch the new shell."""
    context = {"version": version(), "offered": json.dumps([static(name) for name in OFFERED])}
    response = render(request, "field/sw.js", context, content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, no_cache=True)
    return response


def version() -> str:
    """Hash of the manifest of static files; of the files' addresses where none is kept (development)."""
    found = getattr(staticfiles_storage, "manifest_hash", "")
    return found or hashlib.sha256("".join(static(name) for name in OFFERED).encode()).hexdigest()[:12]


@staff_page("order.work")
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Shown without a line for a page that has no copy on the phone."""
    return render(request, "field/offline.html")


@staff_page("order.work")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits on this phone to be sent; the phone itself fills it in."""
    return render(request, "field/queue.html")
