"""Areas with frequent outages: three in two months by the rule of the trade, five the worse band.

Planned work, faults and urgent work all count, cuts by marketing do not (:func:`grid.queries.outages_in_window`). A change of
an outage recomputes its areas; a nightly job those whose window has moved on.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable

from denghuo.apps.grid.choices import MARKETING_KINDS, OutageState
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.apps.grid.queries import outages_in_window
from denghuo.apps.requests.linking.choices import OutageBand
from denghuo.apps.requests.linking.models import FrequentOutageArea
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import NewEvent, record_many

SHOWN_CAUSES = 4
BATCH = 500


@action("area.recompute_outages")
def recompute(actor: Actor, transformer_ids: Collection[int]) -> int:
    """Count the outages of these areas anew and put them on or off the list; gives how many rows changed.

    Four queries for a batch, whatever its size, and one write a changed row. System only.
    """
    now = moment.now()
    since = now - dt.timedelta(days=policies.get("outage.repeated_days"))
    counts = outages_in_window(transformer_ids, since, now)
    standing = {
        row.transformer_id: row
        for row in FrequentOutageArea.objects.select_for_update(of=("self",))
        .select_related("org")
        .filter(transformer_id__in=transformer_ids, ended_on=None)
    }
    least, worse = policies.get("outage.repeated_times"), policies.get("outage.repeated_worse")
    often = {pk for pk, times in counts.items() if times >= least}
    details = _details(often, since, now)
    places = Transformer.objects.select_related("org").in_bulk(often | standing.keys())
    told: list[NewEvent] = []
    for pk in sorted(often | standing.keys()):
        row = standing.get(pk)
        if pk not in often:
            assert row is not None
            row.ended_on, row.computed_at = now, now
            row.save(update_fields=["ended_on", "computed_at"])
            told.append(_event(actor, row, "area.outages_settled", now))
            continue
        kinds, causes, last = details[pk]
        times = counts[pk]
        band = OutageBand.WORSE if times >= worse else OutageBand.FREQUENT
        if row is None:
            row = FrequentOutageArea(org=places[pk].org, transformer=places[pk], since=now)
        elif (row.times, row.by_kind, row.causes) == (times, kinds, causes):
            continue
        higher = row.band != band
        row.times, row.by_kind, row.causes, row.last_at, row.band = times, kinds, causes, last, band
        row.computed_at = now
        row.save()
        if higher:
            told.append(_event(actor, row, "area.frequent_outages", now))
    record_many(told)
    return len(told)


def recompute_all(actor: Actor) -> int:
    """Every area that stands on the list or lost its supply in the window (index ``grid_outage_started``), in batches."""
    now = moment.now()
    since = now - dt.timedelta(days=policies.get("outage.repeated_days"))
    hit = Outage.transformers.through.objects.filter(outage__started_at__gte=since, outage__started_at__lte=now)
    ids = set(hit.values_list("transformer_id", flat=True).distinct())
    ids |= set(FrequentOutageArea.objects.filter(ended_on=None).values_list("transformer_id", flat=True))
    ordered = sorted(ids)
    return sum(recompute(actor, ordered[i : i + BATCH]) for i in range(0, len(ordered), BATCH))


Detail = tuple[dict[str, int], list[list[object]], dt.datetime]


def _details(transformer_ids: Iterable[int], since: dt.datetime, until: dt.datetime) -> dict[int, Detail]:
    """By transformer: outages by kind, their causes most frequent first, when the last began. One query."""
    rows = (
        Outage.transformers.through.objects.filter(
            transformer_id__in=list(transformer_ids),
            outage__started_at__gte=since,
            outage__started_at__lte=until,
            outage__state__in=(OutageState.ACTIVE, OutageState.RESTORED),
        )
        .exclude(outage__kind__in=MARKETING_KINDS)
        .values_list("transformer_id", "outage__kind", "outage__cause", "outage__started_at")
    )
    kinds: dict[int, Counter[str]] = {}
    causes: dict[int, Counter[str]] = {}
    last: dict[int, dt.datetime] = {}
    for pk, kind, cause, at in rows:
        kinds.setdefault(pk, Counter())[kind] += 1
        if cause:
            causes.setdefault(pk, Counter())[cause] += 1
        last[pk] = max(at, last.get(pk, at))
    return {
        pk: (
            dict(sorted(kinds[pk].items())),
            [[name, n] for name, n in sorted(causes.get(pk, Counter()).items(), key=lambda c: (-c[1], c[0]))][:SHOWN_CAUSES],
            last[pk],
        )
        for pk in kinds
    }  # fmt: skip


def _event(actor: Actor, row: FrequentOutageArea, kind: str, at: dt.datetime) -> NewEvent:
    payload = {"transformer_id": row.transformer_id, "times": row.times, "band": str(row.band)}
    return NewEvent(actor, kind, row, row.org, payload, [], at)
