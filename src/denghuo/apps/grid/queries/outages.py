"""Reading outages: which one explains a report, what the public may know, what comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Case, Count, F, Prefetch, Q, QuerySet, When

from denghuo.apps.grid.choices import ACCOUNT_KINDS, MARKETING_KINDS, OutageState, PublicChannel
from denghuo.apps.grid.models import Outage, OutageAccount, Transformer
from denghuo.core import moment, policies, prepared
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

LIVE = (OutageState.ANNOUNCED, OutageState.ACTIVE)
INSIDE = (OutageState.DRAFT, OutageState.SUBMITTED)  # not released: nobody outside the house knows of them
UNTRUE = (*INSIDE, OutageState.CANCELLED)


def outage_explaining(
    transformer_id: int | None, at: dt.datetime | None = None, account_id: int | None = None
) -> Outage | None:
    """The outage that explains why a customer of this transformer had no supply at ``at`` (default: now).

    Reports come before the recorded start and for a while after the recorded end; by how much is policy
    (``outage.explain_before_minutes``, ``outage.explain_after_minutes``). One that still lasts comes first, then the
    one that began last. With ``account_id`` a cut of that very account (arrears, theft, breach) explains too, where no
    outage of the transformer does. One query, over the indexes of ``grid_outage_transformers.transformer_id`` and
    ``grid_outageaccount.account_id``.
    """
    if account_id is None:
        return None if transformer_id is None else _OF_TRANSFORMER.first(*_around(at), transformer_id)
    if transformer_id is None:
        return account_cut(account_id, at)
    return _OF_EITHER.first(*_around(at), transformer_id, account_id)


def account_cut(account_id: int, at: dt.datetime | None = None) -> Outage | None:
    """The cut for arrears, theft or breach that explains why this account had no supply at ``at``; one query."""
    return _OF_ACCOUNT.first(*_around(at), account_id)


def account_cuts(account_ids: Collection[int], at: dt.datetime | None = None) -> dict[int, Outage]:
    """:func:`account_cut` for many accounts in two queries; those without one are left out."""
    if not account_ids:
        return {}
    lasted, begun = _around(at)
    rows = OutageAccount.objects.filter(account_id__in=account_ids).filter(_unrestored(lasted))
    found = (
        _explaining(lasted, begun)
        .filter(pk__in=rows.values("outage_id"))
        .prefetch_related(Prefetch("accounts", rows, "hit_accounts"))
    )
    first: dict[int, Outage] = {}
    for outage in found:
        for one in outage.hit_accounts:  # type: ignore[attr-defined]
            first.setdefault(one.account_id, outage)
    return first


def outages_explaining(transformer_ids: Collection[int], at: dt.datetime | None = None) -> dict[int, Outage]:
    """:func:`outage_explaining` for many transformers in two queries; those without an outage are left out."""
    if not transformer_ids:
        return {}
    below = Transformer.objects.filter(pk__in=transformer_ids).only("pk")
    found = (
        _explaining(*_around(at))
        .filter(transformers__in=transformer_ids)
        .prefetch_related(Prefetch("transformers", below, "hit"))
    )
    first: dict[int, Outage] = {}
    for outage in found:
        for transformer in outage.hit:
            first.setdefault(transformer.pk, outage)
    return first


def _around(at: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    """An outage explains a report at ``at`` when it had not ended before the first moment, and had begun by the second."""
    when = at or moment.now()
    before = dt.timedelta(minutes=policies.get("outage.explain_before_minutes"))
    after = dt.timedelta(minutes=policies.get("outage.explain_after_minutes"))
    return when - after, when + before


def _explaining(lasted_until: dt.datetime, begun_by: dt.datetime) -> QuerySet[Outage]:
    lasted = Q(restored_at=None) | Q(restored_at__gte=lasted_until)
    rows = Outage.objects.filter(lasted, started_at__lte=begun_by).exclude(state__in=UNTRUE)
    own = Case(When(kind__in=ACCOUNT_KINDS, then=1), default=0)  # what is out for all comes before a cut of one
    return rows.select_related("org", "feeder").order_by(
        F("restored_at").desc(nulls_first=True), own, "-started_at", "-pk"
    )


def _unrestored(since: dt.datetime) -> Q:
    """Accounts of a cut that had not got their supply back by themselves before ``since``."""
    return Q(restored_at=None) | Q(restored_at__gte=since)


def _cuts_of(since: dt.datetime, account_id: int) -> QuerySet[OutageAccount, dict[str, int]]:
    return OutageAccount.objects.filter(_unrestored(since), account_id=account_id).order_by().values("outage_id")


def _of_transformer(transformer_id: int) -> QuerySet[Any, dict[str, int]]:
    return Outage.transformers.through.objects.filter(transformer_id=transformer_id).order_by().values("outage_id")


# Asked for every report that is accepted.
_OF_TRANSFORMER = prepared.Select(
    lambda lasted_until, begun_by, transformer_id: _explaining(lasted_until, begun_by).filter(transformers=transformer_id)[:1],
    dt.datetime, dt.datetime, int,
)  # fmt: skip
_OF_ACCOUNT = prepared.Select(
    lambda lasted_until, begun_by, account_id: _explaining(lasted_until, begun_by).filter(
        pk__in=_cuts_of(lasted_until, account_id)
    )[:1],
    dt.datetime, dt.datetime, int,
)  # fmt: skip
_OF_EITHER = prepared.Select(
    lambda lasted_until, begun_by, transformer_id, account_id: _explaining(lasted_until, begun_by).filter(
        pk__in=_of_transformer(transformer_id).union(_cuts_of(lasted_until, account_id), all=True)
    )[:1],
    dt.datetime, dt.datetime, int, int,
)  # fmt: skip


def open_outages(actor: Actor) -> QuerySet[Outage]:
    """Outages that last or are announced, in the actor's units, latest start first.

    Index ``grid_outage_open`` (org, started_at where not restored).
    """
    return outages_visible_to(actor).filter(restored_at=None, state__in=LIVE)


def outages_visible_to(actor: Actor) -> QuerySet[Outage]:
    """All outages of the actor's units with unit, feeder and the number of transformers, latest start first."""
    rows = Outage.objects.visible_to(actor, "grid.view").select_related("org", "feeder__substation")
    return rows.annotate(transformer_count=Count("transformers")).order_by("-started_at", "-pk")


