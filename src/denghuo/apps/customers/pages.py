"""Screens of the customers app: search, and one customer with accounts and supply."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.customers import queries
from denghuo.apps.customers.marks import queries as marks
from denghuo.apps.customers.models import Account, Customer
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import masked, may_view
from denghuo.core.privacy.actions import reveal

REVEALABLE = {"customer": (Customer, ("name", "phone")), "account": (Account, ("number", "address"))}


@require_GET
@staff_page(queries.VIEW)
def search_page(request: HttpRequest) -> HttpResponse:
    """Find by full phone or account number. The words go in the body of nobody's log: the form is sent by POST."""
    return render(request, "customers/search.html", {"searched": False})


@require_POST
@staff_page(queries.VIEW)
def search_results(request: HttpRequest) -> HttpResponse:
    """What matches; a single customer is still listed, so that opening one is a choice."""
    actor, words = actor_of(request), request.POST.get("q", "")
    context: dict[str, Any] = {"searched": True, "q": words[:40]}
    try:
        found = list(queries.search_customers(actor, words))
        context["rows"] = [_row(account, actor) for account in found]
    except InvalidInput as error:
        context |= {"error": error.message, "rows": []}
    template = "customers/_results.html" if getattr(request, "htmx", False) else "customers/search.html"
    return render(request, template, context, status=422 if "error" in context else 200)


@require_GET
@staff_page(queries.VIEW)
def customer_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer: contact data, accounts, what supplies them. History of requests belongs to the apps above."""
    actor = actor_of(request)
    portrait = queries.portrait(actor, customer_id)
    accounts = [_row(account, actor) for account in portrait.accounts]
    for row in accounts:
        row["supply_url"] = (
            reverse("grid:supply", args=[row["account"].transformer_id]) if row["account"].transformer_id else ""
        )
    context = {
        "portrait": portrait,
        "customer": portrait.customer,
        "may_view_marks": marks.may_view(actor, portrait.customer),
        "name_url": _reveal_url(portrait.customer, "customer", "name", actor),
        "phone_url": _reveal_url(portrait.customer, "customer", "phone", actor),
        "rows": accounts,
        "points": [
            {
                "id": r["account"].pk,
                "lat": r["account"].lat,
                "lng": r["account"].lon,
                "icon": "home",
                "label": r["number"],
            }
            for r in accounts
        ],
    }
    return render(request, "customers/detail.html", context)


@require_POST
@staff_page("privacy.reveal")
def reveal_field(request: HttpRequest, kind: str, pk: int, field: str) -> HttpResponse:
    """The plain value of one field, with a reason, on the record."""
    actor = actor_of(request)
    model, fields = REVEALABLE.get(kind, (Customer, ()))
    row = model._default_manager.visible_to(actor, queries.VIEW).select_related("org").filter(pk=pk).first()
    if row is None or field not in fields:
        raise NotFound(_("没有可查看的内容"))
    try:
        return JsonResponse({"value": reveal(actor, row, field, request.POST.get("reason", ""))})
    except ActionError as error:
        return JsonResponse(error.problem(), status=error.status)


def _row(account: Account, actor: Actor) -> dict[str, Any]:
    customer = account.customer
    return {
        "account": account,
        "customer": customer,
        "sensitive": customer.sensitive and marks.may_view(actor, customer),
        "number": masked(account, "number", actor),
        "number_url": _reveal_url(account, "account", "number", actor),
        "address": masked(account, "address", actor),
        "address_url": _reveal_url(account, "account", "address", actor),
        "name": masked(customer, "name", actor),
        "phone": masked(customer, "phone", actor),
    }


def _reveal_url(row: Customer | Account, kind: str, field: str, actor: Actor) -> str:
    """Where to ask for the plain value; "" when it is plain already or the actor may not ask."""
    if may_view(row, field, actor) or not actor.can("privacy.reveal", row.org.path):
        return ""
    return reverse("customers:reveal", args=[kind, row.pk, field])
