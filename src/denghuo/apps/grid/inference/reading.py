"""What was heard about a feeder, as the inference reads it: without what a known outage explains already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from denghuo.apps.grid.choices import ObservationKind, OutageState
from denghuo.apps.grid.inference.trees import FeederTree
from denghuo.apps.grid.models import Feeder, Outage, OutageObservation, SupplyAccount
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.outage import Call, DeviceKind, Forest, Observations, Parameters

LASTING = (OutageState.ACTIVE, OutageState.RESTORED)
MOST = 20000  # observations of one feeder in the horizon; more is a meter system gone wrong


@dataclass(frozen=True)
class Heard:
    """Arrays and observations of one feeder, with the requests and the account (None: unknown) of each observed customer,
    and the time they count from."""

    forest: Forest
    seen: Observations
    requests: dict[int, list[int]]
    base: dt.datetime
    accounts: tuple[int | None, ...] = ()


def parameters(org: OrgUnit | None) -> Parameters:
    """The policies of a unit as parameters of the inference."""

    def value(name: str) -> float:
        return float(policies.get(f"inference.{name}", org))

    odds = {
        DeviceKind(kind): float(one)
        for kind, one in policies.get("inference.odds", org).items()
        if kind in set(DeviceKind)
    }
    return Parameters(
        odds=Parameters().odds | odds,
        call_share=value("call_share"),
        call_delay=max(value("call_delay_minutes"), 0.5),
        noise_per_hour=value("noise_per_hour"),
        mislocated=value("mislocated"),
        meter_share=value("meter_share"),
        probable_at=value("probable_at"),
        confirmed_at=value("confirmed_at"),
        rule_calls=int(value("rule_calls")),
        rule_minutes=value("rule_minutes"),
        horizon=value("horizon_minutes"),
        half_life={name: float(one) for name, one in policies.get("inference.half_life_minutes", org).items()},
    )


def heard(feeder: Feeder, tree: FeederTree, explained: bool = True) -> Heard:
    """What was heard within the horizon. ``explained``: leave out what open or past outages explain.

    Three queries: accounts whose device is known, observations by the index on feeder and time, outages of the feeder's transformers. Without a meter's
    message from the feeder in that time the silence of its meters is taken to say nothing.
    """
    now = moment.now()
    base = now - dt.timedelta(minutes=policies.get("inference.horizon_minutes", feeder.org))
    rows = list(OutageObservation.objects.filter(feeder=feeder, at__gte=base, at__lte=now).order_by("at", "pk")[:MOST])
    spans = _spans(tree, base) if explained else {}
    rows = [row for row in rows if not any(a <= row.at <= b for a, b in spans.get(row.transformer_id or 0, ()))]
    known = {row.account_id for row in rows if row.account_id}
    hung = dict(SupplyAccount.objects.filter(account_id__in=known).values_list("account_id", "device_id"))
    places: dict[tuple[int, int], int] = {}
    spots: list[int] = []
    accounts: list[int | None] = []
    requests: dict[int, list[int]] = {}
    found: dict[str, list[tuple[int, float]]] = {kind: [] for kind in ObservationKind.values}
    calls: list[Call] = []
    marks: dict[int, str] = {}
    for row in rows:
        minute = (row.at - base).total_seconds() / 60
        if row.device_id is not None:
            index = tree.place.get(row.device_id, -1)
            if row.kind == ObservationKind.TRIP and index >= 0:
                found[row.kind].append((index, minute))
            elif index >= 0:
                marks[index] = row.kind
            continue
        # A report without an account stands for a customer of its own.
        key = (1, row.account_id) if row.account_id else (0, row.pk)
        place = places.setdefault(key, len(spots))
        if place == len(spots):
            spots.append(tree.spot(row.transformer_id, hung.get(row.account_id or 0)))
            accounts.append(row.account_id)
        if row.kind == ObservationKind.CALL:
            calls.append(Call(place, minute, row.groupable, row.sure))
            if row.request_id:
                requests.setdefault(place, []).append(row.request_id)
        else:
            found[row.kind].append((place, minute))
    seen = Observations(
        now=(now - base).total_seconds() / 60,
        calls=calls,
        gasps=found[ObservationKind.GASP],
        power_on=found[ObservationKind.POWER_ON],
        supplied=found[ObservationKind.SUPPLIED],
        trips=found[ObservationKind.TRIP],
        opened=[index for index, kind in marks.items() if kind == ObservationKind.OPENED],
        closed=[index for index, kind in marks.items() if kind == ObservationKind.CLOSED],
        meters=bool(found[ObservationKind.GASP] or found[ObservationKind.POWER_ON]),
    )
    coverage = float(policies.get("inference.meter_coverage", feeder.org))
    return Heard(tree.arrays(spots, coverage), seen, requests, base, tuple(accounts))


def _spans(tree: FeederTree, since: dt.datetime) -> dict[int, list[tuple[dt.datetime, dt.datetime]]]:
    """Per transformer the times that known outages explain."""
    before = dt.timedelta(minutes=policies.get("outage.explain_before_minutes"))
    rows = Outage.objects.filter(
        Q(restored_at=None) | Q(restored_at__gte=since), state__in=LASTING, transformers__in=list(tree.by_transformer)
    )
    spans: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    end = dt.datetime.max.replace(tzinfo=dt.UTC)
    for transformer, begins, ends in rows.values_list("transformers", "started_at", "restored_at"):
        spans.setdefault(transformer, []).append((begins - before, ends or end))
    return spans
