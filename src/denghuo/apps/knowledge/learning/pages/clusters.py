"""The editor's work on questions that found no answer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge.actions.writing import Draft
from denghuo.apps.knowledge.choices import AskedBy, Scene, Trust
from denghuo.apps.knowledge.forms import places as units_to_write
from denghuo.apps.knowledge.learning import deciding, queries
from denghuo.apps.knowledge.learning.choices import ClusterState, Decision
from denghuo.apps.knowledge.learning.mining import proposed
from denghuo.apps.knowledge.learning.pages.common import base
from denghuo.apps.knowledge.models import QuestionCluster, UnknownQuestion
from denghuo.apps.knowledge.queries import EDIT
from denghuo.apps.knowledge.searching import ask
from denghuo.core import jobs, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

NEAREST = 6
WEEKS = 8
OTHERS = 30


class ClusterTable(t.Table):
    """Groups, most asked first."""

    title = t.Column(gettext_lazy("问题"), link="knowledge:learning-cluster")
    words = t.Column(gettext_lazy("关键词"), value=lambda row, ctx: " · ".join(row.words))
    size = t.NumberColumn(gettext_lazy("问法"), sort="size")
    times = t.NumberColumn(gettext_lazy("次数"), sort="times")
    first_at = t.TimeColumn(gettext_lazy("首次"), sort="first_at", relative=True)
    last_at = t.TimeColumn(gettext_lazy("最近"), sort="last_at", relative=True)

    class Meta:
        name = "knowledge-clusters"
        default_sort = "-times"
        page_size = 50
        export = True
        filters = [
            t.SearchFilter("q", gettext_lazy("问题或问法"), apply=lambda rows, text: by_text(rows, text)),
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=ClusterState.choices),
        ]
        empty = (gettext_lazy("没有待处理的问题"), gettext_lazy("每晚自动归并未解问题，也可以点“立即归并”"))


def by_text(rows: Any, text: str) -> Any:
    """Groups with a wording that holds ``text``."""
    return rows.filter(pk__in=UnknownQuestion.objects.filter(text__icontains=text).values("cluster"))


class NewForm(forms.Form):
    """A new entry from a group: what an editor must add to the wordings."""

    question = forms.CharField(label=gettext_lazy("标准问"), max_length=120)
    scene = forms.ChoiceField(label=gettext_lazy("场景"), choices=Scene.choices)
    org = forms.ChoiceField(label=gettext_lazy("适用单位"), required=False)
    answer = forms.CharField(
        label=gettext_lazy("答案"), max_length=2000, widget=forms.Textarea({"rows": 5, "id": "kl-answer"})
    )
    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=300, help_text=gettext_lazy("法规、文件或承诺的名称与条款")
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = units_to_write(actor)
        choices: list[tuple[str, Any]] = [(str(unit.pk), unit.label) for unit in self.units]
        if any(path.count(".") <= 1 for path in actor.paths_for(EDIT)):
            choices.insert(0, ("", _("各地通用")))
        self.fields["org"].choices = choices  # type: ignore[attr-defined]


@require_GET
@staff_page(*queries.WORK)
def cluster_list(request: HttpRequest) -> HttpResponseBase:
    """Groups that wait, and wordings that stand alone."""
    given = request.GET.get("state", "")
    rows = QuestionCluster.objects.all() if given else queries.clusters()
    table = ClusterTable(request, rows, actor=actor_of(request))
    context = base(request, "clusters") | {"job": running(), "loose": list(queries.loose(40))}
    return t.table_response(request, table, "knowledge/learning/clusters.html", context)


@require_GET
@staff_page(*queries.WORK)
def cluster(request: HttpRequest, pk: int) -> HttpResponse:
    """The work page of one group."""
    return _show(request, queries.cluster(pk))


def _show(
    request: HttpRequest, row: QuestionCluster, form: NewForm | None = None, chosen: set[int] | None = None
) -> HttpResponse:
    actor = actor_of(request)
    members = list(row.members.select_related("entry", "decided_by").order_by("-times", "pk"))
    undecided = [member for member in members if not member.decision]
    typed = proposed([m.pk for m in undecided], policies.get("knowledge.learning.typed_least"))
    found = ask(row.title, org=None, by=AskedBy.EDITOR, log=False)
    first = {"question": row.title[:120], "answer": typed[0].text if typed else ""}
    first["scene"] = found.found[0].entry.scene if found.found else ""
    open_rows = queries.clusters().exclude(pk=row.pk)
    context = base(request, "clusters") | {
        "row": row,
        "open": row.state == ClusterState.OPEN,
        "members": undecided,
        "chosen": chosen if chosen is not None else {m.pk for m in undecided},
        "past": [m for m in members if m.decision],
        "typed": typed,
        "near": found.found[:NEAREST],
        "answers_now": found.outcome == "answer",
        "weeks": weeks_of(undecided or members),
        "form": form or NewForm(actor, initial=first),
        "others": open_rows[:OTHERS],
        "next": open_rows.first(),
        "decisions": Decision,
    }
    return render(request, "knowledge/learning/cluster.html", context, status=422 if form is not None else 200)


def weeks_of(members: list[UnknownQuestion]) -> dict[str, Any]:
    """Chart: how often the group's wordings were asked, by week."""
    counts: Counter[str] = Counter()
    for member in members:
        counts.update(member.weeks)
    weeks = sorted(counts)[-WEEKS:]
    return {
        "xAxis": {"type": "category", "data": weeks},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "name": _("次数"), "barMaxWidth": 28, "data": [counts[week] for week in weeks]}],
    }


