"""The page of a voltage complaint, its printed report, and importing measurements."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.customers import voltage as meters
from denghuo.apps.grid import loads
from denghuo.apps.requests.pages.common import free_text
from denghuo.apps.requests.panorama import words
from denghuo.apps.requests.panorama.actions import attach_analysis
from denghuo.apps.requests.panorama.charts import load_chart, meter_name, sketch, voltage_chart
from denghuo.apps.requests.panorama.draft import draft, episode_text
from denghuo.apps.requests.panorama.queries import Panorama, latest_analysis, panorama
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.errors import InvalidInput
from denghuo.core.http import actor_of
from denghuo.core.measured import csv_rows
from denghuo.web.formtools import once

VIEW, NOTE, IMPORT = "requests.view", "request.note", "exchange.import"
LARGEST_FILE: Final = 8 * 1024 * 1024
SHOWN_EPISODES: Final = 8
KINDS: Final[dict[str, Any]] = {
    "voltage": (meters.COLUMNS, meters.keep_readings), "load": (loads.COLUMNS, loads.keep_loads),
}  # fmt: skip


@staff_page(VIEW)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """48 hours around a complaint; ``?near=`` draws a neighbour beside it, ``?latest=1`` takes the hours up to now.

    A POST writes the analysis into the request; a refusal comes back with what was typed.
    """
    actor = actor_of(request)
    shown = panorama(actor, pk, latest=request.GET.get("latest") == "1")
    faults: list[str] = []
    if request.method == "POST":
        text, cause = request.POST.get("text", ""), shown.causes[0].code if shown.causes else ""
        try:
            once(
                request, actor, f"voltage.analysis:{pk}",
                lambda: attach_analysis(actor, pk, text=text, cause=cause).pk,
            )  # fmt: skip
            messages.success(request, _("分析意见已写入诉求"))
            return redirect("requests:detail", pk=pk)
        except InvalidInput as error:
            faults = [one for texts in error.fields.values() for one in texts]
    context = context_of(request, shown) | {"faults": faults}
    context["text"] = request.POST.get("text", "") if faults else draft(shown)
    context["may_note"] = actor.can(NOTE, shown.request.org.path)
    return render(request, "requests/panorama/page.html", context, status=422 if faults else 200)


def context_of(request: HttpRequest, p: Panorama) -> dict[str, Any]:
    """What the templates show of a panorama."""
    near = request.GET.get("near", "")
    beside = next((one for one in p.near if str(one.account.pk) == near), None)
    own = p.own.quality if p.own else None
    worst = p.own.worst if p.own else None
    found = sorted(p.own.episodes, key=lambda one: -one.slots) if p.own else []
    return {
        "r": p.request, "p": p, "transformer": p.transformer, "wide": True,
        "closed": p.request.state in FINAL, "latest": request.GET.get("latest") == "1",
        "rate": f"{own.rate * 100:.1f}" if own and own.rate is not None else "—",
        "passed": bool(own and own.rate == 1),
        "coverage": f"{own.coverage * 100:.0f}" if own else "—",
        "gappy": bool(own and own.coverage < p.judged.rules["enough"]),
        "worst": f"{worst[0]:.1f}" if worst else "—",
        "worst_percent": f"{worst[1]:+.1f}%" if worst else "",
        "peak": f"{_peak(p):.0f}" if _peak(p) is not None else "—",
        "heavy": bool(p.runs),
        "link": f"{p.correlation:.2f}" if p.correlation is not None else "—",
        "voltage_chart": voltage_chart(p, beside), "load_chart": load_chart(p),
        "sketch": sketch(p, beside.account.pk if beside else None),
        "beside": meter_name(beside) if beside else "",
        "episodes": [episode_text(p, one) for one in sorted(found[:SHOWN_EPISODES], key=lambda one: one.first)],
        "more_episodes": max(0, len(found) - SHOWN_EPISODES),
        "causes": [
            {"name": words.CAUSES[one.code], "sure": words.sure(one), "mark": f"{one.confidence:.2f}",
             "reasons": [words.said(e) for e in one.evidence], "tone": "ok" if one.code == "none" else "muted" if n else "warn"}
            for n, one in enumerate(p.causes[:4])
        ],
        "skies": _skies(p), "longest": policies.get("voltage.analysis_length", p.request.org),
        "may_import": actor_of(request).can_somewhere(IMPORT),
    }  # fmt: skip


def _peak(p: Panorama) -> float | None:
    known = [float(value) for value in p.share if value == value]
    return max(known) * 100 if known else None


def _skies(p: Panorama) -> str:
    """The weather of the window in one line; empty without records."""
    hot = [row.temperature for row in p.weather if row.temperature is not None]
    rain = [row.rain for row in p.weather if row.rain is not None]
    parts = []
    if hot:
        parts.append(_("气温 %(low).0f–%(high).0f ℃") % {"low": min(hot), "high": max(hot)})
    if rain:
        parts.append(_("最大雨强 %(rain).1f 毫米/小时") % {"rain": max(rain)})
    return _("，").join(parts)


@require_GET
@staff_page(VIEW)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The analysis as a page to print, with the curves: the one last written into the request, else the draft."""
    actor = actor_of(request)
    shown = panorama(actor, pk, latest=request.GET.get("latest") == "1")
    note = latest_analysis(shown.request)
    text = free_text(note.text, shown.request, actor) if note else draft(shown)
    context = context_of(request, shown) | {"text": text, "note": note}
    return render(request, "requests/panorama/report.html", context)


@staff_page(IMPORT)
def import_page(request: HttpRequest) -> HttpResponse:
    """Take in voltages or loads from a CSV file; all rows or none."""
    actor = actor_of(request)
    kind = request.POST.get("kind", "voltage")
    faults: list[str] = []
    if request.method == "POST":
        try:
            kept = once(request, actor, "voltage.import", lambda: _imported(request, kind))
            messages.success(request, _("已导入 %(n)s 条量测") % {"n": kept})
            return redirect(reverse("requests:voltage-import"))
        except InvalidInput as error:
            faults = [one for texts in error.fields.values() for one in texts]
    context = {
        "faults": faults, "kind": kind,
        "samples": [
            (_("电表电压"), ",".join(meters.COLUMNS), ["3300012345,2026-01-31 08:15,231.2,,", "3300098765,2026-01-31 08:15,229.8,230.4,227.1"]),
            (_("台区负载"), ",".join(loads.COLUMNS), ["T330101,2026-01-31 08:15,182.4,265,241,278"]),
        ],
    }  # fmt: skip
    return render(request, "requests/panorama/import.html", context, status=422 if faults else 200)


def _imported(request: HttpRequest, kind: str) -> int:
    if kind not in KINDS:
        raise InvalidInput({"kind": _("请选择导入的数据种类")})
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput({"file": _("请选择 CSV 文件")})
    if (file.size or 0) > LARGEST_FILE:
        raise InvalidInput({"file": _("文件超过 8 MB，请分批导入")})
    columns, keep = KINDS[kind]
    return int(keep(actor_of(request), csv_rows(file.read(), columns[:2])))
