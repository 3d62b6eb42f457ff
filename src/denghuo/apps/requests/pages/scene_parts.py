"""HTMX: the scene's part of a form, anew when type, phenomenon, scope or template change. What was typed comes back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.scene_parts import part_of
from denghuo.core.scoping.models import OrgUnit

INNER = "requests/scenes/_part_inner.html"


@require_POST
@staff_page("request.create")
def staff_part(request: HttpRequest) -> HttpResponse:
    """On the agent's form."""
    return render(request, INNER, {"part": part_of(request.POST, audience="agent", org=named_org(request))})


@require_POST
def hall_part(request: HttpRequest) -> HttpResponse:
    """On a form of the public hall. Nothing is kept and nothing is told that the form does not show to everybody."""
    told = request.POST.copy()
    told.setdefault("type", RequestType.FAULT_REPORT)  # the form of a fault report does not ask for it
    part = part_of(told, audience="customer", channel=Channel.WEB_FORM, org=named_org(request))
    return render(request, INNER, {"part": part})


def named_org(request: HttpRequest) -> OrgUnit | None:
    """The county chosen in the form, whose own templates go before the company's."""
    number = request.POST.get("org_id", "")
    usable = number.isascii() and number.isdigit() and len(number) < 19
    return OrgUnit.objects.filter(pk=int(number)).first() if usable else None