@require_GET
@staff_page(EDIT)
def near(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX: entries found by what the editor types (``?q=``), to add the wordings to."""
    row = queries.cluster(pk)
    text = request.GET.get("q", "").strip() or row.title
    found = ask(text, org=None, by=AskedBy.EDITOR, log=False)
    return render(
        request, "knowledge/learning/_near.html", {"row": row, "near": found.found[:NEAREST], "may_edit": True}
    )


@require_POST
@staff_page(EDIT)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """``do``: new, similar, negative, ignore, split, move; over the ticked wordings (``member``)."""
    actor, row = actor_of(request), queries.cluster(pk)
    chosen = [int(one) for one in request.POST.getlist("member") if one.isascii() and one.isdigit()]
    form = NewForm(actor, request.POST)
    do = request.POST.get("do", "")
    name = do.partition(":")[0]
    if name == "new" and not form.is_valid():
        return _show(request, row, form, set(chosen))
    try:
        to = once(request, actor, f"learning.{name}:{pk}", lambda: _done(actor, row, form, do, request, chosen))
    except ActionError as error:
        if name == "new":
            form.is_valid()
            add_refusal(form, error)
            return _show(request, row, form, set(chosen))
        messages.error(request, error.message)
        fields = getattr(error, "fields", {})
        for texts in fields.values():
            for text in texts:
                messages.error(request, text)
        return redirect("knowledge:learning-cluster", pk)
    messages.success(request, str(to["said"]))
    return redirect(to["to"])


def _done(
    actor: Actor, row: QuestionCluster, form: NewForm, do: str, request: HttpRequest, chosen: list[int]
) -> dict[str, str]:
    """Run the action; where to go next and what to say."""
    name, _colon, which = do.partition(":")
    entry_id = int(which) if which.isascii() and which.isdigit() and len(which) < 10 else 0
    here = f"/staff/knowledge/learning/gaps/{row.pk}/"
    if name == "new":
        made = deciding.make_new(actor, row.pk, _draft(row, form, chosen), members=chosen, org=_unit(form))
        return {"to": f"/staff/knowledge/{made.entry_id}/", "said": _("已写成草稿，提交审核、发布后生效")}
    if name in ("similar", "negative"):
        deciding.add_wordings(actor, row.pk, entry_id, members=chosen, negative=name == "negative")
        said = _("已加入该条目的草稿，发布后生效")
    elif name == "ignore":
        deciding.ignore(actor, row.pk, request.POST.get("reason", ""), members=chosen)
        said = _("已忽略，以后不再提示")
    elif name == "split":
        made_row = deciding.split(actor, row.pk, chosen)
        return {"to": f"/staff/knowledge/learning/gaps/{made_row.pk}/", "said": _("已拆成单独一组")}
    else:
        given = request.POST.get("to", "")
        deciding.move(actor, row.pk, chosen, int(given) if given.isascii() and given.isdigit() else row.pk)
        said = _("已移到另一组")
    row.refresh_from_db()
    following = queries.clusters().exclude(pk=row.pk).first() if row.state == ClusterState.DONE else None
    to = f"/staff/knowledge/learning/gaps/{following.pk}/" if following is not None else here
    return {
        "to": to if row.state == ClusterState.OPEN or following else "/staff/knowledge/learning/gaps/",
        "said": said,
    }


def _unit(form: NewForm) -> Any:
    return next((unit for unit in form.units if str(unit.pk) == form.cleaned_data["org"]), None)


def _draft(row: QuestionCluster, form: NewForm, chosen: list[int]) -> Draft:
    data = form.cleaned_data
    members = row.members.filter(decision="")
    texts = (members.filter(pk__in=chosen) if chosen else members).values_list("text", flat=True)
    return Draft(
        scene=data["scene"],
        question=data["question"],
        answer=data["answer"],
        similar=tuple(text[: deciding.LONGEST_WORDING] for text in texts),
        source=data["source"],
        trust=Trust.KNOWN,
        public=False,
    )


@require_POST
@staff_page(EDIT)
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """An answer agents typed is not proposed again."""
    to = request.POST.get("cluster", "")
    address = (
        f"/staff/knowledge/learning/gaps/{int(to)}/"
        if to.isascii() and to.isdigit()
        else "/staff/knowledge/learning/gaps/"
    )
    return attempt(request, lambda: deciding.dismiss_typed(actor_of(request), pk), _("不再提示这条答复"), address)


@require_POST
@staff_page(EDIT)
def scan(request: HttpRequest) -> HttpResponse:
    """Look for gaps now, as a job."""
    from denghuo.apps.knowledge.learning.jobs import find_gaps

    if running() is not None:
        messages.info(request, _("正在归并，请稍候"))
    else:
        jobs.announce(jobs.enqueue(find_gaps), _("查找知识缺口"))
        messages.success(request, _("已开始归并，进度见本页"))
    return redirect("knowledge:learning-clusters")


@require_POST
@staff_page(EDIT)
def scan_stop(request: HttpRequest) -> HttpResponse:
    """Stop the running search for gaps; what is done stays."""
    row = running()
    if row is not None and jobs.cancel(row.pk):
        messages.success(request, _("已要求停止，已完成的会保留"))
    else:
        messages.info(request, _("没有正在进行的归并"))
    return redirect("knowledge:learning-clusters")


def running() -> JobProgress | None:
    """The search for gaps that waits or runs."""
    hour_ago = timezone.now() - dt.timedelta(hours=1)
    rows = JobProgress.objects.filter(label=_("查找知识缺口"), state__in=[JobState.WAITING, JobState.RUNNING])
    return rows.filter(updated_at__gte=hour_ago).order_by("-created_at").first()
