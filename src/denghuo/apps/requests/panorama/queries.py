"""Everything measured and known around one voltage complaint, each kind in one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from django.db.models import Q
from django.utils import timezone

from denghuo.apps.customers.choices import CustomerKind
from denghuo.apps.customers.models import Account
from denghuo.apps.customers.voltage import readings_of
from denghuo.apps.grid.loads import loads_of
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.apps.grid.queries.outages import UNTRUE
from denghuo.apps.requests.models import Request, RequestNote
from denghuo.apps.requests.prediction.models import WeatherHour
from denghuo.apps.requests.queries import visible
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.events import timeline
from denghuo.engine import voltage as v
from denghuo.engine.voltage.series import Floats

PHASES: Final = ("A", "B", "C")
PAST_DAYS, MOST_PAST, SHOWN_OUTAGES = 365, 200, 6
STEP = 15


@dataclass(frozen=True, slots=True)
class Judged:
    """Limits and thresholds in force for the unit."""

    single: v.Limits
    three: v.Limits
    dead: float
    bands: Mapping[str, float]
    least_minutes: float
    uneven: float
    unbalance: Mapping[str, float]
    rules: Mapping[str, float]
    confidence: Mapping[str, float]

    @classmethod
    def of(cls, org: Any) -> Judged:
        def limits(name: str) -> v.Limits:
            value = policies.get(f"voltage.limit.{name}", org)
            return v.Limits(policies.get("voltage.nominal", org), value["low"], value["high"])

        return cls(
            limits("single"), limits("three"), policies.get("voltage.dead_share", org),
            policies.get("voltage.load_bands", org), policies.get("voltage.load_least_minutes", org),
            policies.get("voltage.current_unbalance", org), policies.get("voltage.unbalance", org),
            policies.get("voltage.rules", org), policies.get("voltage.confidence", org),
        )  # fmt: skip


@dataclass
class Curve:
    """One meter in the window. ``volts`` (slots, phases with any measurement; one phase at least)."""

    account: Account
    volts: Floats
    limits: v.Limits
    dead: float
    requests: int = 0

    @cached_property
    def quality(self) -> v.Quality:
        return v.quality(self.volts, self.limits, self.dead)

    @cached_property
    def episodes(self) -> list[v.Episode]:
        return v.episodes(self.volts, self.limits, self.dead)

    @cached_property
    def phases(self) -> int:
        return int(self.volts.shape[1])

    @property
    def worst(self) -> tuple[float, float] | None:
        """The voltage furthest from nominal, and its deviation in percent; None without a measurement."""
        found = self.quality
        if found.lowest is None or found.highest is None:
            return None
        nominal = self.limits.nominal
        volts = found.lowest if nominal - found.lowest >= found.highest - nominal else found.highest
        return volts, (volts - nominal) / nominal * 100


@dataclass
class Panorama:
    """What the page shows and the draft says; both read the same figures."""

    request: Request
    transformer: Transformer | None
    grid: v.Grid
    judged: Judged
    own: Curve | None
    near: list[Curve]
    kva: Floats
    amperes: Floats
    outages: list[Outage]
    past: list[Request]
    weather: list[WeatherHour]
    newest: dt.datetime | None
    now: dt.datetime
    others: int = 0

    @cached_property
    def share(self) -> Floats:
        """Load over capacity by slot."""
        return self.kva / (self.transformer.capacity_kva if self.transformer else np.nan)

    @cached_property
    def uneven(self) -> Floats:
        """Current unbalance in percent by slot."""
        return v.current_unbalance(self.amperes)

    @cached_property
    def runs(self) -> list[v.Run]:
        bands = self.judged.bands
        return v.load_runs(
            self.share, STEP, heavy=bands["heavy"], over=bands["over"], least_minutes=self.judged.least_minutes
        )

    @cached_property
    def hours(self) -> list[int]:
        return [timezone.localtime(self.grid.begins(slot)).hour for slot in range(self.grid.slots)]

    @cached_property
    def correlation(self) -> float | None:
        own = self.own
        return v.correlation(own.volts, self.share, own.limits, own.dead) if own else None

    @cached_property
    def phase_unbalance(self) -> float | None:
        """The largest unbalance of the phase voltages, percent; None for single-phase meters."""
        if self.own is None or self.own.phases < 3:
            return None
        found = v.phase_unbalance(self.own.volts)
        return float(np.nanmax(found)) if (~np.isnan(found)).any() else None

    @cached_property
    def causes(self) -> list[v.Cause]:
        if self.own is None:
            return []
        near = [curve.volts for curve in self.near if curve.quality.measured]
        empty = np.empty((self.grid.slots, 0))
        return v.ranked_causes(
            v.Findings(
                own=self.own.volts, near=np.hstack(near) if near else empty, limits=self.own.limits,
                dead=self.own.dead, share=self.share, uneven=self.uneven, hours=self.hours, rules=self.judged.rules,
                confidence=self.judged.confidence, outages=len(self.outages),
            )
        )  # fmt: skip

    @property
    def stale_minutes(self) -> int | None:
        """How long before the end of the window the latest measurement lies, when that is too long."""
        if self.newest is None:
            return None
        late = (self.grid.end - self.newest).total_seconds() / 60
        return int(late) if late > policies.get("voltage.stale_minutes", self.request.org) else None


def panorama(actor: Actor, request_id: int, *, latest: bool = False) -> Panorama:
    """The window before the request was made, or before now while it is open or with ``latest``: at most eight queries.

    Raises NotFound also when the actor may not see the request.
    """
    rows = visible(actor).select_related("org", "account__customer", "transformer__feeder__substation")
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise NotFound()
    now = moment.now()
    end = now if latest or request.state not in FINAL else request.submitted_at
    grid = v.Grid.until(end, policies.get("voltage.window_hours", request.org), STEP)
    judged = Judged.of(request.org)
    transformer = _transformer(request)
    accounts, others = _neighbours(request, transformer)
    readings = readings_of([one.pk for one in accounts], grid.start, grid.end) if accounts else {}
    loads = loads_of(transformer.pk, grid.start, grid.end) if transformer else []
    past = _past(actor, request, transformer, now)
    curves = [_curve(one, readings.get(one.pk, []), grid, judged) for one in accounts]
    for curve in curves:
        curve.requests = sum(row.account_id == curve.account.pk for row in past if row.pk != request.pk)
    own = curves[0] if curves and request.account_id is not None else None
    table = v.on_grid(grid, loads, 4)
    stamps = readings.get(own.account.pk, []) if own else []
    return Panorama(
        request=request, transformer=transformer, grid=grid, judged=judged, own=own,
        near=curves[1:] if own else curves, kva=table[:, 0], amperes=table[:, 1:],
        outages=_outages(request, transformer, grid), past=[row for row in past if row.pk != request.pk],
        weather=_weather(request, grid), newest=stamps[-1][0] if stamps else None, now=now, others=others,
    )  # fmt: skip


def _transformer(request: Request) -> Transformer | None:
    if request.transformer is not None:
        return request.transformer
    pk = request.account.transformer_id if request.account else None
    if pk is None:
        return None
    return Transformer.objects.select_related("feeder__substation").filter(pk=pk).first()


def _neighbours(request: Request, transformer: Transformer | None) -> tuple[list[Account], int]:
    """The account itself first, then others of its transformer (index on ``transformer_id``); how many were left out."""
    own = [request.account] if request.account else []
    if transformer is None:
        return own, 0
    most = policies.get("voltage.neighbours", request.org)
    rows = Account.objects.filter(transformer_id=transformer.pk, active=True).select_related("customer")
    found = list(rows.exclude(pk=request.account_id or 0).order_by("pk")[: most + 1])
    left = max(0, transformer.customers - len(own) - most) if len(found) > most else 0
    return own + found[:most], left


def _curve(account: Account, rows: list[Any], grid: v.Grid, judged: Judged) -> Curve:
    """Phases beyond the first only where anything was measured; with more than one the three-phase limits hold."""
    volts = v.on_grid(grid, rows, 3)
    three = bool((~np.isnan(volts[:, 1:])).any()) or (not rows and account.customer.kind == CustomerKind.ENTERPRISE)
    return Curve(account, volts if three else volts[:, :1], judged.three if three else judged.single, judged.dead)


def _past(actor: Actor, request: Request, transformer: Transformer | None, now: dt.datetime) -> list[Request]:
    """Requests of the account and of its transformer within a year, newest first (``requests_transformer``)."""
    same = Q(pk__in=[])
    if request.account_id is not None:
        same |= Q(account_id=request.account_id)
    if transformer is not None:
        same |= Q(transformer_id=transformer.pk)
    since = now - dt.timedelta(days=PAST_DAYS)
    return list(visible(actor).filter(same, submitted_at__gte=since).order_by("-submitted_at")[:MOST_PAST])


def _outages(request: Request, transformer: Transformer | None, grid: v.Grid) -> list[Outage]:
    """Outages of the transformer or of the account itself that touch the window."""
    same = Q(pk__in=[])
    if transformer is not None:
        same |= Q(transformers=transformer)
    if request.account_id is not None:
        same |= Q(accounts__account_id=request.account_id)
    lasted = Q(restored_at=None) | Q(restored_at__gte=grid.start)
    rows = Outage.objects.filter(same, lasted, started_at__lte=grid.end).exclude(state__in=UNTRUE)
    return list(rows.distinct().order_by("-started_at")[:SHOWN_OUTAGES])


def _weather(request: Request, grid: v.Grid) -> list[WeatherHour]:
    """Hours of weather of the nearest unit upward that has any in the window."""
    units = [int(part) for part in request.org.path.split(".") if part]
    rows = list(WeatherHour.objects.filter(org_id__in=units, at__range=(grid.start, grid.end)).order_by("at"))
    nearest = max((units.index(row.org_id) for row in rows), default=None)
    return [row for row in rows if nearest is not None and row.org_id == units[nearest]]


def latest_analysis(request: Request) -> RequestNote | None:
    """The analysis last written into the request. Two queries over its events and notes."""
    kept = [event for event in timeline("request", request.pk) if event.kind == "request.analysis_attached"]
    return RequestNote.objects.filter(pk=kept[-1].payload["note_id"], request=request).first() if kept else None
