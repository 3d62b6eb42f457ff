"""Matters filed ahead: the list, one of them, handing one in, and what applies to a caller."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import actions, households, queries
from denghuo.apps.grid.choices import FilingState, MatterType
from denghuo.apps.grid.forms import FilingForm, show_faults
from denghuo.apps.grid.models import ServiceFiling, Transformer
from denghuo.apps.grid.pages.editor import _below, _chosen
from denghuo.apps.grid.tables import FilingTable
from denghuo.core import moment, policies
from denghuo.core.actions import run_idempotent
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.events import timeline
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web import tables as t


@require_GET
@staff_page("grid.view")
def filings_page(request: HttpRequest) -> HttpResponseBase:
    """All filings of the actor's units."""
    actor = actor_of(request)
    table = FilingTable(request, queries.filings_visible_to(actor), actor=actor)
    waiting = ServiceFiling.objects.visible_to(actor, actions.REVIEW).filter(state=FilingState.SUBMITTED)
    context = {
        "may_manage": actor.can_somewhere(actions.MANAGE),
        "waiting": waiting.count() if actor.can_somewhere(actions.REVIEW) else None,
        "tab": "filings",
        "wide": True,
    }
    return t.table_response(request, table, "grid/filings.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(actions.MANAGE)
def filing_new(request: HttpRequest, filing_id: int | None = None) -> HttpResponse:
    """Hand in a matter, or mend one that was returned."""
    actor = actor_of(request)
    filing = _visible(actor, filing_id) if filing_id is not None else None
    form = FilingForm(actor, request.POST or None, initial=_initial(filing))
    chosen = _chosen(request.POST) if request.method == "POST" or filing is None else {
        "transformers": set(filing.transformers.values_list("pk", flat=True)), "sections": set(),
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def run() -> int:
            return actions.file_matter(
                actor, org_id=data["org"], title=data["title"], reason=data["reason"], starts_at=data["starts_at"],
                ends_at=data["ends_at"], script=data["script"], area_text=data["area_text"], answers=data["answers"],
                request_types=data["request_types"], filing_id=filing_id,
                transformer_ids=queries.transformer_ids_of(
                    feeder_id=data["feeder"], section_ids=chosen["sections"], transformer_ids=chosen["transformers"]
                ),
            ).pk  # fmt: skip

        try:
            payload = {**data, "filing": filing_id, "chosen": {k: sorted(ids) for k, ids in chosen.items()}}
            key = request.POST.get("idempotency_key") or None
            pk, _replayed = run_idempotent(actor, key, "filing.submit", payload, run)
        except InvalidInput as error:
            show_faults(form, error)
        else:
            messages.success(request, _("报备已提交审核"))
            return redirect("grid:filing", pk)
    context = {"form": form, "filing": filing, "chosen": chosen, **_below(actor, form["feeder"].value(), chosen)}
    return render(request, "grid/filing_new.html", context, status=422 if form.errors else 200)


def _initial(filing: ServiceFiling | None) -> dict[str, Any]:
    if filing is None:
        return {"starts_at": timezone.localtime(moment.now()).replace(second=0, microsecond=0)}
    names = ("title", "reason", "area_text", "starts_at", "ends_at", "script", "request_types", "answers")
    first = Transformer.objects.filter(filings=filing).first()
    return {name: getattr(filing, name) for name in names} | {
        "org": filing.org_id, "feeder": first.feeder_id if first else None,
    }  # fmt: skip


@require_GET
@staff_page("grid.view")
def filing_page(request: HttpRequest, filing_id: int) -> HttpResponse:
    """One filing: what agents are to say, where and when, its review and story."""
    return _detail(request, _visible(actor_of(request), filing_id))


@require_POST
@staff_page(actions.REVIEW)
def filing_review(request: HttpRequest, filing_id: int) -> HttpResponse:
    """Approve or return."""
    passed = request.POST.get("do") == "pass"
    return _change(
        request, filing_id, _("报备已通过") if passed else _("报备已退回"),
        lambda actor, note: actions.review_filing(actor, filing_id, passed=passed, note=note),
    )  # fmt: skip


@require_POST
@staff_page(actions.MANAGE)
def filing_withdraw(request: HttpRequest, filing_id: int) -> HttpResponse:
    """It does not apply any more."""
    return _change(
        request, filing_id, _("报备已撤回"), lambda actor, note: actions.withdraw_filing(actor, filing_id, note=note)
    )


@require_POST
@staff_page(actions.REVIEW)
def filing_suspend(request: HttpRequest, filing_id: int) -> HttpResponse:
    """What was filed was untrue: its unit may not file for some days."""
    actor = actor_of(request)
    filing = _visible(actor, filing_id)
    days = request.POST.get("days", "")
    count = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
    return _change(
        request, filing_id, _("已暂停该单位报备权限"),
        lambda actor, note: actions.suspend_filing(actor, org_id=filing.org_id, days=count, reason=note),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@staff_page("grid.view")
def filings_here(request: HttpRequest) -> HttpResponse:
    """A fragment: what explains a call from a place before a request is made: outages, cuts, matters filed ahead.

    The place is ``account_number`` (POST, so that it stays out of addresses), else ``transformer``, else ``org_id``;
    ``type`` narrows filings to a business type.
    """
    actor = actor_of(request)
    given = request.POST if request.method == "POST" else request.GET
    transformer_id, org_id = _number(given.get("transformer", "")), _number(given.get("org_id", ""))
    account_id = None
    source = households.source()
    number = request.POST.get("account_number", "").strip()
    if number and source is not None and (ref := source.find(actor, [number]).get(number)) is not None:
        account_id, transformer_id, org_id = ref.account_id, ref.transformer_id, ref.org_id
    unit = OrgUnit.objects.filter(pk=org_id).first() if org_id else None
    if unit is None and transformer_id is not None:
        row = Transformer.objects.select_related("org").filter(pk=transformer_id).first()
        unit = row.org if row else None
    found = queries.filings_for(transformer_id=transformer_id, org=unit)
    kind = given.get("type", "")
    if kind in MatterType.values:
        found = [one for one in found if not one.request_types or kind in one.request_types]
    context = {
        "filings": found,
        "outage": queries.outage_explaining(transformer_id, account_id=account_id),
    }
    return render(request, "grid/_filings.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _visible(actor: Actor, filing_id: int) -> ServiceFiling:
    filing = queries.filings_visible_to(actor).filter(pk=filing_id).first()
    if filing is None:
        raise NotFound(_("没有这条报备，或不在您的管辖范围"))
    return filing


def _detail(request: HttpRequest, filing: ServiceFiling, faults: dict[str, list[str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    path = filing.org.path
    context = {
        "filing": filing,
        "transformers": list(filing.transformers.select_related("feeder").order_by("code")),
        "types": [MatterType(code).label for code in filing.request_types],
        "events": timeline("service_filing", filing.pk),
        "in_force": filing.state == FilingState.APPROVED and filing.starts_at <= moment.now() < filing.ends_at,
        "may_review": actor.can(actions.REVIEW, path),
        "may_manage": actor.can(actions.MANAGE, path),
        "suspension": queries.suspension_of(filing.org),
        "most_days": policies.get("filing.suspend_days", filing.org),
        "faults": [text for texts in (faults or {}).values() for text in texts],
        "typed": request.POST.get("note", ""),
        "live_topics": [f"filing:{filing.pk}"],
    }
    return render(request, "grid/filing.html", context, status=422 if faults else 200)


def _change(request: HttpRequest, filing_id: int, done: str, run: Any) -> HttpResponse:
    actor = actor_of(request)
    filing = _visible(actor, filing_id)
    try:
        run(actor, request.POST.get("note", ""))
    except InvalidInput as error:
        return _detail(request, filing, error.fields)
    messages.success(request, done)
    return redirect("grid:filing", filing_id)
