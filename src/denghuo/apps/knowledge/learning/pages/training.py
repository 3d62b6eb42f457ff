"""Training, what came of it, and the frozen set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge.choices import LearnedKind, LearnedState, Scene
from denghuo.apps.knowledge.learned.actions import refused, release_model
from denghuo.apps.knowledge.learning import frozen, queries, training
from denghuo.apps.knowledge.learning.choices import RunState
from denghuo.apps.knowledge.learning.pages.common import base
from denghuo.apps.knowledge.models import FrozenCase, LearnedModel, StandardQuestion, TrainingRun
from denghuo.apps.knowledge.queries import EDIT, PUBLISH
from denghuo.core import jobs
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

MEASURES = (
    ("overall", gettext_lazy("处理正确"), False),
    ("first", gettext_lazy("首条正确 R@1"), False),
    ("five", gettext_lazy("前五条含正确 R@5"), False),
    ("mrr", "MRR@10", False),
    ("answered", gettext_lazy("直接回答的准确率"), False),
    ("refused", gettext_lazy("该拒答的拒答率"), False),
    ("lost", gettext_lazy("误拒率"), True),
)
SHOWN_RUNS = 20


@require_GET
@staff_page(*queries.WORK)
def training_page(request: HttpRequest) -> HttpResponse:
    """Start a training, watch it, see the models."""
    runs = list(TrainingRun.objects.select_related("by", "model").defer("model__artifact")[:SHOWN_RUNS])
    open_run = next((row for row in runs if row.state in (RunState.WAITING, RunState.RUNNING)), None)
    models = LearnedModel.objects.filter(kind__in=training.KINDS).defer("artifact").select_related("released_by")
    context = base(request, "training") | {
        "kinds": [(kind, LearnedKind(kind).label) for kind in training.KINDS],
        "runs": [(row, LearnedKind(row.kind).label) for row in runs],
        "open_run": open_run,
        "job": JobProgress.objects.filter(pk=open_run.job_id).first() if open_run and open_run.job_id else None,
        "models": list(models.order_by("kind", "-number")[:40]),
        "cases": FrozenCase.objects.filter(active=True).count(),
        "may_release": actor_of(request).can_somewhere(PUBLISH),
    }
    return render(request, "knowledge/learning/training.html", context)


@require_POST
@staff_page(EDIT)
def train(request: HttpRequest) -> HttpResponse:
    """Start a training of ``kind``."""
    kind = request.POST.get("kind", "")
    return attempt(
        request,
        lambda: training.ask_training(actor_of(request), kind),
        _("已开始训练，进度见本页"),
        "/staff/knowledge/learning/training/",
    )


@require_POST
@staff_page(EDIT)
def train_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a training; nothing of it is kept."""
    row = TrainingRun.objects.filter(pk=pk).first()
    if row is not None and row.job_id and jobs.cancel(row.job_id):
        if row.state == RunState.WAITING:
            training.end_run(training.Actor.system("knowledge.learning"), pk, RunState.CANCELLED)
        messages.success(request, _("已要求停止训练"))
    else:
        messages.info(request, _("训练已经结束"))
    return redirect("knowledge:learning-training")


@require_GET
@staff_page(*queries.WORK)
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """One trained model: before and after, by scene, and which questions get another answer."""
    row = LearnedModel.objects.defer("artifact").select_related("released_by", "trained_by").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    card = row.card
    then, now = card.get("before") or {}, card.get("after") or {}
    if not isinstance(then, dict) or not isinstance(now, dict):
        then, now = {}, {}
    measures = [
        {"label": label, "before": 100 * then[name], "after": 100 * now[name], "lower": lower,
         "gain": round(100 * (now[name] - then[name]) * (-1 if lower else 1), 1)}
        for name, label, lower in MEASURES if name in then and name in now
    ]  # fmt: skip
    context = base(request, "training") | {
        "row": row,
        "card": card,
        "measures": measures,
        "scenes": _scenes(card),
        "changed": card.get("changed") or [],
        "sure": f"{round(100 * card['sure'])}%" if "sure" in card else None,
        "may_release": actor_of(request).can_somewhere(PUBLISH),
        "refusal": refused(row),
        "releasable": row.state != LearnedState.RELEASED and refused(row) is None,
    }
    return render(request, "knowledge/learning/model.html", context)


