"""When supply will be back: estimated from the history, corrected as crews report, told again only when it matters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from denghuo.apps.grid.actions import common, update_outage
from denghuo.apps.grid.choices import PLAN_KINDS, EstimateBasis, OutageKind, OutageState
from denghuo.apps.grid.inference import trees
from denghuo.apps.grid.models import Outage, OutageEstimate, RestorationModel
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.outage import Course, DeviceKind, Estimate, Report, Slips, estimate, learn_courses, slips, stage_of
from denghuo.engine.prediction import Model, Unfit, from_json, to_json

MINUTE = dt.timedelta(minutes=1)
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ACTOR = "grid.restoration"
KEPT_MODELS = 12
MOST_PAST = 20_000


class Weather(Protocol):
    """Who knows the weather over a unit: an app above this one hands it in."""

    def __call__(self, path: str, at: dt.datetime) -> str:
        """A word for the weather, "unknown" without a record."""


_weather: Weather | None = None
_loaded: tuple[int, Model | None] | None = None


def use_weather(source: Weather) -> None:
    """Hand in who knows the weather; the last one counts."""
    global _weather
    _weather = source


def weather_over(org: OrgUnit, at: dt.datetime) -> str:
    """The weather over a unit at a moment, in the word models are learned with."""
    return _weather(org.path, at) if _weather is not None else "unknown"


def kind_of(outage: Outage) -> DeviceKind:
    """The kind of device an outage is of: as set, else by how much of the feeder it takes."""
    if outage.device_kind:
        return DeviceKind(outage.device_kind)
    places = getattr(outage, "places", None)
    count = len(places) if places is not None else outage.transformers.count()
    return DeviceKind.TRANSFORMER if count <= 1 else DeviceKind.SECTION


@dataclass(frozen=True)
class Told:
    """An estimate as moments. ``stage``: come, find, mend or whole."""

    low_at: dt.datetime
    middle_at: dt.datetime
    high_at: dt.datetime
    basis: str
    stage: str
    alike: int


def of(outage: Outage, now: dt.datetime) -> Told:
    """The estimate for an outage that lasts or is announced. Reads the newest model and how many outages are open here."""
    row = RestorationModel.objects.order_by("-pk").first()
    if outage.kind in PLAN_KINDS and outage.planned_end_at is not None:
        return _of_plan(outage, now, row)
    model = _model(row)
    since = max((now - outage.started_at) / MINUTE, 0.0)
    arrived, found = _minutes(outage, outage.crew_arrived_at), _minutes(outage, outage.confirmed_at)
    stage, finished, elapsed = stage_of(model, since, arrived, found)
    told = told_ago = None
    basis = EstimateBasis.HISTORY if model is not None else EstimateBasis.USUAL
    named = _named(outage)
    if named is not None:
        until, at = named
        told, told_ago = max((until - at) / MINUTE, 1.0), max((now - at) / MINUTE, 0.0)
        basis = EstimateBasis.CREW
    report = Report(
        kind_of(outage), timezone.localtime(outage.started_at).hour, _open_here(outage), outage.cause_code, finished, elapsed,
        told, told_ago or 0.0, weather_over(outage.org, outage.started_at),
    )  # fmt: skip
    usual = policies.get("restoration.usual_minutes", outage.org)
    minutes = estimate(
        model, report, (usual["low"], usual["middle"], usual["high"]), _slips(row, "crew"),
        float(policies.get("restoration.coverage", outage.org)),
    )  # fmt: skip
    return _moments(now, minutes, basis, stage)


def _of_plan(outage: Outage, now: dt.datetime, row: RestorationModel | None) -> Told:
    """A plan's end, spread as plans of the past came out; never before now while it lasts."""
    assert outage.planned_end_at is not None
    begin, end = outage.started_at, outage.expected_at or outage.planned_end_at
    usual = policies.get("restoration.plan_ratio", outage.org)
    off = _slips(row, "plan") or Slips(usual["low"], usual["middle"], usual["high"])
    length = max(end - begin, MINUTE)
    floor = now + 5 * MINUTE if outage.state == OutageState.ACTIVE else begin
    low, high = (max(begin + length * ratio, floor) for ratio in (off.low, off.high))
    middle = min(max(end, floor), high) if high >= end else max(end, floor)
    return Told(min(low, middle), middle, max(high, middle), EstimateBasis.PLAN, "plan", off.cases)


