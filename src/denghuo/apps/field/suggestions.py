"""Which crews to suggest for a request, with reasons a dispatcher can read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from denghuo.apps.accounts.skills import SKILLS
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.driving.estimating import estimate
from denghuo.apps.field.models import OPEN_STATES, Crew, WorkOrder
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.engine import dispatch

COUNTY, CITY, ALL = "county", "city", "all"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A crew that may go. ``score`` and the parts are in [0, 1]; minutes are None when the place is unknown, ``learned`` from
    the crews' own journeys or else straight-line estimates; ``reach`` says how far from the request's county the crew was
    looked for."""

    crew: Crew
    score: float
    parts: dict[str, float]
    reasons: tuple[str, ...]
    eta_minutes: int | None
    eta_low: int | None
    eta_high: int | None
    road_km: float | None
    open_orders: int
    reach: str
    learned: bool = False


def suggest_crews(actor: Actor, request_id: int) -> list[Suggestion]:
    """Crews for a request, best first. Reads only.

    Looks in the county; only when nobody there may go, in the city, then wherever the actor dispatches (policy
    ``dispatch.reach``). Raises NotAllowed, NotFound.
    """
    rows = Request.objects.select_related("org", "transformer", "account")
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("没有这条诉求"))
    actor.require("order.dispatch", request.org.path)
    return suggestions_for(actor, request)


def suggestions_for(actor: Actor, request: Request) -> list[Suggestion]:
    """As :func:`suggest_crews` for a request already loaded with unit, transformer and account."""
    for reach in policies.get("dispatch.reach", request.org):
        unit = _unit_of(request.org, reach)
        if unit is None and reach != ALL:
            continue
        found = _ranked(list(_crews(actor, unit)), request, unit, reach)
        if found:
            return found
    return []


def ruled_out_for(actor: Actor, request: Request) -> dict[str, int]:
    """How many crews of the request's unit may not go, by ground (``off_duty``, ``skill``); for an empty list."""
    required, wanted = skills_for(request)
    job = dispatch.Job(place_of(request), request.org_id, required, wanted)
    grounds: dict[str, int] = {}
    for crew in _crews(actor, request.org):
        out = dispatch.rule_out(_candidate(crew), job)
        if out is not None:
            grounds[out.ground] = grounds.get(out.ground, 0) + 1
    return grounds


def place_of(request: Request) -> tuple[float, float] | None:
    """Where the trouble is: told with the request, else the meter's place, else the transformer's."""
    for source in (request, request.account, request.transformer):
        lon, lat = getattr(source, "lon", None), getattr(source, "lat", None)
        if lon is not None and lat is not None:
            return lon, lat
    return None


def skills_for(request: Request) -> tuple[frozenset[str], frozenset[str]]:
    """Skills a crew must have for the request's fault class, and those it had better have."""
    return _skills("dispatch.skills_required", request), _skills("dispatch.skills_wanted", request)


def skill_names(codes: Iterable[str]) -> str:
    """Skills in the active language, for messages."""
    column = 1 if (get_language() or "").startswith("en") else 0
    return _("、").join(SKILLS[code][column] if code in SKILLS else code for code in sorted(codes))


def travel_for(request: Request) -> dispatch.Travel:
    """How fast crews travel in the request's area."""
    area, org = request.area_type or AreaType.URBAN, request.org
    return dispatch.Travel(
        detour=policies.get_for("dispatch.detour", area, org),
        speed_kmh=policies.get_for("dispatch.speed_kmh", area, org),
        minutes_per_order=policies.get("dispatch.minutes_per_order", org),
        spread=policies.get("dispatch.eta_spread", org),
    )


def driving_for(request: Request) -> dispatch.Driving:
    """What the crews' journeys have taught about driving in the request's city, at this hour."""
    now, org = moment.now(), request.org

    def told(start: dispatch.Place, end: dispatch.Place) -> tuple[float, float, float] | None:
        found = estimate(org, start, end, now)
        return None if found is None else (found.minutes, found.low, found.high)

    return told


def weights_for(request: Request) -> dispatch.Weights:
    """α, β, γ and the scales in force for the request's unit and area."""
    area, org = request.area_type or AreaType.URBAN, request.org
    return dispatch.Weights(
        distance=policies.get("dispatch.weight.distance", org),
        skill=policies.get("dispatch.weight.skill", org),
        load=policies.get("dispatch.weight.load", org),
        half_distance_km=policies.get_for("dispatch.half_distance_km", area, org),
        half_load=policies.get("dispatch.half_load", org),
    )


def _skills(key: str, request: Request) -> frozenset[str]:
    text = policies.get(key, request.org).get(request.fault_class, "")
    return frozenset(code.strip() for code in text.split(",") if code.strip())


def _unit_of(org: OrgUnit, reach: str) -> OrgUnit | None:
    """The unit in which crews are looked for; None for everywhere."""
    if reach == COUNTY:
        return org
    if reach == CITY:
        return OrgUnit.objects.filter(pk__in=org.ancestor_ids(), kind=OrgKind.CITY).first()
    return None


