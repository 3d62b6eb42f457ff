"""Beside a request: what it may repeat, what it is linked to. While typing a new one: what is open already."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.actions.linking import PERMISSION, mergeable
from denghuo.apps.requests.linking import reading, typed
from denghuo.apps.requests.linking.choices import LinkKind
from denghuo.apps.requests.linking.major.actions import DECIDE
from denghuo.apps.requests.linking.suggesting import Suggestion, probe_of, suggest
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.common import act_or_say
from denghuo.apps.requests.queries.lists import visible
from denghuo.apps.requests.steps import FINAL
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.http import actor_of
from denghuo.web.formtools import PartForm, add_refusal, once
from denghuo.web.http import hx_redirect


class LinkForm(PartForm):
    """Another request by its number."""

    other = forms.CharField(label=gettext_lazy("诉求编号"), max_length=24)
    kind = forms.ChoiceField(label=gettext_lazy("关联类型"), choices=LinkKind.choices, initial=LinkKind.RELATED)
    reason = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=300)


@require_GET
@staff_page("requests.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX, beside a request: at most ten queries."""
    return render(request, "requests/linking/_panel.html", _context(actor_of(request), pk))


def _context(actor: Actor, pk: int, form: LinkForm | None = None) -> dict[str, Any]:
    r = _seen(actor, pk)
    lone = r.state not in FINAL and r.master_id is None
    found = suggest(probe_of(r), actor=actor) if lone else []
    links = reading.links_of(actor, r)
    linked = {one.other.pk for one in links}
    return {
        "r": r,
        "suggestions": [(one, mergeable(r, one.request)) for one in found if one.request.pk not in linked],
        "may_merge": actor.can("request.merge", r.org.path),
        "may_link": actor.can(PERMISSION, r.org.path),
        "links": links,
        "majors": list(r.major_events.exclude(state="rejected").order_by("-pk")[:3]),
        "may_raise": actor.can(DECIDE, r.org.path),
        "area": reading.frequent_area_of(r.transformer_id),
        "repeated": list(r.repeated.order_by("kind")),
        "form": form or LinkForm(),
    }


def _seen(actor: Actor, pk: int) -> Request:
    found = visible(actor).select_related("org", "transformer", "flow").filter(pk=pk).first()
    return found or queries.request_seen(actor, pk)


@require_POST
@staff_page("requests.view")
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """One press: the same matter. Faults are merged, others linked."""

    def act(actor: Actor) -> str:
        other = int(request.POST.get("other_id", "0") or 0)
        _seen(actor, other)
        done = actions.join_request(actor, pk, other)
        return _("已合并，客户仍会单独回访") if done == "merged" else _("已关联为同一事项")

    return act_or_say(request, pk, "page.join", act)


@require_POST
@staff_page("requests.view")
def add_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link to another request, named by its number; a refusal comes back at the field."""
    actor, form = actor_of(request), LinkForm(request.POST)
    if form.is_valid():
        try:
            once(request, actor, f"page.link:{pk}", lambda: _linked(actor, pk, form.cleaned_data))
        except ActionError as error:
            add_refusal(form, error)
        else:
            return hx_redirect(request, f"/staff/requests/{pk}/")
    return render(request, "requests/linking/_panel.html", _context(actor, pk, form), status=422)


def _linked(actor: Actor, pk: int, data: dict[str, Any]) -> int:
    other = visible(actor).filter(number=data["other"].strip()).values_list("pk", flat=True).first()
    if other is None:
        raise InvalidInput({"other": [_("没有这个编号的诉求，请核对")]})
    try:
        return actions.link_requests(actor, pk, other, kind=data["kind"], reason=data["reason"]).pk
    except InvalidInput as error:
        texts = error.fields.pop("other_id", None)
        if texts:
            error.fields["other"] = texts
        raise


@require_POST
@staff_page("requests.view")
def remove_link(request: HttpRequest, pk: int, link_id: int) -> HttpResponse:
    """Take a link back, with the reason."""

    def act(actor: Actor) -> str:
        actions.unlink_requests(actor, link_id, reason=request.POST.get("reason", ""))
        return _("已取消关联")

    return act_or_say(request, pk, "page.unlink", act)


@require_POST
@staff_page("request.create")
def similar(request: HttpRequest) -> HttpResponse:
    """HTMX, while a new request is typed: what is open that may be the same matter. Nothing is kept."""
    actor = actor_of(request)
    found: list[Suggestion] = suggest(typed.probe_of(typed.from_form(request.POST)), actor=actor)
    return render(
        request, "requests/linking/_similar.html", {"suggestions": found, "chosen": request.POST.get("same_as", "")}
    )


__all__ = ["add_link", "join", "panel", "remove_link", "similar"]
