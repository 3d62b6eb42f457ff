"""Screens: the six parts that understand language with their data cards, models trained here, and rising topics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge.choices import LearnedState
from denghuo.apps.knowledge.learned.actions import refused, release_model
from denghuo.apps.knowledge.learned.cards import ROLES, measured
from denghuo.apps.knowledge.learned.registry import current
from denghuo.apps.knowledge.learned.trends import SOURCES, trends
from denghuo.apps.knowledge.models import LearnedModel
from denghuo.apps.knowledge.queries import EDIT, PUBLISH, REVIEW, VIEW
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of
from denghuo.engine.language import score
from denghuo.engine.language.intents import IntentModel
from denghuo.engine.language.keywords import keywords
from denghuo.engine.language.phenomena import catalogue
from denghuo.engine.language.sensitive import find_risks
from denghuo.engine.language.shipped import label_names
from denghuo.engine.language.slots import find_slots
from denghuo.web import tables as t

TRIED = 300  # characters of a sentence that is tried
SLOT_LABELS = {
    "name": gettext_lazy("姓名"),
    "phone": gettext_lazy("电话"),
    "account": gettext_lazy("户号"),
    "address": gettext_lazy("地址"),
    "time": gettext_lazy("时间"),
    "phenomenon": gettext_lazy("现象"),
    "amount": gettext_lazy("金额"),
    "reading": gettext_lazy("示数"),
    "id_number": gettext_lazy("证件号"),
    "bank_card": gettext_lazy("银行卡"),
}


class ModelTable(t.Table):
    """Models trained here, newest first."""

    name = t.Column(gettext_lazy("模型"), value=lambda row, ctx: str(row), link="knowledge:model")
    state = t.Column(gettext_lazy("状态"), value=lambda row, ctx: row.get_state_display(), sort="state")
    before = t.Column(gettext_lazy("发布前"), value=lambda row, ctx: _figure(row, "before"), css="dh-num")
    after = t.Column(gettext_lazy("新模型"), value=lambda row, ctx: _figure(row, "after"), css="dh-num")
    trained_at = t.TimeColumn(gettext_lazy("训练时间"), sort="trained_at")
    released_at = t.TimeColumn(gettext_lazy("发布时间"), sort="released_at")

    class Meta:
        name = "knowledge-models"
        default_sort = "-trained_at"
        page_size = 20
        empty = (gettext_lazy("还没有在本单位训练过模型"), gettext_lazy("现用的是产品自带的模型，见上方各部分的数据卡"))


def _figure(row: LearnedModel, name: str) -> str:
    value = (row.card.get("frozen") or {}).get(name)
    return f"{value:.3f}" if isinstance(value, int | float) else ""


@require_GET
@staff_page(VIEW, EDIT, REVIEW, PUBLISH)
def model_list(request: HttpRequest) -> HttpResponseBase:
    """The six parts, each with its main figure; below, models trained here."""
    figures = measured()
    cards = [{"role": one, "figure": _headline(figures.get(one.code, {}))} for one in ROLES]
    table = ModelTable(request, LearnedModel.objects.defer("artifact"), actor=actor_of(request))
    return t.table_response(request, table, "knowledge/learned/list.html", {"cards": cards, "tab": "models"})


def _headline(figures: dict[str, Any]) -> dict[str, Any] | None:
    """The figure shown on the card."""
    rows = figures.get("figures") or []
    return {**rows[0], "date": figures.get("date", "")} if rows else None


@require_GET
@staff_page(VIEW, EDIT, REVIEW, PUBLISH)
def role(request: HttpRequest, code: str) -> HttpResponse:
    """The data card of one part, with a field to try a sentence in. What is tried is not kept."""
    one = next((one for one in ROLES if one.code == code), None)
    if one is None:
        raise NotFound(_("没有这张数据卡"))
    text = request.GET.get("text", "").strip()[:TRIED]
    rows = LearnedModel.objects.defer("artifact").filter(kind__in=one.kinds)
    in_force = [
        {"label": row.get_kind_display(), "row": row}
        for row in rows.filter(state=LearnedState.RELEASED).order_by("kind")
    ]
    context = {
        "role": one, "card": measured().get(code, {}), "text": text, "found": _tried(code, text) if text else None, "tab": "models",
        "tried_limit": TRIED, "in_force": in_force, "can_try": code != "topics",
    }  # fmt: skip
    return render(request, "knowledge/learned/role.html", context)


def _tried(code: str, text: str) -> list[tuple[str, str, str]]:
    """(what, figure, words) rows of one part for one sentence."""
    if code == "intent":
        return _intents(text)
    if code == "slots":
        labels = {name: one[0].label for name, one in catalogue().items()}
        return [
            (
                str(SLOT_LABELS[s.kind]),
                f"{s.sure:.0%}",
                labels.get(s.value, s.value) if s.kind == "phenomenon" else s.value,
            )
            for s in find_slots(text)
        ]
    if code == "sentiment":
        reading = score(text)
        return [(_("得分"), f"{reading.score:+.2f}", "、".join(word for word, _w in reading.words))]
    if code == "keywords":
        return [(word, f"{weight:.2f}", "") for word, weight in keywords(text)]
    return [(risk.label, str(risk.severity), risk.phrase) for risk in find_risks(text)]


def _intents(text: str) -> list[tuple[str, str, str]]:
    model = current("intent")
    if not isinstance(model, IntentModel):
        return []
    names = label_names()
    return [
        (names.get(label, label), f"{p:.0%}", "、".join(word for word, _w in model.because(text, label, limit=4)))
        for label, p in model.ranked(text)
    ]


@require_GET
@staff_page(VIEW, EDIT, REVIEW, PUBLISH)
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """The data card of a model trained here."""
    row = LearnedModel.objects.defer("artifact").select_related("trained_by", "released_by").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个模型"))
    frozen = row.card.get("frozen") or {}
    rest = [
        (name, value) for name, value in row.card.items() if name != "frozen" and isinstance(value, str | int | float)
    ]
    may = actor_of(request).can_somewhere(PUBLISH) and row.state != LearnedState.RELEASED
    context = {"row": row, "frozen": frozen, "rest": rest, "refusal": refused(row), "may": may, "tab": "models"}
    return render(request, "knowledge/learned/model.html", context)


@require_POST
@staff_page(PUBLISH)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the model in force."""
    actor = actor_of(request)
    return attempt(
        request,
        lambda: release_model(actor, pk),
        _("已发布，现在起使用这个模型"),
        reverse("knowledge:model", args=[pk]),
    )


