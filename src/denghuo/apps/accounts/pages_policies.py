"""Policies: what is in force where, since when, on whose word; and setting a new value."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.forms import blame
from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.accounts.policy_values import PolicyForm, area_of, shown, trust_look
from denghuo.core.actors import ROOT_PATH
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.policies import KEYS, PolicyMissing, find
from denghuo.core.policies.actions import set_value
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgUnit, units_under


def chosen_unit(request: HttpRequest) -> OrgUnit | None:
    """``?unit=`` of the page; nonsense means the whole company."""
    key = request.GET.get("unit", "")
    return OrgUnit.objects.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 18 else None


@require_GET
@staff_page("policy.view", "policy.approve")
def policies(request: HttpRequest) -> HttpResponse:
    """All policies by area, as they are in force for the company or a unit."""
    unit = chosen_unit(request)
    text = request.GET.get("q", "").strip()[:80].lower()
    rows = {row.pk: row for row in PolicyValue.objects.select_related("org")}
    own_values: dict[str, int] = {}
    for row in rows.values():
        own_values[row.key] = own_values.get(row.key, 0) + (row.org_id is not None)
    areas: dict[str, list[dict[str, Any]]] = {}
    for key in sorted(KEYS):
        entry = _entry(key, unit, rows)
        entry["elsewhere"] = own_values.get(key, 0)
        if text in key.lower() or text in str(KEYS[key].label).lower() or text in area_of(key).lower():
            areas.setdefault(area_of(key), []).append(entry)
    context = {
        "areas": areas.items(),
        "count": sum(len(entries) for entries in areas.values()),
        "unit": unit,
        "units": OrgUnit.objects.exclude(kind="team").order_by("path"),
        "q": request.GET.get("q", "")[:80],
    }
    return render(request, "accounts/policies.html", context)


def _entry(key: str, unit: OrgUnit | None, rows: dict[int, PolicyValue]) -> dict[str, Any]:
    entry: dict[str, Any] = {"key": KEYS[key], "row": None, "parts": [], "trust": None}
    try:
        row = rows.get(find(key, unit).id)
    except PolicyMissing:
        return entry
    if row is not None:
        entry |= {"row": row, "parts": shown(KEYS[key], row.value), "trust": trust_look(row.trust)}
    return entry


@require_http_methods(["GET", "POST"])
@staff_page("policy.view", "policy.approve")
def policy(request: HttpRequest, key: str) -> HttpResponse:
    """One policy: value in force, all values past and to come, and the form for a new one."""
    if key not in KEYS:
        raise NotFound(_("没有名为“%(key)s”的策略") % {"key": key})
    actor = actor_of(request)
    unit = chosen_unit(request)
    now = timezone.now()
    rows = list(PolicyValue.objects.filter(key=key).select_related("org").order_by("-valid__startswith", "-pk"))
    by_pk = {row.pk: row for row in rows}
    current = _entry(key, unit, by_pk)
    paths = actor.paths_for("policy.approve")
    form = None
    if paths:
        form = PolicyForm(
            request.POST if request.method == "POST" else None,
            key=KEYS[key],
            units=units_under(paths).order_by("path"),
            company=ROOT_PATH in paths,
            value=current["row"].value if current["row"] else None,
        )
    if request.method == "POST":
        if form is None:
            actor.require("policy.approve", ROOT_PATH)
        elif form.is_valid() and _save(request, key, form):
            return redirect("accounts:policy", key)
    history = [
        {"row": row, "parts": shown(KEYS[key], row.value), "trust": trust_look(row.trust), "when": _when(row, now)}
        for row in rows
    ]
    context = {"entry": current, "key": KEYS[key], "area": area_of(key), "history": history, "form": form, "unit": unit}
    return render(request, "accounts/policy.html", context, status=422 if request.method == "POST" else 200)


def _save(request: HttpRequest, key: str, form: PolicyForm) -> bool:
    data = form.cleaned_data
    try:
        set_value(
            actor_of(request),
            key,
            form.value(),
            org=form.unit(),
            valid_from=data["valid_from"] or timezone.now(),
            valid_to=data["valid_to"],
            source=data["source"],
            trust=data["trust"],
            note=data["note"],
        )
    except InvalidInput as error:
        blame(form, error)
        return False
    except Conflict as error:
        form.add_error(None, error.message)
        return False
    messages.success(request, _("已保存，到生效时间自动启用"))
    return True


def _when(row: PolicyValue, now: Any) -> str:
    """now, past or coming."""
    if row.valid.lower is not None and row.valid.lower > now:
        return "coming"
    return "past" if row.valid.upper is not None and row.valid.upper <= now else "now"
