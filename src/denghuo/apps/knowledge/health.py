"""What is wrong with the base, or soon will be: one list for each kind of fault."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge import entries
from denghuo.apps.knowledge.choices import Kind, Life, Trust
from denghuo.apps.knowledge.markdown import linked_entries
from denghuo.apps.knowledge.models import AskedHit, BaseCheck, KnowledgeUse, StandardQuestion, WordingMiss
from denghuo.apps.knowledge.queries import today
from denghuo.core import moment, policies
from denghuo.core.actors import Actor

Rows = QuerySet[StandardQuestion]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: what it is called, what to do, and how its rows are found."""

    label: str | Promise
    advice: str | Promise
    icon: str
    rows: Callable[[Rows], Rows]


def _expired(rows: Rows) -> Rows:
    return rows.filter(active=True, valid_to__lt=today())


def _expiring(rows: Rows) -> Rows:
    return rows.filter(active=True, valid_to__gte=today(), valid_to__lte=entries.soon())


def _due(rows: Rows) -> Rows:
    return rows.filter(life=Life.PUBLISHED, next_review_on__lte=entries.soon())


def _sourceless(rows: Rows) -> Rows:
    return rows.filter(life=Life.PUBLISHED, source="")


def _weak(rows: Rows) -> Rows:
    return rows.filter(life=Life.PUBLISHED, trust=Trust.WEAK)


def _broken_links(rows: Rows) -> Rows:
    articles = dict(StandardQuestion.objects.filter(kind=Kind.ARTICLE, life=Life.PUBLISHED).values_list("pk", "answer"))
    targets = {pk: linked_entries(answer) for pk, answer in articles.items()}
    wanted = set().union(*targets.values()) if targets else set()
    day = today()
    alive = set(
        StandardQuestion.objects.filter(pk__in=wanted, active=True)
        .filter(Q(valid_to=None) | Q(valid_to__gte=day))
        .values_list("pk", flat=True)
    )
    return rows.filter(pk__in=[pk for pk, found in targets.items() if found - alive])


def _orphans(rows: Rows) -> Rows:
    return rows.filter(life=Life.PUBLISHED, base__isnull=False).filter(
        Q(base__active=False) | Q(base__valid_to__lt=today())
    )


def _lost(rows: Rows) -> Rows:
    return rows.filter(Exists(WordingMiss.objects.filter(entry=OuterRef("pk"))))


def _unused(rows: Rows) -> Rows:
    since = moment.now() - dt.timedelta(days=policies.get("knowledge.unused_days"))
    hit = AskedHit.objects.filter(question=OuterRef("pk"), asked__at__gte=since)
    used = KnowledgeUse.objects.filter(question=OuterRef("pk"), at__gte=since)
    old = Q(edited_at=None) | Q(edited_at__lt=since)
    return rows.filter(life=Life.PUBLISHED).filter(old).filter(~Exists(hit), ~Exists(used))


FAULTS: dict[str, Fault] = {
    "expired": Fault(_("已过期"), _("仍列为已发布但已过失效日：续期或停用"), "clock-exclamation", _expired),
    "expiring": Fault(_("即将到期"), _("失效日临近：确认是否续期并提前备好新版本"), "hourglass", _expiring),
    "due": Fault(_("待复审"), _("到了复审日：核对后确认有效，或修订"), "calendar-event", _due),
    "sourceless": Fault(_("没有依据"), _("补上法规、文件或承诺的名称与条款"), "file-description", _sourceless),
    "weak": Fault(_("来源待核"), _("找到权威来源后改可信度"), "help-circle", _weak),
    "links": Fault(_("链接失效"), _("文章里链接到已停用或过期的条目：换掉链接"), "link", _broken_links),
    "orphans": Fault(
        _("改写失去原条"), _("所改写的通用答案已停用或过期：并入本单位独立条目或停用"), "map-pin", _orphans
    ),
    "lost": Fault(_("问法找不到自己"), _("自检时问法先找到了别的条目：改问法，或加反例问"), "search", _lost),
    "unused": Fault(_("无人问及"), _("长期没有命中也没有人引用：合并、停用或补问法"), "inbox", _unused),
}


def counts(actor: Actor) -> dict[str, int]:
    """How many entries have each fault. One query each, and one for the links."""
    rows = entries.visible(actor).order_by()
    return {name: fault.rows(rows).count() for name, fault in FAULTS.items()}


def last_check(kind: str) -> BaseCheck | None:
    """The newest run of a kind (index ``knowledge_check_newest``)."""
    return BaseCheck.objects.filter(kind=kind).select_related("by").order_by("-started_at").first()


def found_share(check: BaseCheck | None) -> float | None:
    """Per cent of the wordings that found their own entry first; None before the first self test has ended."""
    if check is None or check.ended_at is None or not check.total:
        return None
    return round(100 * (1 - check.found / check.total), 1)


def misses(entry_ids: list[int]) -> dict[int, list[WordingMiss]]:
    """The wordings that were lost, by entry. One query."""
    found: dict[int, list[WordingMiss]] = {}
    rows = WordingMiss.objects.filter(entry__in=entry_ids).select_related("other").order_by(F("entry"), "pk")
    for row in rows:
        found.setdefault(row.entry_id, []).append(row)
    return found
