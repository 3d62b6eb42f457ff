"""What editors read of the base: lists by stage, one entry with all that belongs to it, and how it is asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from denghuo.apps.knowledge.choices import Life, Stage
from denghuo.apps.knowledge.models import Asked, AskedHit, Comment, KnowledgeUse, Revision, StandardQuestion
from denghuo.apps.knowledge.models.review import OPEN_STAGES
from denghuo.apps.knowledge.queries import EDIT, PUBLISH, REVIEW, base, today
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound

TABS = ("all", "mine", "review", "publish", "expiring", "due", "ended")
DESK = (EDIT, REVIEW, PUBLISH)


def works_on(actor: Actor) -> bool:
    """Whether the actor writes, reviews or publishes anywhere, and so sees what is not published."""
    return any(actor.can_somewhere(code) for code in DESK)


def visible(actor: Actor) -> QuerySet[StandardQuestion]:
    """Entries the actor may see; drafts never published only for who works on them (index ``knowledge_scene``)."""
    rows = base(actor).select_related("owner")
    return rows if works_on(actor) else rows.exclude(life=Life.DRAFT)


def entry_of(actor: Actor, pk: int) -> StandardQuestion:
    """One of :func:`visible`. Raises NotFound."""
    row = visible(actor).select_related("base").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def soon() -> dt.date:
    """The day up to which what ends, or is due, is listed."""
    return today() + dt.timedelta(days=policies.get("knowledge.expiring_days"))


def in_tab(rows: QuerySet[StandardQuestion], tab: str, actor: Actor) -> QuerySet[StandardQuestion]:
    """Rows of one tab: my drafts and those at a stage (index ``knowledge_revision_state``), those that end soon
    (``knowledge_ending``), those due for another look (``knowledge_review_due``), those that ended."""
    day = today()
    if tab == "mine":
        return rows.filter(Exists(_revisions(state__in=OPEN_STAGES, author_id=actor.id)))
    if tab == "review":
        return rows.filter(Exists(_revisions(state=Stage.IN_REVIEW)))
    if tab == "publish":
        return rows.filter(Exists(_revisions(state__in=(Stage.APPROVED, Stage.SCHEDULED))))
    if tab == "expiring":
        return rows.filter(active=True, valid_to__gte=day, valid_to__lte=soon())
    if tab == "due":
        return rows.filter(life=Life.PUBLISHED, next_review_on__lte=soon())
    if tab == "ended":
        return rows.filter(Q(life=Life.WITHDRAWN) | Q(active=True, valid_to__lt=day))
    return rows


def _revisions(**which: Any) -> QuerySet[Revision]:
    return Revision.objects.filter(entry=OuterRef("pk"), **which)


def tab_counts(actor: Actor) -> dict[str, int]:
    """How many rows each tab has. One query."""
    rows = visible(actor).order_by()
    day = today()
    open_ = {
        "mine": _revisions(state__in=OPEN_STAGES, author_id=actor.id),
        "review": _revisions(state=Stage.IN_REVIEW),
        "publish": _revisions(state__in=(Stage.APPROVED, Stage.SCHEDULED)),
    }
    counted = rows.annotate(**{f"is_{name}": Exists(one) for name, one in open_.items()}).aggregate(
        all=Count("pk"),
        **{name: Count("pk", filter=Q(**{f"is_{name}": True})) for name in open_},
        expiring=Count("pk", filter=Q(active=True, valid_to__gte=day, valid_to__lte=soon())),
        due=Count("pk", filter=Q(life=Life.PUBLISHED, next_review_on__lte=soon())),
        ended=Count("pk", filter=Q(life=Life.WITHDRAWN) | Q(active=True, valid_to__lt=day)),
    )
    return {name: int(counted[name]) for name in TABS}


def state_code(entry: StandardQuestion) -> str:
    """In force, to come, ended, withdrawn or never published: a code of the looks ``knowledge``."""
    day = today()
    if entry.life == Life.DRAFT:
        return "draft"
    if entry.life == Life.WITHDRAWN or not entry.active:
        return "withdrawn"
    if entry.valid_to is not None and entry.valid_to < day:
        return "ended"
    return "coming" if entry.valid_from > day else "in_force"


def open_stages(entries: list[StandardQuestion]) -> dict[int, Revision]:
    """The versions under way of these entries. One query (``knowledge_revision_one_open``)."""
    rows = Revision.objects.filter(entry__in=[row.pk for row in entries], state__in=OPEN_STAGES)
    return {row.entry_id: row for row in rows.defer("content")}


@dataclass(frozen=True, slots=True)
class Figures:
    """How an entry was asked for in ``days``: times returned, shown first, chosen, solved or not, used by agents."""

    days: int
    returned: int
    first: int
    chosen: int
    solved: int
    unsolved: int
    used: int

    @property
    def solve_rate(self) -> int | None:
        """Per cent of those who said, None when nobody did."""
        told = self.solved + self.unsolved
        return round(100 * self.solved / told) if told else None


def figures(entry_id: int) -> Figures:
    """Hits, choices and uses of late. Three queries (``knowledge_asked_question``, ``knowledge_use_newest``)."""
    days = int(policies.get("knowledge.unused_days"))
    since = moment.now() - dt.timedelta(days=days)
    hits = AskedHit.objects.filter(question_id=entry_id, asked__at__gte=since).aggregate(
        returned=Count("pk"), first=Count("pk", filter=Q(place__lte=1, shown=True))
    )
    asked = Asked.objects.filter(chosen_id=entry_id, at__gte=since).aggregate(
        n=Count("pk"), yes=Count("pk", filter=Q(solved=True)), no=Count("pk", filter=Q(solved=False))
    )
    used = KnowledgeUse.objects.filter(question_id=entry_id, at__gte=since).count()
    return Figures(days, hits["returned"], hits["first"], asked["n"], asked["yes"], asked["no"], used)


def threads(entry_id: int) -> list[tuple[Comment, list[Comment]]]:
    """Remarks with their answers, open threads first. One query (``knowledge_comment_entry``)."""
    rows = list(Comment.objects.filter(entry_id=entry_id).select_related("author", "resolved_by").order_by("at", "pk"))
    heads = [row for row in rows if row.parent_id is None]
    found = [(head, [row for row in rows if row.parent_id == head.pk]) for head in heads]
    return sorted(found, key=lambda one: (one[0].resolved_at is not None, one[0].at))


def versions(entry_id: int) -> list[Revision]:
    """All versions, newest first. One query (``knowledge_revision_number``)."""
    rows = Revision.objects.filter(entry_id=entry_id).select_related("author", "reviewer", "publisher")
    return list(rows.order_by("-number"))
