"""The line on the crew's phone: are you all right, and the call for help."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.safety import actions, queries
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.http import actor_of
from denghuo.web.formtools import once
from denghuo.web.http import toast


def _line(request: HttpRequest, actor: Actor) -> HttpResponse:
    alarms = queries.asked_of(actor.id) if actor.kind == "staff" and actor.id is not None else []
    asked = [alarm for alarm in alarms if alarm.stage == "asked"]
    context = {"asked": asked, "open": [alarm for alarm in alarms if alarm.stage != "asked"]}
    return render(request, "safety/_phone.html", context)


@staff_page("order.work")
@require_GET
def line(request: HttpRequest) -> HttpResponse:
    """What is asked of the reader, and the button for help."""
    return _line(request, actor_of(request))


@staff_page("order.work")
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """All is well."""
    actor = actor_of(request)
    try:
        once(request, actor, "safety.answer", lambda: actions.answer_ok(actor, pk).pk)
    except Conflict:
        pass  # ended meanwhile: the line shows that
    return toast(_line(request, actor), _("已告知调度：您平安"))


@staff_page("order.work")
@require_POST
def call_help(request: HttpRequest) -> HttpResponse:
    """Call for help, with the place where the phone knows it."""
    actor = actor_of(request)
    lon, lat = _degrees(request.POST.get("lon"), 180), _degrees(request.POST.get("lat"), 90)
    if lon is None or lat is None:
        lon = lat = None
    once(request, actor, "safety.call_help", lambda: actions.call_help(actor, lon=lon, lat=lat).pk)
    return toast(_line(request, actor), _("求救已发出，调度已收到"), "warning")


def _degrees(text: str | None, most: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if -most <= value <= most else None
