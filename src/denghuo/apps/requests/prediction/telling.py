"""Telling anew at every step of a fault report; called by the subscriber, never by the steps themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction import capacity, fitted
from denghuo.apps.requests.prediction.factors import Bands, levels_of, picked
from denghuo.apps.requests.prediction.history import MINUTE, open_beside
from denghuo.apps.requests.prediction.models import Moment, PredictionMade
from denghuo.apps.requests.prediction.weather import Skies
from denghuo.core import policies
from denghuo.core.events import Event
from denghuo.engine.prediction import Prediction, predict

#: how many stages a report has behind it at each moment
DONE: Final = {Moment.SUBMITTED: 0, Moment.ACCEPTED: 1, Moment.DISPATCHED: 1, Moment.ARRIVED: 2}
ARRIVE: Final = 1  # the place of the arrival among the stages
FURTHEST: Final = dt.timedelta(days=365)


def moment_of(event: Event) -> Moment | None:
    """Which moment an event of a request is; None for those that change no prediction."""
    if event.kind == "request.progressed":
        return Moment.ARRIVED if event.payload.get("step") == "arrived" else None
    return {
        "request.submitted": Moment.SUBMITTED,
        "request.accepted": Moment.ACCEPTED,
        "request.dispatched": Moment.DISPATCHED,
    }.get(event.kind)


def tell(event: Event) -> PredictionMade | None:
    """Predict for the report of ``event`` as it stood then, and keep it. None when there is nothing to tell: no fault
    report, merged into another, a round of rework, no model in force, or none yet at the time of the event (a prediction
    made afterwards would be none). Applying an event twice keeps one."""
    when, model = moment_of(event), fitted.in_force()
    if when is None or model is None or event.at < model.since:
        return None
    request = Request.objects.select_related("org").filter(pk=event.subject_id, type=RequestType.FAULT_REPORT).first()
    if request is None or request.master_id is not None or request.round > 1:
        return None
    known = _known(request, when)
    if known is None:
        return None
    levels = _levels(request, event.at, when)
    part = "intake" if when == Moment.SUBMITTED else "accepted"
    began = request.submitted_at + sum(known) * MINUTE
    told = predict(
        fitted.parts_of(model.pk)[part],
        picked(levels, part),
        known=known,
        elapsed=max((event.at - began) / MINUTE, 0.0),
        coverage=policies.get("prediction.coverage", request.org),
    )
    return _kept(request, event, when, model.pk, levels, told, began)


def _known(request: Request, when: Moment) -> list[float] | None:
    """Minutes of the stages behind the request at that moment; None when they are not all on record."""
    marks = [request.submitted_at, request.accepted_at, request.arrived_at][: DONE[when] + 1]
    pairs = list(pairwise(marks))
    if any(before is None or after is None for before, after in pairs):
        return None
    return [max((after - before) / MINUTE, 0.0) for before, after in pairs if before and after]


def _levels(request: Request, at: dt.datetime, when: Moment) -> dict[str, str]:
    """After acceptance the load and weather are those of the acceptance, as in the past the model was learnt from."""
    base = at if when == Moment.SUBMITTED else request.accepted_at or at
    earlier = None
    if when in (Moment.DISPATCHED, Moment.ARRIVED):
        rows = PredictionMade.objects.filter(request_id=request.pk, moment=Moment.ACCEPTED)
        earlier = rows.order_by("id").values_list("levels", flat=True).first()
    bands, path = Bands.in_force(), request.org.path
    if earlier is not None:
        load, weather = earlier["load"], earlier["weather"]
    else:
        load = bands.load_of(open_beside(request), capacity.crews_under([path])[path])
        weather = bands.weather_of(Skies.between(base, base).over(path, base))
    return levels_of(request, at=base, load=load, weather=weather, bands=bands, path=path)


def _kept(
    request: Request,
    event: Event,
    when: Moment,
    model_id: int,
    levels: Mapping[str, str],
    told: Prediction,
    began: dt.datetime,
) -> PredictionMade:
    made: dict[str, Any] = {}
    targets = {"restore": told.ends[-1]}
    if told.first <= ARRIVE:
        targets["arrival"] = told.ends[ARRIVE - told.first]
    gone = (event.at - began) / MINUTE
    for name, span in targets.items():
        for edge in ("low", "median", "high"):
            minutes = max(getattr(span, edge) - gone, 0.0)
            made[f"{name}_{edge}"] = event.at + min(minutes * MINUTE, FURTHEST)
        made[f"{name}_grid"] = [round(max(item - gone, 0.0), 2) for item in span.grid]
    return PredictionMade.objects.get_or_create(
        request=request,
        event_id=event.id,
        defaults={
            "org": request.org,
            "model_id": model_id,
            "at": event.at,
            "moment": when,
            "levels": dict(levels),
            "alike": told.alike,
            "alike_depth": told.alike_depth,
            **made,
        },
    )[0]
