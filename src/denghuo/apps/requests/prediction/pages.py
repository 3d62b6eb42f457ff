"""The page that says whether predictions come true, its models, the weather, and the panel beside a request."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import limits
from denghuo.apps.requests.prediction import figures, fitted, jobs, learning, queries, scoring, weather
from denghuo.apps.requests.prediction.factors import Bands
from denghuo.apps.requests.prediction.models import PredictionModel, WeatherHour
from denghuo.apps.requests.queries import visible
from denghuo.core import moment, policies
from denghuo.core.clocks.reading import clocks_for
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.web.formtools import once
from denghuo.web.states import Look, register_states
from denghuo.web.tables.export import csv_lines

VIEW, MANAGE = "floor.view", "prediction.manage"
PERIODS: Final = (7, 30, 90, 365)
SHOWN_MODELS: Final = 20
LARGEST_FILE: Final = 8 * 1024 * 1024

register_states(
    "prediction_model",
    {
        "in_force": Look(gettext_lazy("使用中"), "circle-check", "ok"),
        "candidate": Look(gettext_lazy("候选"), "help-circle", "warn"),
        "retired": Look(gettext_lazy("已停用"), "history", "muted"),
    },
)


@require_GET
@staff_page(VIEW, MANAGE)
def calibration_page(request: HttpRequest) -> HttpResponseBase:
    """Coverage, reliability, sharpness and loss: of what was told (``?source=told``, the default when there is enough)
    or of the model's own test (``?source=test``); ``?days=`` is the period; ``?export=csv`` the same as a file."""
    actor = actor_of(request)
    days = int(request.GET["days"]) if request.GET.get("days", "") in {str(n) for n in PERIODS} else 30
    head = fitted.in_force()
    model = PredictionModel.objects.defer("document").get(pk=head.pk) if head else None
    told = scoring.measured(actor, days)
    source = request.GET.get("source", "")
    if source not in ("told", "test"):
        source = "told" if told.all.whole is not None else "test"
    shown = figures.of_told(told) if source == "told" else figures.of_test(model)
    if request.GET.get("export") == "csv":
        return _export(shown, source)
    wanted = request.GET.get("target", "")
    context = {
        "tab": "calibration", "days": days, "periods": PERIODS, "source": source, "shown": shown, "model": model,
        "settle": policies.get("prediction.settle_hours"), "least": policies.get("prediction.min_cases"),
        "target": shown.target(wanted), "charts": figures.charts(shown, wanted), "groups": figures.GROUPS,
        "may_manage": actor.can_somewhere(MANAGE), "wide": True,
    }  # fmt: skip
    return render(request, "requests/prediction/calibration.html", context)


def _export(shown: figures.Shown, source: str) -> HttpResponseBase:
    response = StreamingHttpResponse(
        csv_lines([str(head) for head in figures.HEADS], figures.lines(shown)), content_type="text/csv; charset=utf-8"
    )
    name = f"prediction-{source}-{timezone.localtime(moment.now()):%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@staff_page(VIEW, MANAGE)
def models_page(request: HttpRequest) -> HttpResponse:
    """The models with their tests; an HTMX call gets the moving part."""
    part = getattr(request, "htmx", False)
    template = "requests/prediction/_models.html" if part else "requests/prediction/models.html"
    return render(request, template, _models(request))


