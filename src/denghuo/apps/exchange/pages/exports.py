"""Screens of the background exports."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.exchange import vault
from denghuo.apps.exchange.actions import exports as actions
from denghuo.apps.exchange.choices import FileFormat
from denghuo.apps.exchange.models import ExportJob
from denghuo.apps.exchange.pages.common import EXPORT, NEEDED, dotted, refused, units_for
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.core import policies, sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web.formtools import add_refusal, once

SHOWN = 50


class ExportForm(forms.Form):
    """What to put into the file."""

    org = forms.TypedChoiceField(label=gettext_lazy("单位范围"), coerce=int)
    since = forms.DateField(
        label=gettext_lazy("提交日期起"), widget=forms.DateInput(attrs={"type": "date"}), error_messages=NEEDED
    )
    until = forms.DateField(
        label=gettext_lazy("提交日期止"), widget=forms.DateInput(attrs={"type": "date"}), error_messages=NEEDED
    )
    type = forms.ChoiceField(
        label=gettext_lazy("业务类型"), choices=[("", gettext_lazy("全部")), *RequestType.choices], required=False
    )
    state = forms.ChoiceField(
        label=gettext_lazy("状态"), choices=[("", gettext_lazy("全部")), *RequestState.choices], required=False
    )
    format = forms.ChoiceField(label=gettext_lazy("格式"), choices=FileFormat.choices)
    plain = forms.BooleanField(
        label=gettext_lazy("不脱敏"),
        required=False,
        help_text=gettext_lazy("须有查看个人信息的权限并写明用途，留有审计记录"),
    )
    reason = forms.CharField(label=gettext_lazy("用途"), required=False, max_length=200)

    def __init__(self, actor: Actor, data: Any = None) -> None:
        today = timezone.localdate()
        super().__init__(data, initial={"since": today - dt.timedelta(days=30), "until": today})
        self.units = units_for(actor, EXPORT)
        self.fields["org"].choices = [(pk, dotted(unit)) for pk, unit in self.units.items()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff_page(EXPORT)
def listing(request: HttpRequest) -> HttpResponse:
    """My exports, and asking for one."""
    actor = actor_of(request)
    form = ExportForm(actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        start, day = _midnight(data["since"]), dt.timedelta(days=1)

        def run() -> int:
            return actions.ask_export(
                actor, client_id=uuid.uuid4(), org=form.units[data["org"]], format=data["format"], since=start,
                until=_midnight(data["until"]) + day, filters={"type": data["type"], "state": data["state"]},
                plain=data["plain"], reason=data["reason"],
            ).pk  # fmt: skip

        try:
            once(request, actor, "export.ask", run)
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("导出任务已提交，生成后可在本页下载"))
            return redirect("exchange:exports")
    context = _context(actor, form)
    if request.headers.get("HX-Request") == "true" and request.method == "GET":
        return render(request, "exchange/_exports.html", context)
    return render(request, "exchange/exports.html", context, status=422 if form.errors else 200)


def _context(actor: Actor, form: ExportForm) -> dict[str, Any]:
    rows = list(ExportJob.objects.filter(by_id=actor.id).select_related("org").order_by("-created_at")[:SHOWN])
    shown = JobProgress.objects.in_bulk(
        [row.job_id for row in rows if row.job_id and row.state in ("waiting", "running")]
    )
    return {
        "form": form, "rows": [{"row": row, "progress": shown.get(row.job_id)} for row in rows], "tab": "exports",
        "busy": bool(shown), "hours": f"{policies.get('exporting.keep_hours'):g}", "most": policies.get("exporting.max_rows"),
    }  # fmt: skip


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


@require_POST
@staff_page(EXPORT)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop making a file."""
    try:
        actions.cancel_export(actor_of(request), pk)
    except ActionError as error:
        return refused(request, error, "exchange:exports")
    messages.info(request, _("已停止"))
    return redirect("exchange:exports")


@require_GET
@staff_page(EXPORT)
def take(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file itself."""
    try:
        row = actions.take_export(actor_of(request), pk)
    except ActionError as error:
        return refused(request, error, "exchange:exports")
    kind = sheets.XLSX_TYPE if row.format == "xlsx" else sheets.CSV_TYPE
    pieces = vault.stream(row.file_key)
    try:
        first = next(pieces, b"")
    except FileNotFoundError:
        raise NotFound(_("文件已清除，请重新导出")) from None

    def content() -> Any:
        yield first
        yield from pieces

    response = StreamingHttpResponse(content(), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="requests-{row.pk}.{row.format}"'
    response["Content-Length"] = str(row.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response
