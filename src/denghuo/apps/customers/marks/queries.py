"""Which marks a customer carries, for those who may know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from denghuo.apps.catalogue import classes
from denghuo.apps.customers.models import Customer, SensitiveMark
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

VIEW, MANAGE = "customers.marks_view", "customers.marks_manage"
TREE: Final = "sensitive_mark"
ICON: Final = "shield"

#: SQL: whether the holder of account ``%(account)s`` is sensitive on day ``%(day)s`` (served by the keys of account and
#: customer and by the unique index of marks); for statements that ask several things at once
MARKED_SQL: Final = """
SELECT holder.sensitive OR EXISTS (
         SELECT FROM customers_sensitivemark mark
         WHERE mark.customer_id = holder.id AND mark.lifted_at IS NULL
           AND mark.valid_from <= %(day)s AND (mark.valid_to IS NULL OR mark.valid_to >= %(day)s))
FROM customers_account account JOIN customers_customer holder ON holder.id = account.customer_id
WHERE account.id = %(account)s"""


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A mark in words."""

    id: int
    code: str
    label: str
    full: str
    icon: str
    grade: str
    mark: SensitiveMark


@classes.count_uses
def count_marks(code: str, org: OrgUnit | None, open_only: bool = False) -> Mapping[str, int]:
    """Customers of a unit by mark; lifted marks count as used but not as open. For editors of the tree."""
    if code != TREE:
        return {}
    rows = SensitiveMark.objects.filter(lifted_at=None) if open_only else SensitiveMark.objects.all()
    if org is not None:
        rows = rows.filter(customer__org__path__startswith=org.path)
    return dict(rows.order_by().values_list("code").annotate(n=Count("pk")))


def today(at: dt.datetime | None = None) -> dt.date:
    """The local day marks are counted by."""
    return timezone.localtime(at or moment.now()).date()


def holding(day: dt.date) -> Q:
    """Marks that hold on a day."""
    return Q(lifted_at=None, valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))


def in_force(customer_ids: Iterable[int], at: dt.datetime | None = None) -> QuerySet[SensitiveMark]:
    """Marks of these customers that hold at a moment (default: now), oldest first (unique index ``customers_mark_once``)."""
    return SensitiveMark.objects.filter(holding(today(at)), customer_id__in=list(customer_ids)).order_by("pk")


def shown(marks: Iterable[SensitiveMark]) -> list[ShownMark]:
    """Marks in words, each by the edition it was chosen from."""
    return [_shown(mark) for mark in marks]


def _shown(mark: SensitiveMark) -> ShownMark:
    tree = classes.tree_of(mark.tree_id)
    lineage = tree.lineage(mark.code)
    english = classes.english()
    label = (lineage[-1].label_en if english else "") or lineage[-1].label if lineage else mark.code
    return ShownMark(
        id=mark.pk,
        code=mark.code,
        label=label,
        full=tree.name(mark.code, english=english) or mark.code,
        icon=next((node.icon for node in reversed(lineage) if node.icon), ICON),
        grade=next((node.grade for node in reversed(lineage) if node.grade), ""),
        mark=mark,
    )


def may_view(actor: Actor, customer: Customer) -> bool:
    """Whether the actor may know that and why a customer is marked."""
    return actor.can(VIEW, customer.org.path)


def marks_for(actor: Actor, customer: Customer) -> list[ShownMark]:
    """The marks of a customer that hold now; none for those who may not know. One query."""
    return shown(in_force([customer.pk])) if may_view(actor, customer) else []