def _moments(now: dt.datetime, found: Estimate, basis: str, stage: str) -> Told:
    low, middle, high = (now + minutes * MINUTE for minutes in (found.low, found.middle, found.high))
    return Told(low, max(middle, low), max(high, middle), str(basis), stage, found.alike)


def _minutes(outage: Outage, at: dt.datetime | None) -> float | None:
    return None if at is None else max((at - outage.started_at) / MINUTE, 0.0)


def _named(outage: Outage) -> tuple[dt.datetime, dt.datetime] | None:
    """The time the crew named, and when."""
    if outage.site_until is None or outage.site_told_at is None:
        return None
    return outage.site_until, outage.site_told_at


def _open_here(outage: Outage) -> int:
    """Other faults open in the unit (index ``grid_outage_open``)."""
    rows = Outage.objects.filter(
        org_id=outage.org_id, restored_at=None, state=OutageState.ACTIVE, kind=OutageKind.FAULT
    )
    return rows.exclude(pk=outage.pk).count()


def _model(row: RestorationModel | None) -> Model | None:
    """The fitted model, read once per process and row."""
    global _loaded
    if row is None or row.document is None:
        return None
    if _loaded is None or _loaded[0] != row.pk:
        _loaded = (row.pk, from_json(row.document))
    return _loaded[1]


def _slips(row: RestorationModel | None, name: str) -> Slips | None:
    found = row.slips.get(name) if row is not None else None
    return Slips(**found) if found and found["cases"] >= 20 else None


def by_hand(outage: Outage) -> bool:
    """Whether the time now given out was typed by somebody: then it is kept and only the interval around it is estimated."""
    if outage.expected_at is None:
        return False
    return not OutageEstimate.objects.filter(outage=outage, told_at=outage.expected_at).exists()


@action("outage.estimate")
def revise(actor: Actor, outage_id: int) -> OutageEstimate | None:
    """Estimate anew when an outage ends, and give it out when it moved enough.

    Kept with an event only when it moved at all; the time told to the public moves with it (and by that the customers who
    asked to be told are) only by more than ``restoration.tell_minutes``. A time typed by staff stays; a plan stays. None
    when nothing changed, the outage is over, or estimating is off. Raises NotFound, NotAllowed.
    """
    outage = common.locked(actor, outage_id)
    if outage.restored_at is not None or outage.state not in (OutageState.ACTIVE, OutageState.ANNOUNCED):
        return None
    if outage.of_accounts or not policies.get("restoration.enabled", outage.org):
        return None
    if outage.kind not in PLAN_KINDS and outage.state != OutageState.ACTIVE:
        return None
    now = moment.now()
    found = _typed(outage, of(outage, now), now)
    last = OutageEstimate.objects.filter(outage=outage).order_by("-at", "-pk").first()
    told_at = _to_tell(outage, found)
    if last is not None and told_at is None and not _moved(last, found, outage.org):
        return None
    row = OutageEstimate.objects.create(
        outage=outage, at=now, low_at=found.low_at, middle_at=found.middle_at, high_at=found.high_at, basis=found.basis,
        stage=found.stage, alike=found.alike, told_at=told_at,
    )  # fmt: skip
    Outage.objects.filter(pk=outage.pk).update(
        estimate_low_at=found.low_at, estimate_high_at=found.high_at, estimate_basis=found.basis
    )
    record(
        actor, "outage.estimated", outage, org=outage.org, topics=common.topics_of(outage),
        payload={
            "low_at": found.low_at, "middle_at": found.middle_at, "high_at": found.high_at, "basis": str(found.basis),
            "stage": found.stage, "alike": found.alike, "told": told_at is not None,
        },
    )  # fmt: skip
    if told_at is not None:
        update_outage(actor, outage.pk, expected_at=told_at)
    return row


