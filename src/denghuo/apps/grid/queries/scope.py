"""From what is chosen on the supply tree to everybody behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q

from denghuo.apps.grid import households
from denghuo.apps.grid.households import Tally
from denghuo.apps.grid.models import FeederSection, Outage, Transformer
from denghuo.apps.grid.queries.outages import UNTRUE


@dataclass(frozen=True)
class Scope:
    """What an outage covers. ``known`` is what the supply tree says lies behind, ``tally`` what was found there."""

    transformer_ids: frozenset[int] = frozenset()
    account_ids: frozenset[int] = frozenset()
    known: int = 0
    tally: Tally | None = None
    missing: tuple[int, ...] = field(default=())  # transformers behind which no account was found

    @property
    def share(self) -> float | None:
        """Share analysed to household, 0 to 1; None without anything to analyse."""
        if self.tally is None or not self.known:
            return None
        return min(1.0, self.tally.total / self.known)


def transformer_ids_of(
    *, feeder_id: int | None = None, section_ids: Collection[int] = (), transformer_ids: Collection[int] = ()
) -> set[int]:
    """Transformers behind a choice: sections and single transformers together; the whole feeder when neither is named."""
    if section_ids or transformer_ids:
        chosen = Q(section_id__in=section_ids) | Q(pk__in=transformer_ids)
        return set(Transformer.objects.filter(chosen).values_list("pk", flat=True))
    if feeder_id is None:
        return set()
    return set(Transformer.objects.filter(feeder_id=feeder_id).values_list("pk", flat=True))


def analyse(transformer_ids: Collection[int], account_ids: Collection[int] = ()) -> Scope:
    """Count the households of a scope, and those that need care.

    At most three queries whatever the size: the tree, the tally, the accounts behind each transformer. The tally is over
    ``customers_account.transformer_id``.
    """
    known = dict(Transformer.objects.filter(pk__in=transformer_ids).values_list("pk", "customers"))
    source = households.source()
    tally, missing = None, ()
    if source is not None:
        tally = source.tally(known, account_ids)
        if known and tally.total < sum(known.values()):
            found = source.per_transformer(known)
            missing = tuple(sorted(pk for pk, count in known.items() if count and not found.get(pk)))
    total = sum(known.values()) + len(set(account_ids))
    return Scope(frozenset(known), frozenset(account_ids), total, tally, missing)


def scope_of(outage: Outage) -> Scope:
    """The scope of an outage as the supply tree has it now."""
    return analyse(
        list(outage.transformers.values_list("pk", flat=True)),
        list(outage.accounts.values_list("account_id", flat=True)),
    )


def overlapping(
    transformer_ids: Collection[int], start: dt.datetime, end: dt.datetime | None, besides: int | None = None
) -> list[Outage]:
    """Released outages of the same transformers that last into the same time, earliest first: often the same one twice."""
    if not transformer_ids:
        return []
    ends_after = Q(restored_at=None) & (Q(expected_at=None) | Q(expected_at__gt=start)) | Q(restored_at__gt=start)
    rows = Outage.objects.filter(ends_after, transformers__in=transformer_ids).exclude(state__in=UNTRUE)
    if end is not None:
        rows = rows.filter(started_at__lt=end)
    if besides is not None:
        rows = rows.exclude(pk=besides)
    return list(rows.distinct().select_related("org", "feeder").order_by("started_at")[:5])


def sections_of(feeder_id: int) -> list[FeederSection]:
    """Sections of a feeder, from its substation outwards."""
    return list(FeederSection.objects.filter(feeder_id=feeder_id).order_by("position"))