def _crews(actor: Actor, unit: OrgUnit | None) -> QuerySet[Crew]:
    """Crews under ``unit`` that the actor may send, each with its number of orders in hand (index field_order_open)."""
    rows = Crew.objects.visible_to(actor, "order.dispatch").select_related("org")
    if unit is not None:
        rows = rows.under(unit)
    # A sub-select that keeps to the partial index: a join would read every order a crew ever had.
    live = WorkOrder.objects.filter(state__in=OPEN_STATES, crew=OuterRef("pk"))
    live = live.exclude(state__in=[OrderState.PASSED, OrderState.WITHDRAWN]).order_by()
    held = live.values("crew").annotate(n=Count("pk")).values("n")
    return rows.annotate(in_hand=Coalesce(Subquery(held), 0)).order_by("pk")


def _candidate(crew: Crew) -> dispatch.Candidate:
    return dispatch.Candidate(
        id=crew.pk,
        place=(crew.lon, crew.lat),
        on_duty=crew.on_duty,
        skills=frozenset(crew.skills),
        areas=frozenset(crew.org.ancestor_ids()),
        open_orders=crew.in_hand,  # type: ignore[attr-defined]
    )


def _ranked(crews: list[Crew], request: Request, unit: OrgUnit | None, reach: str) -> list[Suggestion]:
    required, wanted = skills_for(request)
    candidates = [_candidate(crew) for crew in crews]
    if unit is None:  # everywhere the actor dispatches: the query has kept to it already
        area = request.org_id
        candidates = [_covering(candidate, area) for candidate in candidates]
    else:
        area = unit.pk
    job = dispatch.Job(place_of(request), area, required, wanted)
    ranked = dispatch.rank(candidates, job, weights_for(request), travel_for(request), driving_for(request))
    by_id = {crew.pk: crew for crew in crews}
    stale = policies.get("crew.position_stale_minutes", request.org)
    return [_suggestion(by_id[one.crew_id], one, ranked, required, reach, stale) for one in ranked]


def _covering(candidate: dispatch.Candidate, area: int) -> dispatch.Candidate:
    return dispatch.Candidate(
        candidate.id,
        candidate.place,
        candidate.on_duty,
        candidate.skills,
        candidate.areas | {area},
        candidate.open_orders,
    )


def _suggestion(
    crew: Crew,
    one: dispatch.Ranked,
    ranked: Sequence[dispatch.Ranked],
    required: frozenset[str],
    reach: str,
    stale_minutes: float,
) -> Suggestion:
    return Suggestion(
        crew=crew,
        score=round(one.score, 4),
        parts={"distance": round(one.distance, 4), "skill": round(one.skill, 4), "load": round(one.load, 4)},
        reasons=tuple(_reasons(crew, one, ranked, required, reach, stale_minutes)),
        eta_minutes=_whole(one.eta_minutes),
        eta_low=_whole(one.eta_low),
        eta_high=_whole(one.eta_high),
        road_km=None if one.road_km is None else round(one.road_km, 1),
        open_orders=one.open_orders,
        reach=reach,
        learned=one.learned,
    )


def _whole(minutes: float | None) -> int | None:
    return None if minutes is None else max(1, round(minutes))


def _reasons(
    crew: Crew,
    one: dispatch.Ranked,
    ranked: Sequence[dispatch.Ranked],
    required: frozenset[str],
    reach: str,
    stale_minutes: float,
) -> list[str]:
    reasons = [] if reach == COUNTY else [_("邻县支援")]
    reasons += _about_distance(one, ranked)
    if required:
        reasons.append(_("具备%(skills)s技能") % {"skills": skill_names(required)})
    if one.missing:
        reasons.append(_("无%(skills)s技能") % {"skills": skill_names(one.missing)})
    reasons += _about_arrival(one, ranked)
    if one.open_orders:
        reasons.append(
            ngettext(
                "手上有 %(count)d 单，约 %(wait)d 分钟后可出发",
                "手上有 %(count)d 单，约 %(wait)d 分钟后可出发",
                one.open_orders,
            )
            % {"count": one.open_orders, "wait": round(one.wait_minutes)}
        )
    else:
        reasons.append(_("手上无工单"))
    age = None if crew.positioned_at is None else moment.now() - crew.positioned_at
    if age is None or age > dt.timedelta(minutes=stale_minutes):
        reasons.append(_("位置较久未更新，估计仅供参考"))
    return reasons


def _about_distance(one: dispatch.Ranked, ranked: Sequence[dispatch.Ranked]) -> list[str]:
    if one.road_km is None:
        return []
    if one.road_km <= min(other.road_km for other in ranked if other.road_km is not None):
        return [_("最近，估算路程 %(km)s 公里") % {"km": f"{one.road_km:.1f}"}]
    return [_("估算路程 %(km)s 公里") % {"km": f"{one.road_km:.1f}"}]


def _about_arrival(one: dispatch.Ranked, ranked: Sequence[dispatch.Ranked]) -> list[str]:
    """How much earlier than the next one, said of the earliest only."""
    others = [other.eta_minutes for other in ranked if other is not one and other.eta_minutes is not None]
    if one.eta_minutes is None or not others:
        return []
    ahead = round(min(others) - one.eta_minutes)
    return [_("比第二早到的班组早 %(minutes)d 分钟") % {"minutes": ahead}] if ahead >= 1 else []
