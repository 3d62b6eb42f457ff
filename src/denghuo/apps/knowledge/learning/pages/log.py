"""The log of questions: what was asked, what was returned, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.knowledge.choices import AskedBy, Scene, SearchOutcome
from denghuo.apps.knowledge.learning import queries
from denghuo.apps.knowledge.learning.choices import Decision
from denghuo.apps.knowledge.learning.gathering import unanswered
from denghuo.apps.knowledge.learning.pages.common import CHANNEL_LABELS, base, outcome_look
from denghuo.apps.knowledge.learning.rates import SIDES
from denghuo.apps.knowledge.models import Asked, AskedHit, StandardQuestion
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.web import tables as t

#: what came of a question, as a filter and as drill-down of every figure
RESULTS: dict[str, tuple[Any, Q]] = {
    "unanswered": (gettext_lazy("未解决"), unanswered()),
    "waiting": (gettext_lazy("未解决且未处理"), unanswered() & Q(dealt_with="")),
    "solved": (gettext_lazy("已解决"), Q(solved=True)),
    "unsolved": (gettext_lazy("客户说没用"), Q(solved=False)),
    "judged": (gettext_lazy("有反馈"), Q(solved__isnull=False)),
    "chosen": (gettext_lazy("选用了答案"), Q(chosen__isnull=False)),
    "transferred": (gettext_lazy("转人工"), Q(transferred=True)),
    "dissatisfied": (gettext_lazy("不满意"), Q(dissatisfied=True)),
}
SIDE_CHOICES = (
    ("public", gettext_lazy("客户自助")),
    ("robot", gettext_lazy("智能客服")),
    ("agent", gettext_lazy("坐席")),
)


def places() -> Iterable[tuple[int, str]]:
    """Units by which the log may be narrowed. One query."""
    kinds = (OrgKind.PROVINCE, OrgKind.CITY, OrgKind.COUNTY)
    return [(unit.pk, unit.label) for unit in OrgUnit.objects.filter(kind__in=kinds).order_by("path")]


def channels() -> list[tuple[str, Any]]:
    """Channels on which questions came. One query."""
    given = Asked.objects.exclude(channel="").order_by("channel").values_list("channel", flat=True).distinct()
    return [(code, CHANNEL_LABELS.get(code, code)) for code in given]


def under(rows: QuerySet[Asked], org_id: str) -> QuerySet[Asked]:
    """Questions of a unit and all below it."""
    path = OrgUnit.objects.values_list("path", flat=True).get(pk=int(org_id))
    return rows.filter(org__path__startswith=path)


class EntryFilter(t.Filter):
    """Questions to which one answer was told or shown; stands in the bar only while it narrows."""

    template = "knowledge/learning/_entry_filter.html"

    def __init__(self, name: str, label: Any, role: str) -> None:
        self.name, self.label, self.role = name, label, role

    def value(self, query: Mapping[str, str]) -> Any:
        given = query.get(self.name, "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if self.role == "told":
            given = Q(chosen=None, outcome=SearchOutcome.ANSWER, pk__in=_hit(value, place=1))
            return queryset.filter(Q(chosen=value) | given)
        if self.role == "chosen":
            return queryset.filter(chosen=value)
        return queryset.filter(pk__in=_hit(value))

    def control(self, query: Mapping[str, str]) -> dict[str, Any]:
        value = self.value(query)
        row = StandardQuestion.objects.filter(pk=value).first() if value is not None else None
        return {**super().control(query), "entry": row}


def _hit(entry_id: int, **more: Any) -> QuerySet[Any]:
    return AskedHit.objects.filter(question=entry_id, shown=True, **more).values("asked")


def told(row: Asked) -> str:
    """The answer a question got: the one chosen, else the one given by itself."""
    if row.chosen is not None:
        return row.chosen.question
    if row.outcome == SearchOutcome.ANSWER:
        return next((hit.question.question for hit in row.hits.all()), "")
    return ""


def result(value: Any, row: Asked) -> tuple[Any, str, str] | None:
    """The worst that came of it, else that it was solved."""
    if row.dissatisfied:
        return (_("不满意"), "danger", "mood-sad")
    if row.transferred:
        return (_("转人工"), "warn", "transfer")
    if row.solved is False:
        return (_("没用"), "warn", "thumb-down")
    return (_("已解决"), "ok", "thumb-up") if row.solved else None


def dealt(value: Any, row: Asked) -> tuple[Any, str, str] | None:
    """What an editor made of it."""
    return (Decision(row.dealt_with).label, "muted", "check") if row.dealt_with in Decision.values else None


class LogTable(t.Table):
    """Questions, newest first. A narrow screen leaves out what the question's own page says as well (``kl-wide``)."""

    at = t.TimeColumn(gettext_lazy("时间"), sort="at", link="knowledge:learning-question")
    text = t.Column(gettext_lazy("提问"), value=lambda row, ctx: row.text or _("（已到期清除）"), css="kl-first")
    by = t.Column(gettext_lazy("提问方"), value=lambda row, ctx: row.get_by_display(), css="kl-nowrap")
    channel = t.Column(
        gettext_lazy("渠道"),
        value=lambda row, ctx: CHANNEL_LABELS.get(row.channel, row.channel),
        css="kl-nowrap kl-wide",
    )
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label if row.org else "", css="kl-wide")
    outcome = t.BadgeColumn(gettext_lazy("结果"), look=outcome_look)
    confidence = t.NumberColumn(gettext_lazy("把握"), digits=2, css="kl-nowrap kl-wide")
    told = t.Column(gettext_lazy("答案"), value=lambda row, ctx: told(row), clip=True, css="kl-told")
    result = t.BadgeColumn(pgettext_lazy("知识", "客户反馈"), look=result, value=lambda row, ctx: row.solved)
    dealt_with = t.BadgeColumn(gettext_lazy("编辑处理"), look=dealt, css="kl-wide")

    class Meta:
        name = "knowledge-asked"
        default_sort = "-at"
        page_size = 50
        paging = "keyset"
        export = True
        filters = [
            t.SearchFilter("q", gettext_lazy("提问内容"), fields=["text"]),
            t.ChoiceFilter("outcome", gettext_lazy("结果"), choices=SearchOutcome.choices),
            t.ChoiceFilter(
                "result",
                gettext_lazy("后来"),
                choices=[(name, label) for name, (label, _q) in RESULTS.items()],
                apply=lambda rows, name: rows.filter(RESULTS[name][1]),
            ),
            t.ChoiceFilter("by", gettext_lazy("提问方"), choices=AskedBy.choices),
            t.ChoiceFilter(
                "side",
                gettext_lazy("服务方式"),
                choices=SIDE_CHOICES,
                apply=lambda rows, side: rows.filter(by__in=SIDES[side]),
            ),
            t.ChoiceFilter(
                "channel",
                gettext_lazy("渠道"),
                choices=lambda: channels(),
            ),
            t.ChoiceFilter(
                "scene", gettext_lazy("场景"), choices=Scene.choices, apply=lambda rows, s: of_scene(rows, s)
            ),
            t.ChoiceFilter("org", gettext_lazy("单位"), choices=places, apply=under),
            t.DateRangeFilter("at", gettext_lazy("日期")),
            EntryFilter("entry", gettext_lazy("答过的条目"), "told"),
            EntryFilter("shown", gettext_lazy("出现过的条目"), "shown"),
            EntryFilter("chosen", gettext_lazy("选用的条目"), "chosen"),
        ]
        empty = (gettext_lazy("没有符合的提问"), gettext_lazy("换个筛选条件试试"))


