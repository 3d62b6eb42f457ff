"""Screens of inferred outages: the list, one with its diagram, and the decision."""

from __future__ import annotations

from collections import Counter

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid.actions.common import MANAGE
from denghuo.apps.grid.choices import InferredState, ObservationKind, OutageKind, OutageState
from denghuo.apps.grid.forms import show_faults
from denghuo.apps.grid.inference import actions, diagram, trees
from denghuo.apps.grid.models import InferredOutage, Outage, OutageObservation
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.web import tables as t

REASONS = {
    "calls": gettext_lazy("多户报修集中在其下"),
    "gasps": gettext_lazy("其下电表上报停电"),
    "trip": gettext_lazy("开关跳闸"),
    "operator": gettext_lazy("现场确认断开"),
    "count_rule": gettext_lazy("时间窗内报修户数达到规则"),
    "nested": gettext_lazy("早于上级停电，上级恢复后仍会停电"),
}
MOST_LISTED = 50


class RejectForm(forms.Form):
    """Why there is no such outage."""

    reason = forms.CharField(
        label=gettext_lazy("排除原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


class InferredTable(t.Table):
    """Inferred outages of the actor's units."""

    device = t.Column(
        gettext_lazy("设备"), value=lambda row, ctx: row.device.name, link="grid:inferred-one", sort="device__name"
    )
    kind = t.Column(gettext_lazy("设备类型"), value=lambda row, ctx: row.device.get_kind_display(), css="gr-nowrap")
    grade = t.BadgeColumn(
        gettext_lazy("判断"), value=lambda row, ctx: row.confirmed, look=lambda value, row: grade_look(row)
    )
    state = t.BadgeColumn(
        gettext_lazy("状态"), value=lambda row, ctx: row.state, look=lambda value, row: state_look(row)
    )
    feeder = t.Column(
        gettext_lazy("馈线"), value=lambda row, ctx: row.feeder.name, sort="feeder__name", css="gr-nowrap"
    )
    customers = t.NumberColumn(gettext_lazy("影响户数"), sort="customers")
    calls = t.NumberColumn(gettext_lazy("报修"), sort="calls")
    gasps = t.NumberColumn(gettext_lazy("停电上报电表"), sort="gasps")
    posterior = t.Column(
        gettext_lazy("把握"), value=lambda row, ctx: f"{row.posterior:.0%}", sort="posterior", align="end"
    )
    began_at = t.TimeColumn(gettext_lazy("推断起始"), sort="began_at")
    found_at = t.TimeColumn(gettext_lazy("发现时间"), sort="found_at")

    class Meta:
        name = "inferred"
        default_sort = "-found_at"
        page_size = 50
        paging = "pages"
        export = True
        filters = [
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=InferredState.choices),
            t.DateRangeFilter("found_at", gettext_lazy("发现时间")),
        ]
        empty = (gettext_lazy("没有推断出的停电"), gettext_lazy("报修、电表上报和跳闸指向同一设备时会列在这里"))


def grade_look(row: InferredOutage) -> tuple[str, str, str]:
    """Probable or confirmed, as words, tone and icon."""
    return (_("已证实"), "danger", "circle-check") if row.confirmed else (_("疑似"), "warn", "alert-triangle")


def state_look(row: InferredOutage) -> tuple[str, str, str]:
    """The state as words, tone and icon."""
    looks = {
        InferredState.OPEN: ("warn", "hourglass"),
        InferredState.ACCEPTED: ("ok", "bolt-off"),
        InferredState.REJECTED: ("muted", "ban"),
        InferredState.FADED: ("muted", "minus"),
        InferredState.MERGED: ("muted", "arrow-merge"),
    }
    tone, icon = looks[InferredState(row.state)]
    return str(row.get_state_display()), tone, icon


@require_GET
@staff_page("grid.view")
def inferred_page(request: HttpRequest) -> HttpResponseBase:
    """What was inferred in the actor's units, newest first."""
    actor = actor_of(request)
    table = InferredTable(request, _visible(actor), actor=actor)
    paths = [f"floor:{path}" for path in actor.paths_for("grid.view")]
    context = {"live_topics": paths, "tab": "inferred", "wide": True}
    return t.table_response(request, table, "grid/inferred.html", context)


@require_GET
@staff_page("grid.view")
def inferred_one(request: HttpRequest, inferred_id: int) -> HttpResponse:
    """One inferred outage with its place on the feeder and what speaks for it."""
    return _page(request, _one(actor_of(request), inferred_id))


@require_POST
@staff_page(MANAGE)
def inferred_accept(request: HttpRequest, inferred_id: int) -> HttpResponse:
    """Make it an outage, or count it to a lasting one (field ``outage``)."""
    actor = actor_of(request)
    row = _one(actor, inferred_id)
    wanted = request.POST.get("outage", "")
    other = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    outage = actions.accept_inferred(actor, row.pk, outage_id=other)
    messages.success(request, _("已并入停电") if other else _("已转为故障停电，相关报修自动关联"))
    return redirect("grid:outage", outage.pk)


@require_POST
@staff_page(MANAGE)
def inferred_reject(request: HttpRequest, inferred_id: int) -> HttpResponse:
    """There is no such outage."""
    actor = actor_of(request)
    row = _one(actor, inferred_id)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        actions.reject_inferred(actor, row.pk, reason=form.cleaned_data["reason"])
    except InvalidInput as error:
        show_faults(form, error)
        return _page(request, row, form)
    messages.success(request, _("已排除"))
    return redirect("grid:inferred")


def _visible(actor: Actor) -> QuerySet[InferredOutage]:
    rows = InferredOutage.objects.visible_to(actor, "grid.view")
    return rows.select_related("device", "feeder", "org", "outage", "above", "decided_by", "merged_into__device")


def _one(actor: Actor, inferred_id: int) -> InferredOutage:
    row = _visible(actor).filter(pk=inferred_id).first()
    if row is None:
        raise NotFound(_("没有这条推断停电，或不在您的管辖范围"))
    return row


def _page(request: HttpRequest, row: InferredOutage, form: RejectForm | None = None) -> HttpResponse:
    actor = actor_of(request)
    tree = trees.tree_of(row.feeder)
    below = trees.transformers_below(tree, row.device_id)
    heard = OutageObservation.objects.filter(feeder=row.feeder, at__gte=row.began_at, transformer_id__in=below)
    rows = list(heard.order_by("-at", "-pk")[:MOST_LISTED])
    names = {d.transformer_id: d.name for d in tree.devices if d.transformer_id}
    forest = tree.arrays([], 1.0)
    place = tree.place.get(row.device_id)  # none when the device was moved to another feeder since
    alike = [d for d in forest.alike(place) if d != place] if place is not None else []
    calls = Counter(heard.filter(kind=ObservationKind.CALL).values_list("transformer_id", flat=True))
    lasting = Outage.objects.filter(
        feeder=row.feeder, state=OutageState.ACTIVE, kind=OutageKind.FAULT, restored_at=None
    ).order_by("-started_at")[:10]
    context = {
        "row": row,
        "grade": grade_look(row),
        "state": state_look(row),
        "share": f"{row.posterior:.0%}",
        "reasons": [REASONS[code] for code in row.reasons if code in REASONS],
        "heard": [(one, names.get(one.transformer_id or 0, "")) for one in rows],
        "diagram": diagram.draw(tree, row, {pk: n for pk, n in calls.items() if pk is not None}),
        "alike": [tree.devices[d].name for d in alike],
        "lasting": list(lasting),
        "others": list(
            InferredOutage.objects.filter(feeder=row.feeder, state=InferredState.OPEN)
            .exclude(pk=row.pk)
            .select_related("device")[:10]
        ),
        "undecided": row.state == InferredState.OPEN and actor.can(MANAGE, row.org.path),
        "form": form or RejectForm(),
        "live_topics": [f"inferred:{row.pk}"],
        "wide": True,
    }
    return render(request, "grid/inferred_one.html", context, status=422 if form is not None else 200)