@require_GET
@staff_page(VIEW, EDIT, REVIEW, PUBLISH)
def topics(request: HttpRequest) -> HttpResponse:
    """Words that rose this week against the weeks before."""
    source = request.GET.get("source", "")
    if source not in SOURCES:
        source = ""
    found = trends(actor_of(request), source)
    most = max((max(series) for _rise, series in found.rises), default=0) or 1
    rows = [
        {"rise": rise, "bars": _bars(found.weeks, series, most), "chance": _chance(rise.q)}
        for rise, series in found.rises
    ]
    tabs = [("", _("全部")), *[(code, label) for code, (label, _reader) in SOURCES.items()]]
    context = {"rows": rows, "found": found, "source": source, "sources": tabs, "total": sum(found.sizes), "tab": "topics", "width": 12 * len(found.weeks), "this_week": found.sizes[-1]}  # fmt: skip
    return render(request, "knowledge/learned/topics.html", context)


def _chance(q: float) -> str:
    return "<0.001" if q < 0.001 else f"{q:.3f}"


def _bars(weeks: Sequence[dt.date], series: Sequence[int], most: int) -> list[tuple[dt.date, int, int, int, int]]:
    """(week, number, x, y, height) of the bars of one word; a week without any keeps a line of one."""
    heights = [max(1, round(30 * n / most)) for n in series]
    return [
        (week, n, 12 * at, 32 - height, height)
        for at, (week, n, height) in enumerate(zip(weeks, series, heights, strict=True))
    ]
