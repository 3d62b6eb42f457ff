"""The editor's page of the search: try a question as a customer of some place on some day; the health of the index."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.choices import AskedBy, Scene
from denghuo.apps.knowledge.graph.cards import card_of
from denghuo.apps.knowledge.graph.queries import answer
from denghuo.apps.knowledge.searching import vectors
from denghuo.apps.knowledge.searching.asking import ask
from denghuo.apps.knowledge.searching.deciding import thresholds
from denghuo.apps.knowledge.searching.explaining import shown, verdict
from denghuo.apps.knowledge.searching.following import newest_change
from denghuo.apps.knowledge.searching.holder import holder
from denghuo.apps.knowledge.searching.places import unit_for, units_of
from denghuo.apps.knowledge.searching.processes import fresh, tell
from denghuo.core import jobs
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress, JobState

JOB_SHOWN = dt.timedelta(hours=1)


class LocalDate(forms.DateInput):
    """The browser's own control for a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TryForm(forms.Form):
    """A question, and as whom it is asked."""

    q = forms.CharField(
        label=gettext_lazy("客户怎么问"),
        max_length=queries.LONGEST_QUERY,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    org = forms.ChoiceField(label=gettext_lazy("客户所在单位"), required=False)
    day = forms.DateField(
        label=gettext_lazy("哪一天"), required=False, widget=LocalDate(), help_text=gettext_lazy("空为今天")
    )
    scene = forms.ChoiceField(label=gettext_lazy("场景"), required=False)
    public = forms.BooleanField(label=gettext_lazy("只看可发给客户的"), required=False)

    def __init__(self, actor: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [("", _("各地通用"))] + [(str(unit.pk), unit.label) for unit in units_of(actor)]
        self.fields["org"].choices = places  # type: ignore[attr-defined]
        self.fields["scene"].choices = [("", _("全部")), *Scene.choices]  # type: ignore[attr-defined]


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def search(request: HttpRequest) -> HttpResponse:
    """Try a question (``?q=``), and see how level the index of each process is. Nothing is logged."""
    actor = actor_of(request)
    asked = "q" in request.GET
    form = TryForm(actor, request.GET if asked else None)
    context: dict[str, Any] = {"form": form, "wide": True, "may_edit": actor.can_somewhere(queries.EDIT)}
    if asked and form.is_valid():
        data = form.cleaned_data
        org = unit_for(actor, int(data["org"])) if data["org"] else None
        at = timezone.make_aware(dt.datetime.combine(data["day"], dt.time(12))) if data["day"] else None
        reply = ask(
            data["q"], org=org, by=AskedBy.EDITOR, scene=data["scene"], public_only=data["public"], at=at, log=False
        )
        told = {hit.entry.pk for hit in reply.hits}
        rows = [shown(hit) | {"told": hit.entry.pk in told} for hit in reply.found]
        rest = "".join(f"&{name}={quote(request.GET.get(name, ''))}" for name in ("org", "day", "scene", "public"))
        context |= {"card": card_of(answer(data["q"], org, at), data["q"]), "rest": rest}
        context |= {"reply": reply, "rows": rows, "verdict": verdict(reply), "limits": thresholds(org)}
    context |= _health()
    return render(request, "knowledge/search/try.html", context, status=422 if form.errors else 200)


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def health(request: HttpRequest) -> HttpResponse:
    """HTMX: the state of the index alone."""
    may = actor_of(request).can_somewhere(queries.EDIT)
    return render(request, "knowledge/search/_health.html", {"may_edit": may, **_health()})


@require_POST
@staff_page(queries.EDIT)
def fill(request: HttpRequest) -> HttpResponse:
    """Make the vectors that are missing, as a job."""
    from denghuo.apps.knowledge.searching.jobs import fill_vectors

    if vectors.wanted() == "none":
        messages.error(request, _("没有启用向量模型，检索只按词语进行"))
    elif _running() is not None:
        messages.info(request, _("正在计算，请稍候"))
    else:
        number = jobs.enqueue(fill_vectors)
        jobs.announce(number, _("计算知识向量"))
        messages.success(request, _("已开始计算，进度见本页"))
    return redirect("knowledge:search")


@require_POST
@staff_page(queries.EDIT)
def stop(request: HttpRequest) -> HttpResponse:
    """Stop the running computation; what is done stays."""
    row = _running()
    if row is not None and jobs.cancel(row.pk):
        messages.success(request, _("已要求停止，已算出的会保留"))
    else:
        messages.info(request, _("没有正在进行的计算"))
    return redirect("knowledge:search")


def _health() -> dict[str, Any]:
    here = holder()
    here.sync()
    state = here.state()
    tell(state)
    newest = newest_change()
    rows = list(fresh())
    for row in rows:
        row.behind = max(0, newest - row.change)  # type: ignore[attr-defined]
        row.here = row.name == state.name  # type: ignore[attr-defined]
        row.share = round(100 * row.vectors / row.texts) if row.texts else 0  # type: ignore[attr-defined]
    return {
        "processes": rows,
        "state": state,
        "missing": max(0, state.texts - state.vectors) if state.model else 0,
        "embedder": vectors.wanted(),
        "job": _running(),
    }


def _running() -> JobProgress | None:
    rows = JobProgress.objects.filter(
        label=_("计算知识向量"),
        state__in=[JobState.WAITING, JobState.RUNNING],
        updated_at__gte=timezone.now() - JOB_SHOWN,
    )
    return rows.order_by("-created_at").first()
