"""All flows: in force, drafts; one edition with its drawing and figures."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import actions
from denghuo.apps.catalogue.flows import FLOWS, documents
from denghuo.apps.catalogue.flows.comparing import changes
from denghuo.apps.catalogue.flows.diagram import diagram
from denghuo.apps.catalogue.flows.forms import ImportForm
from denghuo.apps.catalogue.flows.host import host
from denghuo.apps.catalogue.flows.pages.common import (
    VIEW,
    looked_at,
    opened,
    period_of,
    read_flow,
    traffic_of,
    unit_chosen,
    unit_name,
    units_to_edit,
)
from denghuo.apps.catalogue.flows.pages.rows import lists
from denghuo.apps.catalogue.models import EditionState, Flow
from denghuo.core.errors import ActionError
from denghuo.core.http.actors import actor_of
from denghuo.web.formtools import once


@require_GET
@staff_page(VIEW)
def flows(request: HttpRequest) -> HttpResponse:
    """Every flow with the edition in force, those of units below, and drafts."""
    return render(request, "catalogue/flows/index.html", _index(request, ImportForm()))


def _index(request: HttpRequest, form: ImportForm) -> dict[str, Any]:
    units = units_to_edit(actor_of(request))
    form.fields["unit"].choices = units  # type: ignore[attr-defined]
    form.fields["unit"].required = bool(units) and units[0][0] != ""
    return {"tab": "flows", "wide": True, "groups": _groups(), "units": units, "import_form": form if units else None}


def _groups() -> list[tuple[str, list[dict[str, Any]]]]:
    """Flows by type: (label, rows); a flow of several types stands under its first."""
    words, current = host().words(), {row.id for row in _in_force_anywhere()}
    found: dict[str, dict[str, Any]] = {}
    rows = (
        Flow.objects.select_related("org")
        .exclude(state=EditionState.WITHDRAWN)
        .order_by("code", "org__path", "-number")
    )
    for row in rows:
        if row.state == EditionState.RELEASED and row.pk not in current:
            continue
        entry = found.setdefault(
            row.code, {"code": row.code, "label": row.label, "types": [], "released": [], "drafts": []}
        )
        if row.state == EditionState.RELEASED:
            if row.org_id is None or not entry["released"]:
                entry |= {"label": row.label, **_facts(row)}
            entry["released"].append({"row": row, "unit": unit_name(row.org)})
        else:
            entry["drafts"].append({"row": row, "unit": unit_name(row.org)})
            if not entry["types"]:
                entry |= _facts(row)
    grouped: dict[str, list[dict[str, Any]]] = {str(code): [] for code in words.types}
    for entry in found.values():
        first = entry["types"][0] if entry["types"] else ""
        grouped.setdefault(first, []).append(entry)
    for entries in grouped.values():
        entries.sort(key=lambda entry: (bool(entry.get("classes")), entry["label"]))
    return [(str(words.types.get(code, _("其他"))), entries) for code, entries in grouped.items() if entries]


def _facts(row: Flow) -> dict[str, Any]:
    flow = read_flow(row.document)
    if flow is None:
        return {"types": [], "classes": (), "states": 0, "steps": 0}
    steps = {(step.verb, step.target) for step in flow.steps}
    return {"types": list(flow.types), "classes": flow.classes, "states": len(flow.states), "steps": len(steps)}


def _in_force_anywhere() -> list[Any]:
    """The editions in force now, of any unit: the newest valid of each unit and code."""
    from denghuo.core import moment

    now, seen, found = moment.now(), set(), []
    for row in FLOWS.rows():
        if row.holds(now) and (row.code, row.org_id) not in seen:
            seen.add((row.code, row.org_id))
            found.append(row)
        elif row.valid_from > now:
            found.append(row)  # released for later: people want to see it
    return found


@require_GET
@staff_page(VIEW)
def edition(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition: drawing with figures of a period, states and steps, other editions of the flow."""
    found = opened(request, pk)
    flow, period = read_flow(found.row.document), period_of(request)
    context = found.context() | {"period": period, "flow": flow, "editions": _editions(found.row)}
    context["newer_url"] = _draft_url(found.row)
    if flow is not None and not found.is_draft:
        traffic = traffic_of(found.row, found.actor, period)
        context |= {"diagram": diagram(flow, host().words(), traffic), "traffic": traffic}
        context["standing"] = sum(traffic.standing.values())
    else:
        context |= looked_at(found.row.document)
    context |= {"units": units_to_edit(found.actor), "steps": lists(found.row.document)["steps"]}
    if getattr(request, "htmx", False):
        return render(request, "catalogue/flows/_traffic.html", context)
    return render(request, "catalogue/flows/edition.html", context)


