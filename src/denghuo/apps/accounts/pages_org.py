"""The org tree."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.actions.org import BELOW
from denghuo.apps.accounts.forms import UnitForm, UnitNameForm, blame
from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.pages import staff_page
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit, units_under


def visible_units(actor: Actor) -> Any:
    """Units whose tree the actor may look at."""
    paths = actor.paths_for("org.view")
    return units_under(paths).order_by("path") if paths else OrgUnit.objects.none()


def build_tree(units: list[OrgUnit], people: dict[int, int]) -> list[dict[str, Any]]:
    """Nested ``{unit, people, total, children}``; a unit whose parent is not among ``units`` is a root."""
    nodes: dict[int, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for unit in units:
        node = {"unit": unit, "people": people.get(unit.pk, 0), "total": people.get(unit.pk, 0), "children": []}
        nodes[unit.pk] = node
        parent = nodes.get(unit.parent_id or 0)
        (parent["children"] if parent else roots).append(node)
        for ancestor in unit.ancestor_ids()[:-1]:
            if ancestor in nodes:
                nodes[ancestor]["total"] += node["people"]
    return roots


@require_GET
@staff_page("org.view")
def org(request: HttpRequest) -> HttpResponse:
    """The tree with the number of people in each unit."""
    actor = actor_of(request)
    units = list(visible_units(actor))
    counts = (
        Staff.objects.filter(is_active=True, org__in=[unit.pk for unit in units]).values("org").annotate(n=Count("pk"))
    )
    tree = build_tree(sorted(units, key=lambda unit: unit.ancestor_ids()), {row["org"]: row["n"] for row in counts})
    context = {"tree": tree, "count": len(units), "may_see_people": actor.can_somewhere("staff.view")}
    return render(request, "accounts/org.html", context)


@require_http_methods(["GET", "POST"])
@staff_page("org.view")
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: rename it, add one below it."""
    actor = actor_of(request)
    found = visible_units(actor).select_related("parent").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这个单位，或不在您的管理范围"))
    kinds = [str(kind) for kind in BELOW[found.kind]]
    renaming = request.POST.get("form") == "rename"
    names = {"name": found.name, "name_en": found.name_en}
    rename_form = UnitNameForm(request.POST if renaming else None, initial=names)
    add_form = UnitForm(request.POST if request.method == "POST" and not renaming else None, kinds=kinds)
    if request.method == "POST":
        form = rename_form if renaming else add_form
        if form.is_valid():
            try:
                if renaming:
                    actions.rename_unit(actor, pk, **form.cleaned_data)
                else:
                    actions.create_unit(actor, pk, **form.cleaned_data)
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(request, _("已保存"))
                return redirect("accounts:unit", pk)
    context = {
        "unit": found,
        "children": found.children.order_by("path"),
        "may_manage": actor.can("org.manage", found.path),
        "rename_form": rename_form,
        "add_form": add_form if kinds else None,
    }
    return render(request, "accounts/unit.html", context, status=422 if request.method == "POST" else 200)
