"""Local rules of rosters: what is in force, every kind in plain words, a form for each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.workforce.rosters import pages, reading, rule_actions, words
from denghuo.apps.workforce.rosters.making import MAKE
from denghuo.apps.workforce.rosters.reading import VIEW
from denghuo.apps.workforce.rosters.rule_forms import RuleForm
from denghuo.apps.workforce.rosters.rule_kinds import KINDS
from denghuo.apps.workforce.rosters.solution_models import RuleChoice
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web.formtools import add_refusal, once


@require_GET
@staff_page(VIEW)
def local_rules(request: HttpRequest) -> HttpResponse:
    """The rules of a unit; ``?kind=`` opens the form of a kind."""
    return _page(request, request.GET.get("kind", ""), None)


@require_POST
@staff_page(MAKE)
def save(request: HttpRequest) -> HttpResponse:
    """Add a rule."""
    actor, unit, kind = actor_of(request), pages.unit_of(request), request.POST.get("kind", "")
    if kind not in KINDS:
        raise NotFound()
    form = _form(kind, unit, request)
    if not form.is_valid():
        return _page(request, kind, form)
    data = form.cleaned_data
    try:
        once(
            request, actor, "roster_rule.save",
            lambda: rule_actions.save_rule(
                actor, unit, kind=kind, parameters=form.parameters, weight=data.get("weight"),
                people=data.get("people") or (), active_from=data["active_from"], active_to=data["active_to"],
            ).pk,
        )  # fmt: skip
    except ActionError as error:
        add_refusal(form, error)
        return _page(request, kind, form)
    return redirect(f"{reverse('workforce:roster-rules')}?unit={unit.pk}")


@require_POST
@staff_page(MAKE)
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a rule no longer hold."""
    actor = actor_of(request)
    row = RuleChoice.objects.filter(pk=pk).first()
    to = f"{reverse('workforce:roster-rules')}?unit={row.org_id}" if row else reverse("workforce:roster-rules")
    return attempt(request, lambda: rule_actions.retire_rule(actor, pk), _("已停用"), to)


def _form(kind: str, unit: OrgUnit, request: HttpRequest) -> RuleForm:
    people, shifts = reading.people_of(unit), reading.shifts_for(unit)
    if request.method == "POST":
        return RuleForm(request.POST, kind=kind, people=people, shifts=shifts)
    return RuleForm(initial={"active_from": reading.today()}, kind=kind, people=people, shifts=shifts)


def _page(request: HttpRequest, kind: str, form: RuleForm | None) -> HttpResponse:
    context = pages.context_of(request, "rules")
    unit = context["unit"]
    context |= {"may_make": unit is not None and actor_of(request).can(MAKE, unit.path), "kinds": list(KINDS.values())}
    if unit is not None:
        context["rows"] = _rows(unit)
        if kind in KINDS and context["may_make"]:
            context |= {"kind": KINDS[kind], "form": form or _form(kind, unit, request)}
    return render(request, "workforce/rosters/rules.html", context, status=422 if form is not None else 200)


def _rows(unit: OrgUnit) -> list[dict[str, Any]]:
    found = list(
        RuleChoice.objects.filter(org__in=unit.ancestor_ids(), retired_at=None)
        .select_related("org")
        .order_by("kind", "pk")
    )
    named = {pk for row in found for pk in row.people}
    for row in found:
        named |= {row.parameters[name] for name in ("newcomer", "mentor") if name in row.parameters}
        named |= set(row.parameters.get("team", ()))
    people = Staff.objects.in_bulk(named)
    today = reading.today()
    return [
        {
            "row": row, "label": KINDS[row.kind].label, "text": words.rule(row, people), "own": row.org_id == unit.pk,
            "ended": row.active_to is not None and row.active_to < today, "ahead": row.active_from > today,
        }
        for row in found if row.kind in KINDS
    ]  # fmt: skip