def _editions(row: Flow) -> QuerySet[Flow]:
    """All editions of the flow, those of this unit first (unique index on unit, code and number)."""
    return (
        Flow.objects.select_related("org", "released_by")
        .filter(code=row.code)
        .defer("document")
        .order_by("-number", "-pk")
    )


def _draft_url(row: Flow) -> str:
    own = Flow.objects.filter(code=row.code, org=row.org, state=EditionState.DRAFT).values_list("pk", flat=True).first()
    return reverse("catalogue:flow-edit", args=[own]) if own and row.state != EditionState.DRAFT else ""


@require_GET
@staff_page(VIEW)
def difference(request: HttpRequest, pk: int) -> HttpResponse:
    """What is different between this edition and another of the same flow (``?against=``), in words."""
    found = opened(request, pk)
    asked = request.GET.get("against", "")
    rows = Flow.objects.select_related("org").filter(code=found.row.code).exclude(pk=pk)
    other = rows.filter(pk=asked).first() if asked.isdecimal() else compared_with(found.row)
    if asked and other is None:
        raise Http404
    context = found.context() | {"other": other, "others": rows.order_by("-number")}
    if other is not None:
        context["changes"] = changes(other.document, found.row.document, host().words())
        context["other_unit"] = unit_name(other.org)
    return render(request, "catalogue/flows/difference.html", context)


def compared_with(row: Flow) -> Flow | None:
    """What an edition replaces: the one in force for its unit, else the one before it."""
    now = FLOWS.in_force(row.code, row.org)
    rows = Flow.objects.select_related("org").filter(code=row.code)
    if now is not None and now.id != row.pk:
        return rows.filter(pk=now.id).first()
    return rows.filter(org=row.org, number__lt=row.number).order_by("-number").first()


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The document as a file."""
    row = opened(request, pk).row
    if form not in ("toml", "json"):
        raise Http404
    kind = "application/json" if form == "json" else "application/toml"
    response = HttpResponse(documents.as_text(row.document, form), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.code}-{row.number}.{form}"'
    return response


@require_POST
@staff_page(VIEW)
def new_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft for a unit from an edition; when the unit has one already, that is opened."""
    found = opened(request, pk)
    unit = unit_chosen(found.actor, request.POST.get("unit", ""))
    row = found.row
    own = Flow.objects.filter(code=row.code, org=unit, state=EditionState.DRAFT).values_list("pk", flat=True).first()
    if own is not None:
        messages.info(request, _("该单位已有草稿，继续编辑即可"))
        return redirect("catalogue:flow-edit", own)
    source = _("由第 %(number)s 版（%(unit)s）修订") % {"number": row.number, "unit": unit_name(row.org)}
    made = once(
        request, found.actor, f"flow.draft:{pk}",
        lambda: actions.save_draft(
            found.actor, "flow", code=row.code, document=row.document, org=unit, label=row.label, source=source, trust="D"
        ).pk,
    )  # fmt: skip
    return redirect("catalogue:flow-edit", made)


@require_POST
@staff_page(VIEW)
def import_file(request: HttpRequest) -> HttpResponse:
    """A draft from a file."""
    actor = actor_of(request)
    form = ImportForm(request.POST, request.FILES)
    context = _index(request, form)
    if form.is_valid():
        unit = unit_chosen(actor, form.cleaned_data["unit"])
        try:
            text = form.cleaned_data["file"].read(documents.LARGEST * 4).decode("utf-8-sig")
            document = documents.read(text)
            code = str(document.get("code") or "")
            known = Flow.objects.filter(code=code, org=unit, state=EditionState.DRAFT).first()
            made = actions.save_draft(
                actor, "flow", code=code, document=document, org=unit, version=known.version if known else None,
                label=str(document.get("label") or code), source=_("由文件导入"), trust="D",
            )  # fmt: skip
        except UnicodeDecodeError:
            form.add_error("file", _("文件须为 UTF-8 编码，请另存为 UTF-8 后再导入"))
        except documents.Unreadable as error:
            form.add_error("file", error.message)
        except ActionError as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, _("已导入为草稿，请检查后发布"))
            return redirect("catalogue:flow-edit", made.pk)
    return render(request, "catalogue/flows/index.html", context, status=422)