def of_scene(rows: QuerySet[Asked], scene: str) -> QuerySet[Asked]:
    """Asked within a scene, or first answered by an entry of it."""
    first = AskedHit.objects.filter(place=1, question__scene=scene).values("asked")
    return rows.filter(Q(scene=scene) | Q(scene="", pk__in=first))


@require_GET
@staff_page(*queries.WORK)
def log(request: HttpRequest) -> HttpResponseBase:
    """All questions of the reader's units."""
    actor = actor_of(request)
    first = Prefetch("hits", AskedHit.objects.filter(place=1).select_related("question"))
    rows = queries.asked(actor).select_related("org", "chosen").prefetch_related(first)
    table = LogTable(request, rows, actor=actor)
    return t.table_response(request, table, "knowledge/learning/log.html", base(request, "log"))


@require_GET
@staff_page(*queries.WORK)
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: what was found and shown, what was taken, and how often the same was asked."""
    actor = actor_of(request)
    row = queries.asked(actor).select_related("org", "chosen", "staff").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    same = queries.asked(actor).filter(digest=row.digest).exclude(digest="").exclude(pk=pk)
    tone, icon = outcome_look(None, row)[1:]  # type: ignore[index]
    context = base(request, "log") | {
        "row": row,
        "hits": list(row.hits.select_related("question").order_by("place")),
        "same": list(same.order_by("-at")[:10]),
        "times": same.count() + 1,
        "look": {"tone": tone, "icon": icon},
        "result": result(None, row),
        "dealt": dealt(None, row),
    }
    return render(request, "knowledge/learning/question.html", context)