def _models(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    rows = list(PredictionModel.objects.select_related("by").defer("document").order_by("-number")[:SHOWN_MODELS])
    for row in rows:
        row.reason_text = learning.REASONS.get(row.reason, "")  # type: ignore[attr-defined]
        row.summary = figures.summary(row.report)  # type: ignore[attr-defined]
    recent = moment.now() - dt.timedelta(days=1)
    job = JobProgress.objects.filter(label=_("拟合预测模型"), updated_at__gte=recent).order_by("-created_at").first()
    return {
        "tab": "models", "rows": rows, "may_manage": actor.can_somewhere(MANAGE), "job": job,
        "busy": job is not None and job.state in (JobState.WAITING, JobState.RUNNING),
        "least": policies.get("prediction.min_cases"), "wide": True,
    }  # fmt: skip


@require_POST
@staff_page(MANAGE)
def fit(request: HttpRequest) -> HttpResponse:
    """Fit now, in the background."""
    actor = actor_of(request)
    once(request, actor, "prediction.fit", lambda: jobs.start_fit(actor))
    messages.success(request, _("已开始拟合，进度见下方"))
    return redirect("requests:prediction-models")


@require_POST
@staff_page(MANAGE)
def put_in_force(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a candidate or an earlier model in force."""
    actor = actor_of(request)
    if not PredictionModel.objects.filter(pk=pk).exists():
        raise NotFound()
    try:
        number = once(request, actor, f"prediction.force:{pk}", lambda: learning.put_in_force(actor, pk).number)
        messages.success(request, _("模型 M%(n)s 已启用") % {"n": number})
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:prediction-models")


@staff_page(VIEW, MANAGE)
def weather_page(request: HttpRequest) -> HttpResponse:
    """What weather is known, and importing more."""
    actor = actor_of(request)
    faults: list[str] = []
    if request.method == "POST":
        try:
            kept = once(request, actor, "prediction.weather", lambda: _imported(request))
            messages.success(request, _("已导入 %(n)s 个小时的天气") % {"n": kept})
            return redirect("requests:prediction-weather")
        except InvalidInput as error:
            faults = [text for texts in error.fields.values() for text in texts]
    since = moment.now() - dt.timedelta(days=2)
    rows = WeatherHour.objects.filter(at__gte=since).select_related("org").order_by("-at", "org__path")[:96]
    bands = Bands.in_force()
    context = {
        "tab": "weather", "rows": [(row, queries.SKIES.get(bands.weather_of(row), "")) for row in rows],
        "faults": faults, "may_manage": actor.can_somewhere(MANAGE), "columns": ",".join(weather.COLUMNS),
        "example": ["3301,2026-01-31 08:00,-2.5,6.1,0,", "3301,2026-01-31 09:00,-1.8,18.3,0.4,orange"], "wide": True,
    }  # fmt: skip
    return render(request, "requests/prediction/weather.html", context, status=422 if faults else 200)


def _imported(request: HttpRequest) -> int:
    actor = actor_of(request)
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput({"file": _("请选择 CSV 文件")})
    if (file.size or 0) > LARGEST_FILE:
        raise InvalidInput({"file": _("文件超过 8 MB，请分批导入")})
    return weather.keep_weather(actor, weather.rows_of_csv(file.read()), source=_("人工导入"))


@require_GET
@staff_page("requests.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX, beside a request: what is told now, on what it rests, against the promise, and what was told before."""
    actor = actor_of(request)
    row = visible(actor).select_related("org", "master").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    lead = row.master if row.master is not None else row
    told, before = queries.latest_of(lead), queries.history_of(lead)
    promise = next((c for c in clocks_for(lead) if c.kind == limits.ARRIVAL_STANDARD and c.state == "running"), None)
    due = promise.due_at if promise else None
    context = {
        "r": row, "lead": lead, "told": told, "before": queries.with_outcomes(lead, before), "due": due,
        "open": queries.tells(lead), "model": fitted.in_force(), "now": moment.now(),
        "late": bool(told and told.arrival and due and told.arrival.high > due),
        "overdue": bool(told and told.overdue(moment.now())),
        "facts": queries.facts_of(told) if told else [], "may_see": actor.can_somewhere(VIEW),
        "least": policies.get("prediction.min_alike", row.org), "is_fault": row.type == "fault_report",
        "share": f"{100 * policies.get('prediction.coverage', row.org):.0f}%",
    }  # fmt: skip
    return render(request, "requests/prediction/_panel.html", context)
