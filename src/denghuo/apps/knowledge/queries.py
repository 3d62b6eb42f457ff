"""Finding the answer, and reads of the base."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from denghuo.apps.knowledge.choices import Use
from denghuo.apps.knowledge.models import KnowledgeUse, StandardQuestion
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import OrgUnit

if TYPE_CHECKING:
    from denghuo.apps.knowledge.searching.asking import Hit

VIEW = "knowledge.view"
EDIT = "knowledge.edit"
REVIEW = "knowledge.review"
PUBLISH = "knowledge.publish"
LONGEST_QUERY = 200


def today(at: dt.datetime | None = None) -> dt.date:
    """The business day of ``at`` (default now) where the product stands."""
    return timezone.localtime(at or moment.now()).date()


def in_force(org: OrgUnit | None, at: dt.datetime | None = None) -> QuerySet[StandardQuestion]:
    """What holds for a customer of ``org`` at ``at``: valid, of a unit above ``org`` or of all, the nearest version.

    Without ``org`` only what holds everywhere, as figures of one place must not be told in another.
    """
    day = today(at)
    above = org.ancestor_ids() if org is not None else []
    rows = StandardQuestion.objects.filter(active=True, valid_from__lte=day)
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gte=day)).filter(Q(org=None) | Q(org__in=above))
    if above:
        replaced = rows.order_by().filter(base__isnull=False).values("base")
        rows = rows.exclude(pk__in=replaced)
    return rows


def search(
    query: str, org: OrgUnit | None = None, at: dt.datetime | None = None, limit: int = 8, scene: str = ""
) -> list[Hit]:
    """Answers to ``query`` for a customer of ``org``, best first, at most ``limit``; nothing is logged.

    The list alone, without what fits too little (``knowledge.search.floor``); :func:`denghuo.apps.knowledge.searching.ask`
    says besides whether the first may be told. Two queries when the base did not change since the last search.
    """
    from denghuo.apps.knowledge.searching.asking import find, hit_of  # they read through this module

    found, rows = find(query, org=org, at=at, scene=scene, limit=limit)
    floor = policies.get("knowledge.search.floor")
    return [hit_of(one, rows[one.id]) for one in found if one.score >= floor]


def entry_in_force(entry_id: int, org: OrgUnit | None = None, at: dt.datetime | None = None) -> StandardQuestion:
    """One answer that may be used now for ``org``. Raises NotFound."""
    row = in_force(org, at).select_related("org").filter(pk=entry_id).first()
    if row is None:
        raise NotFound()
    return row


def public_entry(entry_id: int) -> StandardQuestion:
    """An answer the public may read now. Raises NotFound."""
    day = today()
    row = StandardQuestion.objects.select_related("org").filter(pk=entry_id, public=True).first()
    if row is None or not row.holds_on(day):
        raise NotFound()
    return row


def recent_of(staff_id: int, org: OrgUnit | None, limit: int = 6) -> list[StandardQuestion]:
    """Answers this person used last and that still hold, newest first (index ``knowledge_use_staff``). Two queries."""
    last = KnowledgeUse.objects.filter(staff_id=staff_id).order_by("-at").values_list("question_id", flat=True)
    wanted = list(dict.fromkeys(last[: limit * 5]))
    return _in_order(wanted, org, limit)


def most_used(org: OrgUnit | None, limit: int = 6) -> list[StandardQuestion]:
    """Answers used most of late by everybody (index ``knowledge_use_newest``). Two queries."""
    since = moment.now() - dt.timedelta(days=policies.get("knowledge.most_used_days"))
    rows = KnowledgeUse.objects.filter(at__gte=since).exclude(how=Use.OPENED)
    wanted = rows.values_list("question_id").annotate(n=Count("pk")).order_by("-n", "question_id")
    return _in_order([pk for pk, _n in wanted[: limit * 3]], org, limit)


def _in_order(wanted: list[int], org: OrgUnit | None, limit: int) -> list[StandardQuestion]:
    held = {row.pk: row for row in in_force(org).select_related("org").filter(pk__in=wanted)}
    return [held[pk] for pk in wanted if pk in held][:limit]


def base(actor: Actor) -> QuerySet[StandardQuestion]:
    """What an editor sees: what is shared by all and what belongs to their units (index ``knowledge_scene``)."""
    paths = actor.paths_for(VIEW) or actor.paths_for(EDIT)
    own = Q(org=None)
    for path in paths:
        own |= Q(org__path__startswith=path)
    return StandardQuestion.objects.filter(own).select_related("org", "edited_by")


def detail(actor: Actor, entry_id: int) -> StandardQuestion:
    """One entry of :func:`base`. Raises NotFound."""
    row = base(actor).filter(pk=entry_id).first()
    if row is None:
        raise NotFound()
    return row


def may(actor: Actor, permission: str, org: OrgUnit | None) -> bool:
    """Whether ``actor`` holds ``permission`` over ``org``; over what all share only who holds it on the whole company."""
    if org is not None:
        return actor.can(permission, org.path)
    return any(path.count(".") <= 1 for path in actor.paths_for(permission))


def may_edit(actor: Actor, org: OrgUnit | None) -> bool:
    """Whether ``actor`` may write answers for ``org``; for all units only who may everywhere."""
    return may(actor, EDIT, org)
