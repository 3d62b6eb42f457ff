"""The public's own search: an answer, a choice, or the way to a person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions.asking import Asking, note_chosen, note_result
from denghuo.apps.knowledge.choices import AskedBy
from denghuo.apps.knowledge.graph.asking import ask_both
from denghuo.apps.knowledge.graph.cards import card_of
from denghuo.apps.knowledge.searching.elsewhere import MOST, places_for
from denghuo.apps.knowledge.searching.explaining import shown
from denghuo.apps.knowledge.searching.places import PLACES, counties, public_unit
from denghuo.apps.knowledge.searching.tokens import asked_of, token_of
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.actors import client_ip
from denghuo.core.http.limits import buckets

POPULAR = 6


def _take(request: HttpRequest) -> None:
    buckets.take("knowledge.ask", client_ip(request), allowed=policies.get("knowledge.ask_per_minute"), seconds=60)


@require_GET
def answers(request: HttpRequest) -> HttpResponse:
    """``?q=`` asks; ``?org=`` is the county. Without a question: what others ask."""
    q = request.GET.get("q", "").replace("\x00", "").strip()
    org = public_unit(_number(request.GET.get("org")))
    context: dict[str, Any] = {"q": q, "org": org, "places": counties(), "longest": queries.LONGEST_QUERY}
    status = 200
    if len(q) > queries.LONGEST_QUERY:
        context["error"] = _("问题太长：最多 %(n)s 个字，请说得简短些") % {"n": queries.LONGEST_QUERY}
        status = 422
    elif q:
        _take(request)
        asking = Asking(q, org, AskedBy.CUSTOMER, "web", None, None, "", moment.now())
        reply, graph = ask_both(asking, public_only=True)
        context |= {"reply": reply, "hits": [shown(hit) for hit in reply.hits], "asked": token_of(reply.asked_id)}
        if org is None:
            own = [unit for unit in places_for(q) if unit.kind in PLACES]
            context |= {"differs": bool(own), "own": own[:MOST]}
        context |= {"card": card_of(graph, q), "rest": f"&org={org.pk}" if org else ""}
    else:
        context["popular"] = [row for row in queries.most_used(org, POPULAR * 2) if row.public][:POPULAR]
    return render(request, "knowledge/search/answers.html", context, status=status)


@require_GET
def opened(request: HttpRequest, pk: int) -> HttpResponse:
    """A choice was taken: note it, show the answer."""
    _take(request)
    try:
        note_chosen(Actor.customer(), asked_of(request.GET.get("asked", "")), pk)
    except NotFound:
        pass  # an old link still shows the answer
    return redirect("knowledge:public", pk)


@require_POST
def feedback(request: HttpRequest) -> HttpResponse:
    """有用 or 没用, once for the question; the thanks, or the way to a person."""
    _take(request)
    useful = {"yes": True, "no": False}.get(request.POST.get("useful", ""))
    if useful is None:
        raise InvalidInput({"useful": [_("请选择有用或没用")]})
    note_result(Actor.customer(), asked_of(request.POST.get("asked", "")), solved=useful)
    if request.headers.get("HX-Request"):
        return render(request, "knowledge/search/_thanks.html", {"useful": useful})
    return render(request, "knowledge/search/thanks.html", {"useful": useful})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
