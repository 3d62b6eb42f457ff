"""Devices: the list, registering one or a file of them, and where one was."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.safety import actions, importing, queries
from denghuo.apps.safety.choices import TrackerKind
from denghuo.apps.safety.forms import TrackerForm, TrackForm
from denghuo.apps.safety.models import Position, Tracker
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

VIEW, MANAGE, LOCATE = "safety.view", "safety.manage", "safety.locate"
LARGEST = 2 * 1024 * 1024  # bytes of an import
SALT = "safety.import"
SIGNED_FOR = 3600  # seconds that a checked file may wait to be confirmed


class TrackerTable(t.Table):
    """Devices in the reader's reach."""

    code = t.Column(gettext_lazy("设备编号"), sort="code", css="dh-mono", link="safety:tracker")
    kind = t.StateColumn(gettext_lazy("类型"), kind="tracker_kind", sort="kind")
    state = t.StateColumn(
        gettext_lazy("状态"), kind="tracker", value=lambda row, ctx: queries.freshness(row, moment.now())
    )
    name = t.Column(gettext_lazy("名称"), sort="name")
    wearer = t.Column(gettext_lazy("佩戴人"), value=lambda row, ctx: queries.wearer_name(row))
    crew = t.Column(gettext_lazy("班组"), value=lambda row, ctx: row.crew.name if row.crew else "")
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label)
    battery = t.NumberColumn(gettext_lazy("电量 %"), sort="battery")
    heard_at = t.TimeColumn(gettext_lazy("最近消息"), sort="heard_at")

    class Meta:
        name = "safety-trackers"
        default_sort = "code"
        page_size = 50
        filters = (
            t.SearchFilter("q", gettext_lazy("搜索编号、名称或班组"), fields=("code", "name", "crew__name")),
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=TrackerKind.choices),
            t.BoolFilter("active", gettext_lazy("只看启用"), apply=lambda qs, _value: qs.filter(active=True)),
        )
        export = True
        empty = (gettext_lazy("没有定位设备"), gettext_lazy("逐台登记，或用 CSV、Excel 批量导入"))


@staff_page(VIEW)
@require_GET
def trackers(request: HttpRequest) -> HttpResponseBase:
    """The list (index ``safety_tracker_org``)."""
    actor = actor_of(request)
    rows = Tracker.objects.visible_to(actor, VIEW).select_related("org", "crew", "wearer")
    context = {"tab": "trackers", "may_manage": actor.can_somewhere(MANAGE)}
    return t.table_response(request, TrackerTable(request, rows, actor=actor), "safety/trackers.html", context)


def _found(actor: Actor, pk: int) -> Tracker:
    row = Tracker.objects.visible_to(actor, VIEW).select_related("org", "crew__org", "wearer").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这台设备，或不在您的管辖范围"))
    return row


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Register a device."""
    return _edit(request, None)


@staff_page(VIEW)
@require_http_methods(["GET", "POST"])
def tracker(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a device; change it, for who may."""
    return _edit(request, _found(actor_of(request), pk))


def _edit(request: HttpRequest, row: Tracker | None) -> HttpResponse:
    actor = actor_of(request)
    form = TrackerForm(actor, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            pk = once(
                request, actor, "safety.set_tracker",
                lambda: actions.save_tracker(actor, row.pk if row else None, **form.values()).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("设备已保存"))
            return redirect("safety:tracker", pk)
    return render(request, "safety/tracker.html", _context(actor, row, form), status=422 if form.errors else 200)


def _context(actor: Actor, row: Tracker | None, form: TrackerForm) -> dict[str, Any]:
    now = moment.now()
    local = timezone.localtime(now)
    return {
        "form": form, "row": row, "tab": "trackers", "who": queries.title_of(row) if row else "",
        "state": queries.freshness(row, now) if row else "", "wearer": queries.wearer_name(row) if row else "",
        "may_manage": actor.can(MANAGE, row.org.path) if row else True,
        "may_locate": row is not None and actor.can(LOCATE, row.org.path),
        "track_form": TrackForm(initial={"since": local - dt.timedelta(hours=2), "until": local}),
    }  # fmt: skip


@staff_page(LOCATE)
@require_POST
def track(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the device was; the look itself is recorded with its reason."""
    actor = actor_of(request)
    row = _found(actor, pk)
    form, readings = TrackForm(request.POST), None
    if form.is_valid():
        try:
            readings = actions.view_track(actor, pk, **form.cleaned_data)
        except ActionError as error:
            add_refusal(form, error)
    context = _context(actor, row, TrackerForm(actor, row)) | {"track_form": form}
    if readings is not None:
        context |= {"readings": readings[-200:][::-1], "count": len(readings), "track": _line(readings)}
    return render(request, "safety/tracker.html", context, status=422 if form.errors else 200)


def _line(readings: list[Position]) -> list[dict[str, Any]]:
    """The way for the map: believed readings as a line."""
    believed = [[row.lon, row.lat] for row in readings if row.believed]
    return [{"id": 0, "kind": "track", "label": "", "url": "", "line": believed}] if len(believed) > 1 else []


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def load(request: HttpRequest) -> HttpResponse:
    """Import: the file is checked and shown first, kept when confirmed."""
    actor = actor_of(request)
    context: dict[str, Any] = {"tab": "trackers", "sample": importing.SAMPLE.splitlines()}
    faults: list[str] = []
    if request.method == "POST":
        try:
            if request.POST.get("checked"):
                return _keep(request, actor)
            context["lines"] = lines = _read(request, actor)
            good = [line.row for line in lines if not line.faults]
            context |= {
                "good": len(good),
                "bad": len(lines) - len(good),
                "new": sum(not x.known for x in lines if not x.faults),
            }
            if good:
                context["checked"] = signing.dumps(good, salt=SALT, compress=True)
        except InvalidInput as error:
            faults = [text for texts in error.fields.values() for text in texts]
        except ActionError as error:
            faults = [error.message]
    context["faults"] = faults
    return render(request, "safety/import.html", context, status=422 if faults else 200)


def _read(request: HttpRequest, actor: Actor) -> list[importing.Line]:
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput({"file": _("请选择 CSV 或 Excel 文件")})
    if (file.size or 0) > LARGEST:
        raise InvalidInput({"file": _("文件超过 2 MB，请分批导入")})
    return importing.checked(actor, file)  # type: ignore[arg-type]


def _keep(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        rows = signing.loads(request.POST["checked"], salt=SALT, max_age=SIGNED_FOR)
    except signing.BadSignature:
        raise InvalidInput({"file": _("预览已过期，请重新上传文件")}) from None
    count = once(request, actor, "safety.import_trackers", lambda: actions.import_trackers(actor, rows))
    messages.success(request, _("已导入 %(n)s 台设备") % {"n": count})
    return redirect("safety:trackers")


@staff_page(MANAGE)
@require_GET
def sample(request: HttpRequest) -> HttpResponse:
    """A file to begin with, with the mark that spreadsheets need to read Chinese."""
    answer = HttpResponse("\ufeff" + importing.SAMPLE, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="trackers.csv"'
    return answer
