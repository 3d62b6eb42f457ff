"""The dispatcher's board: what waits, where crews are, whom to send."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field import actions, queries
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.pages.writing import done, once, refused
from denghuo.apps.field.suggestions import place_of, ruled_out_for, skill_names, skills_for, suggestions_for
from denghuo.apps.grid import queries as grid_queries
from denghuo.apps.requests import queries as requests_queries
from denghuo.apps.requests.choices import RequestState
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.queries import latest_for
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.core.privacy.views import masked
from denghuo.web.states import look_of

PERMISSION = "order.dispatch"
KEYS = 9  # crews that a number key sends


def _waiting_rows(actor: Actor) -> list[dict[str, Any]]:
    items = queries.waiting_for_dispatch(actor, limit=policies.get("dispatch.board_rows"))
    told = latest_for(item.request for item in items)
    return [
        {
            "request": item.request,
            "address": masked(item.request, "address", actor),
            "dispatch_clock": item.dispatch_clock,
            "promise": item.promise,
            "told": told.get(item.request.pk),
        }
        for item in items
    ]


def _running_rows(actor: Actor) -> list[dict[str, Any]]:
    """The orders sent longest ago, at most a screenful: a dispatcher of a whole company has the list for the rest."""
    orders = queries.running_orders(actor, limit=policies.get("dispatch.board_rows"))
    clocks = queries.live_clocks({order.request_id for order in orders})
    return [
        {
            "order": order,
            "address": masked(order.request, "address", actor),
            "promise": queries.promise_of(clocks[order.request_id]),
            "may_withdraw": actor.can("order.withdraw", order.org.path),
        }
        for order in orders
    ]


def _points(actor: Actor, waiting_rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for row in queries.crews_on_map(actor):
        crew, look = row["crew"], look_of("crew", row["state"])
        label = f"{crew.name} · {look.label}" + (f" · {row['order'].number}" if row["order"] else "")
        found.append(
            {
                "id": f"crew-{crew.pk}", "lat": crew.lat, "lng": crew.lon, "icon": "truck", "tone": look.tone,
                "label": label, "square": True,
            }
        )  # fmt: skip
    board_url = reverse("field:dispatch")
    for row in waiting_rows:
        request, place = row["request"], place_of(row["request"])
        if place is None:
            continue
        urgent = request.urgency == "urgent"
        found.append(
            {
                "id": f"request-{request.pk}", "lat": place[1], "lng": place[0],
                "icon": "urgent" if urgent else "bolt-off", "tone": "danger" if urgent else "warn",
                "label": f"{request.number} · {request.get_phenomenon_display() or request.get_type_display()}",
                "url": f"{board_url}?request={request.pk}",
            }
        )  # fmt: skip
    return found


def _chosen(actor: Actor, request_id: int) -> dict[str, Any]:
    """All the dispatcher needs to know of one request. Raises NotFound also when it is out of reach."""
    rows = Request.objects.visible_to(actor, PERMISSION).select_related(
        "org", "account", "transformer__feeder__substation", "outage", "master"
    )
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("没有这条诉求，或不在您的管辖范围"))
    waiting = request.state in (RequestState.ACCEPTED, RequestState.REWORK)
    suggestions = suggestions_for(actor, request) if waiting else []
    outage = request.outage
    if outage is None and request.transformer_id is not None:
        outage = grid_queries.outage_explaining(
            request.transformer_id, request.occurred_at or request.submitted_at, request.account_id
        )
    orders = list(WorkOrder.objects.filter(request=request).select_related("crew").order_by("-pk"))
    clocks = queries.live_clocks([request.pk])[request.pk]
    return {
        "chosen": request,
        "waiting_now": waiting,
        "person": {name: masked(request, name, actor) for name in ("caller_name", "caller_phone", "address")},
        "skills_required": skill_names(skills_for(request)[0]),
        "suggestions": [
            {"item": item, "key": str(number) if number <= KEYS else "", "percent": round(item.score * 100)}
            for number, item in enumerate(suggestions, start=1)
        ],
        "ruled_out": ruled_out_for(actor, request) if waiting and not suggestions else {},
        "outage": outage,
        "duplicates": list(requests_queries.duplicates_of(request, actor=actor)),
        "orders": orders,
        "dispatch_clock": clocks.get("dispatch"),
        "promise": queries.promise_of(clocks),
    }


@staff_page(PERMISSION)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The whole board; ``?request=`` opens one request, ``?order=`` chooses another crew for an order."""
    actor = actor_of(request)
    rows = _waiting_rows(actor)
    paths = actor.paths_for(PERMISSION)
    context: dict[str, Any] = {
        "rows": rows,
        "running": _running_rows(actor),
        "board_rows": policies.get("dispatch.board_rows"),
        "points": _points(actor, rows),
        "live": " ".join(f"floor:{path}" for path in paths),
        "live_topics": [f"floor:{path}" for path in paths],
        "wide": True,
        "chosen_id": _number(request.GET.get("request")),
    }
    if context["chosen_id"] is not None:
        context |= _chosen(actor, context["chosen_id"])
    return render(request, "field/dispatch.html", context)


@staff_page(PERMISSION)
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """The list of what waits, for live refresh."""
    chosen_id = _number(request.GET.get("request"))
    return render(request, "field/_waiting.html", {"rows": _waiting_rows(actor_of(request)), "chosen_id": chosen_id})


@staff_page(PERMISSION)
@require_GET
def running(request: HttpRequest) -> HttpResponse:
    """Orders in crews' hands, for live refresh."""
    return render(
        request,
        "field/_running.html",
        {"running": _running_rows(actor_of(request)), "board_rows": policies.get("dispatch.board_rows")},
    )


@staff_page(PERMISSION)
@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """What moves on the map, for live refresh."""
    actor = actor_of(request)
    return render(request, "field/_points.html", {"points": _points(actor, _waiting_rows(actor))})


@staff_page(PERMISSION)
@require_GET
def chosen(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts of one request and the crews that may go."""
    return render(request, "field/_chosen.html", _chosen(actor_of(request), pk))


@staff_page(PERMISSION)
@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the crew whose button was pressed."""
    actor, url = actor_of(request), reverse("field:dispatch")
    crew_id, note = _number(request.POST.get("crew_id")) or 0, request.POST.get("note", "")
    try:
        answer = once(
            request, actor, "order.dispatch",
            lambda: _sent(actions.dispatch_request(actor, pk, crew_id=crew_id, note=note)),
        )  # fmt: skip
    except (Conflict, InvalidInput) as error:
        return refused(request, error, f"{url}?request={pk}")
    return done(request, _("已派单：%(number)s 交给“%(crew)s”") % answer, url)


@staff_page("order.withdraw")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a crew back."""
    actor, url = actor_of(request), reverse("field:dispatch")
    reason = request.POST.get("reason", "")
    try:
        answer = once(request, actor, "order.withdraw", lambda: _sent(actions.withdraw_order(actor, pk, reason=reason)))
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    return done(request, _("已撤回：%(number)s，诉求回到待派单") % answer, f"{url}?request={answer['request_id']}")


def _sent(order: WorkOrder) -> dict[str, Any]:
    return {"id": order.pk, "number": order.number, "crew": order.crew.name, "request_id": order.request_id}


def _number(text: str | None) -> int | None:
    """A key out of an address or form; None for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return None
