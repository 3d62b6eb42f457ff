"""Screens of the grid app: outages for staff and for the public, and the base map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.forms import CancelForm, OutageForm, RestoreForm, UpdateForm, show_faults
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.apps.grid.tables import OutageTable
from denghuo.core import moment, policies
from denghuo.core.actions import run_idempotent
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.events import timeline
from denghuo.core.http.actors import actor_of, client_ip
from denghuo.core.http.limits import buckets
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.web import tables as t

TONE = {
    OutageState.ACTIVE: "danger",
    OutageState.ANNOUNCED: "info",
    OutageState.RESTORED: "ok",
    OutageState.CANCELLED: "muted",
}
ICON = {OutageState.ACTIVE: "bolt-off", OutageState.ANNOUNCED: "calendar-event", OutageState.RESTORED: "bolt"}


@require_GET
@staff_page("grid.view")
def outages_page(request: HttpRequest) -> HttpResponseBase:
    """All outages of the actor's units, and those that last on the map."""
    actor = actor_of(request)
    table = OutageTable(request, queries.outages_visible_to(actor), actor=actor)
    paths = [f"floor:{path}" for path in actor.paths_for("grid.view")]
    lasting = list(queries.open_outages(actor).prefetch_related("transformers")[:200])
    context = {
        "live_topics": paths,
        "points": points(lasting),
        "active": sum(o.state == OutageState.ACTIVE for o in lasting),
        "announced": sum(o.state == OutageState.ANNOUNCED for o in lasting),
        "customers_out": sum(o.customers_out for o in lasting if o.state == OutageState.ACTIVE),
        "may_manage": actor.can_somewhere(actions.MANAGE),
        "wide": True,
    }
    return t.table_response(request, table, "grid/outages.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(actions.MANAGE)
def outage_new(request: HttpRequest) -> HttpResponse:
    """Announce or record an outage: feeder first, then which of its transformers."""
    actor = actor_of(request)
    chosen = {int(pk) for pk in request.POST.getlist("transformers") if pk.isascii() and pk.isdigit() and len(pk) < 19}
    now = timezone.localtime(moment.now()).replace(second=0, microsecond=0)
    form = OutageForm(
        actor, request.POST or None, initial={"kind": "fault", "started_at": now, "feeder": request.GET.get("feeder")}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def run() -> int:
            return actions.open_outage(
                actor, kind=data["kind"], feeder=data["feeder"], transformer_ids=chosen, started_at=data["started_at"],
                expected_at=data["expected_at"], cause=data["cause"],
            ).pk  # fmt: skip

        try:
            payload = {**data, "transformers": sorted(chosen)}
            pk, _replayed = run_idempotent(
                actor, request.POST.get("idempotency_key") or None, "outage.open", payload, run
            )
        except InvalidInput as error:
            show_faults(form, error)
        else:
            messages.success(request, _("停电已发布"))
            return redirect("grid:outage", pk)
    feeder = form["feeder"].value()
    hours: dict[str, float] = policies.get("outage.notice_hours")
    notice = {kind: dt.timedelta(hours=count) for kind, count in hours.items()}
    context = {"form": form, "transformers": _below(actor, feeder), "chosen": chosen, "notice": notice}
    return render(request, "grid/outage_new.html", context, status=422 if form.errors else 200)


@require_GET
@staff_page(actions.MANAGE)
def feeder_transformers(request: HttpRequest) -> HttpResponse:
    """The transformers of the chosen feeder, to tick."""
    rows = _below(actor_of(request), request.GET.get("feeder"))
    return render(request, "grid/_transformers.html", {"transformers": rows, "chosen": set()})


@require_GET
@staff_page("grid.view")
def outage_page(request: HttpRequest, outage_id: int) -> HttpResponse:
    """One outage: what, where, since when, its story, and what may be done now."""
    return _detail(request, _visible(actor_of(request), outage_id))


@require_POST
@staff_page(actions.MANAGE)
def outage_update(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Save a new expectation or cause."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        actions.update_outage(actor, outage_id, expected_at=data["expected_at"], cause=data["cause"])

    return _change(request, outage_id, UpdateForm, run, _("停电信息已更新"))


@require_POST
@staff_page(actions.MANAGE)
def outage_restore(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Record that supply is back."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        began, at = _visible(actor, outage_id).started_at, data["restored_at"]
        # The control knows minutes only; an outage that began this minute must not end before its own start.
        same_minute = at == began.replace(second=0, microsecond=0)
        actions.restore_outage(actor, outage_id, at=began if same_minute else at)

    return _change(request, outage_id, RestoreForm, run, _("已登记恢复送电"))


@require_POST
@staff_page(actions.MANAGE)
def outage_cancel(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Call an announced outage off."""

    def run(actor: Actor, data: dict[str, Any]) -> None:
        actions.cancel_outage(actor, outage_id, reason=data["reason"])

    return _change(request, outage_id, CancelForm, run, _("停电已取消"))


@require_GET
@staff_page("grid.view", "customers.view")
def supply(request: HttpRequest, transformer_id: int) -> HttpResponse:
    """A fragment: supply path of a transformer and the outage that explains a loss of supply now."""
    actor = actor_of(request)
    path = queries.path_of(transformer_id)
    if path is None or not actor.can("grid.view", path.transformer.org.path):
        raise NotFound()
    context = {"path": path, "outage": queries.outage_explaining(transformer_id)}
    return render(request, "grid/_supply.html", context)


@require_GET
def hall_outages(request: HttpRequest) -> HttpResponse:
    """The public list: by county, on a map, without anything that leads to a person."""
    buckets.take("outage.public", client_ip(request), allowed=policies.get("outage.public_per_minute"), seconds=60)
    wanted = request.GET.get("org", "")
    unit = None
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        unit = OrgUnit.objects.filter(pk=int(wanted), kind__in=(OrgKind.CITY, OrgKind.COUNTY)).first()
    outages = queries.public_outages(unit)
    context = {
        "outages": outages,
        "active": sum(o.state == OutageState.ACTIVE for o in outages),
        "points": points(outages, public=True),
        "units": OrgUnit.objects.filter(kind__in=(OrgKind.CITY, OrgKind.COUNTY)).order_by("code"),
        "unit": unit,
    }
    return render(request, "grid/hall_outages.html", context)


@require_safe
def base_map(request: HttpRequest) -> HttpResponseBase:
    """The base map, a file that changes only when the province is built anew; 304 when the browser has it."""
    file = Path(settings.VAR) / "map" / "base.geojson"
    try:
        stat = file.stat()
    except FileNotFoundError:
        raise NotFound(_("还没有底图")) from None
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = FileResponse(file.open("rb"), content_type="application/geo+json")
        response["Last-Modified"] = http_date(stat.st_mtime)
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=300"
    return response


def points(outages: list[Outage], *, public: bool = False) -> list[dict[str, Any]]:
    """One pin an outage, in the middle of its transformers."""
    found = []
    for outage in outages:
        below = getattr(outage, "hit", None) or list(outage.transformers.all())
        if not below:
            continue
        state = OutageState(outage.state)
        found.append(
            {
                "id": outage.pk,
                "lat": round(sum(one.lat for one in below) / len(below), 5),
                "lng": round(sum(one.lon for one in below) / len(below), 5),
                "icon": ICON.get(state, "bolt-off"),
                "tone": TONE[state],
                "label": f"{outage.feeder.name if outage.feeder else outage.number} · {state.label}",
                "url": f"#outage-{outage.pk}" if public else f"/staff/outages/{outage.pk}/",
            }
        )
    return found


def _below(actor: Actor, feeder: Any) -> list[Transformer]:
    text = str(feeder or "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return []
    return list(Transformer.objects.visible_to(actor, actions.MANAGE).filter(feeder_id=int(text)).order_by("code"))


def _visible(actor: Actor, outage_id: int) -> Outage:
    outage = queries.outages_visible_to(actor).filter(pk=outage_id).first()
    if outage is None:
        raise NotFound(_("没有这次停电，或不在您的管辖范围"))
    return outage


def _detail(request: HttpRequest, outage: Outage, bad: forms.Form | None = None) -> HttpResponse:
    actor = actor_of(request)
    now = timezone.localtime(moment.now()).replace(second=0, microsecond=0)
    below = list(outage.transformers.order_by("code"))
    outage.hit = below  # type: ignore[attr-defined]
    events = timeline("outage", outage.pk)
    announced = next((event.at for event in events if event.kind == "outage.opened"), outage.started_at)
    default: dict[type[forms.Form], forms.Form] = {
        UpdateForm: UpdateForm(initial={"expected_at": outage.expected_at, "cause": outage.cause}),
        RestoreForm: RestoreForm(initial={"restored_at": now}),
        CancelForm: CancelForm(),
    }
    if bad is not None:
        default[type(bad)] = bad
    context = {
        "outage": outage,
        "transformers": below,
        "events": events,
        "points": points([outage]),
        "live_topics": [f"outage:{outage.pk}"],
        "may_manage": actor.can(actions.MANAGE, outage.org.path),
        "lasting": outage.state in queries.LIVE,
        "update_form": default[UpdateForm],
        "restore_form": default[RestoreForm],
        "cancel_form": default[CancelForm],
        "notice_met": actions.notice_met(outage.kind, outage.org, outage.started_at, announced),
    }
    return render(request, "grid/outage.html", context, status=422 if bad is not None else 200)


def _change(
    request: HttpRequest,
    outage_id: int,
    kind: type[forms.Form],
    run: Callable[[Actor, dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    actor = actor_of(request)
    form = kind(request.POST)
    if form.is_valid():
        try:
            run(actor, form.cleaned_data)
        except InvalidInput as error:
            show_faults(form, error)
        else:
            messages.success(request, done)
            return redirect("grid:outage", outage_id)
    return _detail(request, _visible(actor, outage_id), form)