def _typed(outage: Outage, found: Told, now: dt.datetime) -> Told:
    """What staff typed stands; the interval keeps its width about it."""
    if found.basis in (EstimateBasis.PLAN, EstimateBasis.CREW) or not by_hand(outage):
        return found
    assert outage.expected_at is not None
    middle = max(outage.expected_at, now + 5 * MINUTE)
    ratio = Slips()
    left = max(middle - now, 5 * MINUTE)
    return Told(
        min(now + left * ratio.low, middle), middle, now + left * ratio.high, EstimateBasis.STAFF, found.stage, 0
    )


def _moved(last: OutageEstimate, found: Told, org: OrgUnit) -> bool:
    """Whether an estimate differs enough to be put on record: by its basis or stage, or by a rounding step anywhere."""
    step = float(policies.get("restoration.round_minutes", org)) * MINUTE
    if (last.basis, last.stage) != (str(found.basis), found.stage):
        return True
    pairs = ((last.low_at, found.low_at), (last.middle_at, found.middle_at), (last.high_at, found.high_at))
    return any(abs(was - now) >= step for was, now in pairs)


def _to_tell(outage: Outage, found: Told) -> dt.datetime | None:
    """The time to give out, None when what was given out still does."""
    if found.basis in (EstimateBasis.PLAN, EstimateBasis.STAFF):
        return None
    step = max(float(policies.get("restoration.round_minutes", outage.org)), 1.0) * 60
    rounded = dt.datetime.fromtimestamp(-(-found.middle_at.timestamp() // step) * step, dt.UTC)
    least = float(policies.get("restoration.tell_minutes", outage.org)) * MINUTE
    if outage.expected_at is None or abs(rounded - outage.expected_at) > least:
        return rounded
    return None


@action("outage.crew_step")
def note_crew(
    actor: Actor, outage_id: int, *, order_id: int, stage: str, at: dt.datetime, until: dt.datetime | None = None,
    cause: str = "",
) -> Outage:  # fmt: skip
    """What the crew working on an outage reported: accepted, departed, arrived, expected (``until``), finished (``cause``).

    An earlier step that comes late moves nothing back. Called for the crew by the product. Raises NotFound, NotAllowed.
    """
    outage = common.locked(actor, outage_id)
    fields = ["crew_stage"]
    outage.crew_stage = stage
    if stage == "arrived" and outage.crew_arrived_at is None:
        outage.crew_arrived_at = at
        fields.append("crew_arrived_at")
    if until is not None and until > at:
        outage.site_told_at, outage.site_until = at, until
        fields += ["site_told_at", "site_until"]
    if cause and not outage.cause_code:
        outage.cause_code = cause
        fields.append("cause_code")
    outage.save(update_fields=fields)
    record(
        actor, "outage.crew_step", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"order_id": order_id, "stage": stage, "until": until},
    )  # fmt: skip
    return outage


@action("outage.locate")
def locate(actor: Actor, outage_id: int) -> Outage:
    """Find the device of a fault somebody reported by its transformers: the lowest one that feeds all of them and no other.

    What is known stays. Raises NotFound, NotAllowed.
    """
    outage = common.locked(actor, outage_id)
    if outage.kind != OutageKind.FAULT or outage.device_id is not None or outage.feeder is None:
        return outage
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grid.inference:{outage.feeder_id}"])
    trees.ensure_devices(outage.feeder)
    tree = trees.tree_of(outage.feeder)
    ids = set(outage.transformers.values_list("pk", flat=True))
    place = tree.over(ids)
    if place is None or set(trees.transformers_below(tree, tree.devices[place].pk)) != ids:
        return outage
    outage.device = tree.devices[place]
    outage.device_kind = outage.device_kind or outage.device.kind
    outage.save(update_fields=["device", "device_kind"])
    return outage


def refresh_due() -> int:
    """Estimate lasting faults anew that nobody reported on for a while; gives how many moved. A sweep's work."""
    every = float(policies.get("restoration.refresh_minutes")) * MINUTE
    now = moment.now()
    recent = OutageEstimate.objects.filter(at__gt=now - every).values("outage_id")
    rows = Outage.objects.filter(state=OutageState.ACTIVE, restored_at=None).exclude(pk__in=recent)
    rows = rows.filter(Q(kind=OutageKind.FAULT) | Q(kind__in=PLAN_KINDS)).order_by("started_at")
    actor = Actor.system(ACTOR)
    return sum(revise(actor, pk) is not None for pk in rows.values_list("pk", flat=True)[:200])


def courses(since: dt.datetime, until: dt.datetime) -> list[Course]:
    """The finished faults of a period, with what was recorded of each. Two queries (index ``grid_outage_started``)."""
    rows = list(
        Outage.objects.filter(
            kind=OutageKind.FAULT, state=OutageState.RESTORED, started_at__gte=since, restored_at__lt=until
        ).select_related("org").prefetch_related("transformers").order_by("started_at")[:MOST_PAST]
    )  # fmt: skip
    spans = [(row.started_at, row.restored_at, row.org_id, row.pk) for row in rows]
    found = []
    for index, row in enumerate(rows):
        assert row.restored_at is not None
        row.places = list(row.transformers.all())  # type: ignore[attr-defined]
        near = spans[max(0, index - 200) : index + 1]
        load = sum(a <= row.started_at < (b or until) and org == row.org_id and pk != row.pk for a, b, org, pk in near)
        found.append(
            Course(
                (row.started_at - EPOCH) / dt.timedelta(days=1), kind_of(row), row.cause_code,
                timezone.localtime(row.started_at).hour, load, (row.restored_at - row.started_at) / MINUTE,
                _minutes(row, row.crew_arrived_at), _minutes(row, row.confirmed_at),
                weather_over(row.org, row.started_at),
            )
        )  # fmt: skip
    return found


def learn(until: dt.datetime | None = None) -> RestorationModel:
    """Learn from the faults and plans of ``restoration.history_days`` and keep what was learned; too few: only the slips."""
    now = until or moment.now()
    since = now - dt.timedelta(days=policies.get("restoration.history_days"))
    past = courses(since, now)
    document: dict[str, Any] | None = None
    try:
        document = to_json(learn_courses(past))
    except Unfit:
        document = None
    row = RestorationModel.objects.create(at=now, cases=len(past), document=document, slips=_all_slips(since, now))
    kept = RestorationModel.objects.order_by("-pk").values_list("pk", flat=True)[:KEPT_MODELS]
    RestorationModel.objects.exclude(pk__in=list(kept)).delete()
    return row


def _all_slips(since: dt.datetime, until: dt.datetime) -> dict[str, dict[str, float]]:
    """How crews' times and plans came out: quantiles of true by told minutes."""
    over = Outage.objects.filter(state=OutageState.RESTORED, restored_at__gte=since, restored_at__lt=until)
    crew = over.filter(site_told_at__isnull=False, site_until__isnull=False)
    plan = over.filter(kind__in=PLAN_KINDS, planned_end_at__isnull=False, planned_start_at__isnull=False)
    pairs = {
        "crew": [
            ((told - at) / MINUTE, max((back - at) / MINUTE, 0.0))
            for at, told, back in crew.values_list("site_told_at", "site_until", "restored_at")[:MOST_PAST]
        ],
        "plan": [
            ((end - begin) / MINUTE, max((back - start) / MINUTE, 0.0))
            for begin, end, start, back in plan.values_list(
                "planned_start_at", "planned_end_at", "started_at", "restored_at"
            )[:MOST_PAST]
        ],
    }
    found = {name: slips(told) for name, told in pairs.items()}
    return {
        name: {"low": one.low, "middle": one.middle, "high": one.high, "cases": one.cases}
        for name, one in found.items()
    }
