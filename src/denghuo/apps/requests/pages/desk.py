"""The requests of a customer, as a fragment beside the conversation on the agent's desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.linking.reading import worst_area_of_customer
from denghuo.apps.requests.prediction.queries import latest_for
from denghuo.apps.requests.steps import FINAL
from denghuo.core.actors import Actor
from denghuo.core.clocks.reading import clocks_for_many
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web.formtools import once
from denghuo.web.http import toast

SHOWN_OPEN = 8
SHOWN_PAST = 6


@require_GET
@staff_page("requests.view")
def open_requests(request: HttpRequest) -> HttpResponse:
    """``?customer=<id>``: what is open, with its clocks and a button to urge, and what is past, newest first."""
    return render(request, "requests/desk/_open.html", _context(request, actor_of(request), _customer(request.GET)))


@require_POST
@staff_page("request.urge")
def urge(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The customer asks again while talking to us; the list comes back as it is then."""
    actor = actor_of(request)
    customer_id = _customer(request.POST)
    text, level = "", "success"
    try:
        text = once(
            request, actor, f"desk.urge:{pk}", lambda: str(actions.urge_request(actor, pk, insist=True).message)
        )
    except NotFound:
        raise
    except ActionError as error:
        text, level = error.message, "error"
    response = render(request, "requests/desk/_open.html", _context(request, actor, customer_id))
    return toast(response, text, level)  # type: ignore[arg-type]


def _customer(given: Any) -> int:
    text = given.get("customer", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound()
    return int(text)


def _context(request: HttpRequest, actor: Actor, customer_id: int) -> dict[str, Any]:
    rows = queries.request_list(actor, {"customer_id": customer_id})
    lasting = list(rows.exclude(state__in=FINAL)[:SHOWN_OPEN])
    past = list(rows.filter(state__in=FINAL)[:SHOWN_PAST])
    clocks = clocks_for_many("request", [row.pk for row in lasting])
    told = latest_for(lasting)
    for row in lasting:
        row.told = told.get(row.pk)  # type: ignore[attr-defined]
        row.clock = _nearest(clocks.get(row.pk, []))  # type: ignore[attr-defined]
        row.may_urge = actor.can("request.urge", row.org.path)  # type: ignore[attr-defined]
    area = worst_area_of_customer(customer_id)
    return {"open": lasting, "past": past, "customer": customer_id, "area": area}


def _nearest(clocks: list[Any]) -> Any:
    running = [clock for clock in clocks if clock.state in {"running", "warned", "breached", "paused"}]
    return min(running, key=lambda clock: clock.due_at, default=None)