def _scenes(card: dict[str, Any]) -> list[dict[str, Any]]:
    given = card.get("scenes") or {}
    then, now = given.get("before") or {}, given.get("after") or {}
    labels = dict(Scene.choices) | {"": _("应拒答的问题")}
    return [
        {
            "label": labels.get(scene, scene),
            "n": now[scene]["n"],
            "before": 100 * then[scene]["right"],
            "after": 100 * now[scene]["right"],
            "gain": round(100 * (now[scene]["right"] - then[scene]["right"]), 1),
        }
        for scene in now
        if scene in then
    ]


@require_POST
@staff_page(PUBLISH)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a model in force."""
    return attempt(
        request,
        lambda: release_model(actor_of(request), pk),
        _("已发布，新的检索立即使用"),
        f"/staff/knowledge/learning/models/{pk}/",
    )


class FrozenTable(t.Table):
    """Questions of the frozen set."""

    text = t.Column(gettext_lazy("问题"))
    code = t.Column(gettext_lazy("应答条目"), value=lambda row, ctx: row.code or _("应拒答"), sort="code")
    shipped = t.Column(gettext_lazy("来源"), value=lambda row, ctx: _("随产品") if row.shipped else _("编辑添加"))
    added_at = t.TimeColumn(gettext_lazy("加入时间"), sort="added_at")
    retire = t.Column("", template="knowledge/learning/_retire.html", export=False)

    class Meta:
        name = "knowledge-frozen"
        default_sort = "code"
        page_size = 50
        export = True
        filters = [
            t.SearchFilter("q", gettext_lazy("问题或编码"), fields=["text", "code"]),
            t.BoolFilter("refuse", gettext_lazy("只看应拒答"), apply=lambda rows, _on: rows.filter(code="")),
            t.BoolFilter("own", gettext_lazy("只看编辑添加"), apply=lambda rows, _on: rows.filter(shipped=False)),
        ]
        empty = (gettext_lazy("没有测评题"), gettext_lazy("可在下面添加，或从提问记录里加入"))


class CaseForm(forms.Form):
    """One question of the frozen set."""

    text = forms.CharField(label=gettext_lazy("问题"), max_length=200)
    code = forms.CharField(
        label=gettext_lazy("应答条目的编码"), max_length=48, required=False, help_text=gettext_lazy("应拒答的留空")
    )


@require_http_methods(["GET", "POST"])
@staff_page(*queries.WORK)
def frozen_set(request: HttpRequest) -> HttpResponseBase:
    """The frozen set, and adding to it (POST)."""
    actor = actor_of(request)
    form = CaseForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            data = form.cleaned_data
            try:
                once(request, actor, "learning.add_case", lambda: frozen.add_case(actor, data["text"], data["code"]).pk)
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("已加入测评集"))
                return redirect("knowledge:learning-frozen")
        status = 422
    table = FrozenTable(request, FrozenCase.objects.filter(active=True), actor=actor)
    codes = StandardQuestion.objects.filter(active=True).values_list("code", "question").order_by("code")
    context = base(request, "frozen") | {"form": form, "codes": list(codes), "case_errors": status == 422}
    response = t.table_response(request, table, "knowledge/learning/frozen.html", context)
    response.status_code = status if status != 200 else response.status_code
    return response


@require_POST
@staff_page(EDIT)
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a question out."""
    return attempt(
        request,
        lambda: frozen.retire_case(actor_of(request), pk),
        _("已移出测评集"),
        "/staff/knowledge/learning/frozen/",
    )