def public_outages(unit: OrgUnit | None = None, channel: str = PublicChannel.WEB_HALL) -> list[Outage]:
    """What the public may know: outages that last, are announced, or ended within ``outage.public_recent_hours``.

    Only what was released to ``channel`` (map, web hall, bot); cuts of single accounts never. Those that last come first,
    then what is to come, then what is over. Each has ``hit``: its transformers.
    """
    since = moment.now() - dt.timedelta(hours=policies.get("outage.public_recent_hours"))
    rows = Outage.objects.filter(
        Q(restored_at=None, state__in=LIVE) | Q(restored_at__gte=since), channels__contains=[str(channel)]
    ).exclude(kind__in=ACCOUNT_KINDS)
    if unit is not None:
        rows = rows.under(unit)
    found = rows.select_related("org", "feeder").prefetch_related(Prefetch("transformers", to_attr="hit"))
    rank = {OutageState.ACTIVE: 0, OutageState.ANNOUNCED: 1}
    return sorted(found.order_by("-started_at")[:500], key=lambda outage: rank.get(OutageState(outage.state), 2))


def coming_outages(transformer_id: int | None) -> list[Outage]:
    """Outages announced for a transformer, soonest first. Index on ``grid_outage_transformers.transformer_id``."""
    if transformer_id is None:
        return []
    rows = Outage.objects.filter(transformers=transformer_id, state=OutageState.ANNOUNCED, restored_at=None)
    return list(rows.select_related("org", "feeder").order_by("started_at")[:10])


def coming_outages_of(transformer_ids: Collection[int]) -> dict[int, list[Outage]]:
    """:func:`coming_outages` for many transformers in two queries."""
    if not transformer_ids:
        return {}
    below = Transformer.objects.filter(pk__in=transformer_ids).only("pk")
    rows = Outage.objects.filter(state=OutageState.ANNOUNCED, restored_at=None, transformers__in=transformer_ids)
    rows = rows.distinct().select_related("org", "feeder").prefetch_related(Prefetch("transformers", below, "hit"))
    found: dict[int, list[Outage]] = {}
    for outage in rows.order_by("started_at")[:200]:
        for one in outage.hit:
            found.setdefault(one.pk, []).append(outage)
    return found


def outages_in_window(
    transformer_ids: Collection[int], since: dt.datetime, until: dt.datetime | None = None
) -> dict[int, int]:
    """How often each transformer lost its supply between two moments (until: now); those never are left out.

    Every outage that began in the window counts, planned or not, whether it still lasts or is over; what was cancelled, is
    announced or not released does not, nor do cuts by marketing, which do not say anything about the line. One query over
    the index of ``grid_outage_transformers.transformer_id``. Definition: repeated outages of a line, two months (R5).
    """
    if not transformer_ids:
        return {}
    through = Outage.transformers.through.objects.filter(
        transformer_id__in=transformer_ids,
        outage__started_at__gte=since,
        outage__started_at__lte=until or moment.now(),
        outage__state__in=(OutageState.ACTIVE, OutageState.RESTORED),
    ).exclude(outage__kind__in=MARKETING_KINDS)
    return dict(
        through.values("transformer_id").annotate(times=Count("outage_id")).values_list("transformer_id", "times")
    )


def repeated_outages(actor: Actor, most: int = 20) -> list[tuple[Transformer, int]]:
    """Transformers of the actor's units with ``outage.repeated_times`` outages within ``outage.repeated_days``, most
    first. Two queries; the window is read by ``grid_outage_started``."""
    now = moment.now()
    since = now - dt.timedelta(days=policies.get("outage.repeated_days"))
    through = Outage.transformers.through.objects.filter(
        outage__started_at__gte=since,
        outage__started_at__lte=now,
        outage__state__in=(OutageState.ACTIVE, OutageState.RESTORED),
        transformer__in=Transformer.objects.visible_to(actor, "grid.view"),
    ).exclude(outage__kind__in=MARKETING_KINDS)
    counted = (
        through.values("transformer_id")
        .annotate(times=Count("outage_id"))
        .filter(times__gte=policies.get("outage.repeated_times"))
        .order_by("-times", "transformer_id")[:most]
    )
    times = {row["transformer_id"]: row["times"] for row in counted}
    rows = Transformer.objects.select_related("feeder", "org").in_bulk(times)
    return [(rows[pk], count) for pk, count in times.items() if pk in rows]
