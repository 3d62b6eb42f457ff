"""Screens of the base's health: broken and expiring entries, the self test, wordings that are duplicates."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge import entries, health, queries
from denghuo.apps.knowledge.actions import checking as actions
from denghuo.apps.knowledge.choices import PairState
from denghuo.apps.knowledge.models import DuplicatePair, StandardQuestion
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web import tables as t

WORK = (queries.EDIT, queries.REVIEW, queries.PUBLISH)
PAIRS = 30


class FaultTable(t.Table):
    """Entries with one kind of fault."""

    question = t.Column(gettext_lazy("标准问"), link="knowledge:entry", sort="question")
    scene = t.Column(gettext_lazy("场景"), value=lambda row, ctx: row.get_scene_display(), sort=("scene", "position"))
    place = t.Column(gettext_lazy("适用"), value=lambda row, ctx: row.org.label if row.org else _("各地通用"))
    state = t.StateColumn(gettext_lazy("状态"), kind="knowledge", value=lambda row, ctx: entries.state_code(row))
    owner = t.Column(gettext_lazy("负责人"), value=lambda row, ctx: row.owner.display_name if row.owner else "")
    valid_to = t.Column(
        gettext_lazy("失效日"), value=lambda row, ctx: row.valid_to.isoformat() if row.valid_to else "", sort="valid_to"
    )
    next_review_on = t.Column(
        gettext_lazy("下次复审"), sort="next_review_on",
        value=lambda row, ctx: row.next_review_on.isoformat() if row.next_review_on else "",
    )  # fmt: skip
    trust = t.Column(gettext_lazy("可信度"), value=lambda row, ctx: row.get_trust_display())

    class Meta:
        name = "knowledge-faults"
        default_sort = "scene"
        page_size = 50
        export = True
        empty = (gettext_lazy("没有这类问题"), gettext_lazy("换一类看看"))


class LostTable(FaultTable):
    """Entries whose wordings were lost in the self test, with those wordings."""

    lost = t.Column(gettext_lazy("问法 → 先找到的"), value=lambda row, ctx: ctx.table.told(row))

    class Meta:
        name = "knowledge-faults"

    def told(self, row: StandardQuestion) -> str:
        """The wordings and what stood first, read once for the page."""
        held = self.__dict__.get("_misses")
        if held is None:
            held = self.__dict__["_misses"] = health.misses([one.pk for one in self.page.rows])
        nothing = _("什么也没找到")
        return _("；").join(
            f"{one.wording} → {one.other.question if one.other else nothing}" for one in held.get(row.pk, [])
        )


@require_GET
@staff_page(*WORK)
def overview(request: HttpRequest, fault: str = "expired") -> HttpResponseBase:
    """One kind of fault, beside how many there are of each."""
    actor = actor_of(request)
    if fault not in health.FAULTS:
        raise NotFound()
    chosen = health.FAULTS[fault]
    kind = LostTable if fault == "lost" else FaultTable
    table = kind(request, chosen.rows(entries.visible(actor)), actor=actor)
    if request.headers.get("HX-Target") == table.dom_id:
        return t.table_response(request, table, "knowledge/health.html", {})
    counts = health.counts(actor)
    check = health.last_check("self_test")
    context: dict[str, Any] = {
        "tab": "health", "fault": fault, "chosen": chosen, "wide": True, "check": check,
        "faults": [(name, one.label, one.icon, counts[name]) for name, one in health.FAULTS.items()],
        "share": health.found_share(check), "may_edit": actor.can_somewhere(queries.EDIT),
        "progress": _progress(check),
    }  # fmt: skip
    return t.table_response(request, table, "knowledge/health.html", context)


def _progress(check: Any) -> JobProgress | None:
    if check is None or check.ended_at is not None:
        return None
    return JobProgress.objects.filter(pk=check.job_id, state__in=("waiting", "running")).first()


@require_POST
@staff_page(queries.EDIT)
def start(request: HttpRequest, kind: str) -> HttpResponse:
    """Begin a run through the base."""
    actor = actor_of(request)
    back = "/staff/knowledge/duplicates/" if kind == "duplicates" else "/staff/knowledge/health/lost/"
    return attempt(request, lambda: actions.start_check(actor, kind), _("已开始检查，完成后刷新可见结果"), back)


@require_GET
@staff_page(*WORK)
def duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs of wordings that are alike, most alike first; ``?state=`` shows those decided."""
    actor = actor_of(request)
    state = request.GET.get("state", "open")
    state = state if state in PairState.values else "open"
    rows = DuplicatePair.objects.filter(state=state, left__in=entries.visible(actor).order_by().values("pk"))
    rows = rows.select_related("left__org", "right__org", "decided_by").order_by("-score", "pk")
    page = Paginator(rows, PAIRS).get_page(request.GET.get("page"))
    check = health.last_check("duplicates")
    context = {
        "tab": "duplicates", "page": page, "state": state, "check": check, "progress": _progress(check),
        "states": PairState.choices, "may_edit": actor.can_somewhere(queries.EDIT),
    }  # fmt: skip
    return render(request, "knowledge/duplicates.html", context)


@require_POST
@staff_page(queries.EDIT)
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Keep the left or the right wording, or say that they differ."""
    actor = actor_of(request)
    back = "/staff/knowledge/duplicates/"
    if verb == "different":
        return attempt(request, lambda: actions.mark_different(actor, pk), _("已记住：两者不同"), back)
    if verb in ("left", "right"):
        done = _("已生成修订草稿，审核发布后生效")
        return attempt(request, lambda: actions.merge_wordings(actor, pk, keep=verb), done, back)
    raise NotFound()
