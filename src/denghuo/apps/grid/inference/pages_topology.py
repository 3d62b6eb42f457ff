"""Screens of topology imports: upload, preview, put in force; and the tables to take away."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid.actions.common import MANAGE
from denghuo.apps.grid.choices import ImportState
from denghuo.apps.grid.inference import importing, uploads
from denghuo.apps.grid.models import Feeder, TopologyImport
from denghuo.apps.grid.queries import feeders_for
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web.formtools import add_refusal

PAGE = 30
FEEDERS = 200
LOOKS = {
    ImportState.CHECKING: ("info", "loader-2"),
    ImportState.READY: ("warn", "hourglass"),
    ImportState.UNUSABLE: ("danger", "alert-circle"),
    ImportState.APPLIED: ("ok", "circle-check"),
    ImportState.CANCELLED: ("muted", "ban"),
}
TEMPLATES = {
    "devices": "code,kind,parent,name,customers\nF1,馈线,,10kV示例线,\nS1,分段开关,F1,1号分段,\nT1,台区,S1,示例1号台区,\nB1,低压出线,T1,东出线,32\n",
    "customers": "customer,device\n",
    "terminals": "device,node,kv\nF1,N0,10\nF1,N1,10\nT1,N1,10\nT1,N2,0.4\n",
}


class UploadForm(forms.Form):
    """A document for one feeder."""

    feeder_id = forms.ChoiceField(
        label=gettext_lazy("馈线"), error_messages={"invalid_choice": gettext_lazy("没有这条馈线，请从列表中选择")}
    )
    file = forms.FileField(
        label=gettext_lazy("拓扑文件"),
        error_messages={
            "required": gettext_lazy("请选择 CIM XML、CSV 或 zip 文件"),
            "empty": gettext_lazy("文件是空的，请重新选择文件"),
        },
        widget=forms.FileInput(attrs={"accept": ".xml,.csv,.zip"}),
        help_text=gettext_lazy("CIM100 RDF/XML；或设备表 CSV；或装有 devices、terminals、customers 三张表的 zip"),
    )
    customers = forms.FileField(
        label=gettext_lazy("用户表"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        help_text=gettext_lazy("可选，CSV：customer（户号），device（设备编码）"),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = feeders_for(actor)
        self.fields["feeder_id"].choices = [  # type: ignore[attr-defined]
            ("", _("请选择")),
            *((str(row.pk), f"{row.name} · {row.org.label}") for row in rows),
        ]


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def topology_page(request: HttpRequest) -> HttpResponse:
    """Uploading, the imports so far, and the feeders with their devices."""
    actor = actor_of(request)
    form = UploadForm(actor, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = uploads.upload(
                actor, client_id=_client_id(request), feeder_id=int(data["feeder_id"]), name=data["file"].name,
                data=data["file"].read(importing.LARGEST + 1),
                customers=data["customers"].read(importing.LARGEST + 1) if data["customers"] else b"",
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            return redirect("grid:topology-import", row.pk)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:40]
    feeders = feeders_for(actor).annotate(devices_now=Count("devices", filter=Q(devices__retired_at=None)))
    if words:
        feeders = feeders.filter(Q(name__icontains=words) | Q(code__icontains=words))
    context = {
        "form": form, "rows": [(row, look(row)) for row in _seen(actor)[:PAGE]], "feeders": feeders[:FEEDERS],
        "q": words, "tab": "topology", "wide": True,
    }  # fmt: skip
    return render(request, "grid/topology.html", context, status=422 if form.errors else 200)


@require_GET
@staff_page(MANAGE)
def topology_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import: its progress, then its preview."""
    actor = actor_of(request)
    row = _one(actor, import_id)
    own = actor.kind == "staff" and actor.id == row.by_id and bool(policies.get("topology.by_another", row.org))
    context = {
        "row": row, "look": look(row), "found": row.found, "own": own, "tab": "topology",
        "progress": JobProgress.objects.filter(pk=row.job_id).first() if row.job_id else None,
        "busy": row.state == ImportState.CHECKING,
        "may_apply": row.state == ImportState.READY and not own,
        "may_cancel": row.state in (ImportState.CHECKING, ImportState.READY, ImportState.UNUSABLE),
        "live_topics": [f"topology:{row.pk}"], "wide": True,
    }  # fmt: skip
    part = request.headers.get("HX-Request") == "true"
    return render(request, "grid/_topology_import.html" if part else "grid/topology_import.html", context)


@require_POST
@staff_page(MANAGE)
def topology_act(request: HttpRequest, import_id: int, act: str) -> HttpResponse:
    """Put in force, or give up."""
    actor = actor_of(request)
    row = _one(actor, import_id)
    if act == "apply":
        uploads.apply_import(actor, row.pk)
        messages.success(request, _("拓扑已生效"))
    elif act == "cancel":
        uploads.cancel_import(actor, row.pk)
        messages.success(request, _("已取消导入"))
    else:
        raise NotFound()
    return redirect("grid:topology-import", row.pk)


@require_GET
@staff_page(MANAGE)
def topology_table(request: HttpRequest, feeder_id: int) -> HttpResponse:
    """The devices of a feeder as the table that can be imported again."""
    feeder = feeder_of(actor_of(request), feeder_id)
    return _csv(importing.device_table(feeder), f"topology-{feeder.pk}.csv")


@require_GET
@staff_page(MANAGE)
def topology_template(request: HttpRequest, name: str) -> HttpResponse:
    """An empty table with an example."""
    if name not in TEMPLATES:
        raise NotFound()
    return _csv("\ufeff" + TEMPLATES[name], f"{name}.csv")


def look(row: TopologyImport) -> tuple[str, str, str]:
    """The state as words, tone and icon."""
    return (str(row.get_state_display()), *LOOKS[ImportState(row.state)])


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _client_id(request: HttpRequest) -> uuid.UUID:
    """The form's own key: sending it twice uploads once."""
    try:
        return uuid.UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        return uuid.uuid4()


def _seen(actor: Actor) -> QuerySet[TopologyImport]:
    """Imports of the actor's units, newest first (index ``grid_topology_import_newest``)."""
    rows = TopologyImport.objects.visible_to(actor, MANAGE).select_related("feeder", "org", "by", "decided_by")
    return rows.defer("document", "customers").order_by("-at")


def _one(actor: Actor, import_id: int) -> TopologyImport:
    row = _seen(actor).filter(pk=import_id).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    return row


def feeder_of(actor: Actor, feeder_id: int) -> Feeder:
    """A feeder of the actor's units. Raises NotFound."""
    found = feeders_for(actor).filter(pk=feeder_id).first()
    if found is None:
        raise NotFound(_("没有这条馈线"))
    return found
