"""The model in force, parsed once per process."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from denghuo.apps.requests.prediction.models import ModelState, PredictionModel
from denghuo.core.held import Held
from denghuo.engine.prediction import Model, from_json


@dataclass(frozen=True, slots=True)
class InForce:
    """Which model is in force, since when, and from how many cases of which time."""

    pk: int
    number: int
    cases: int
    fitted_at: dt.datetime
    since: dt.datetime


def _heads() -> list[InForce]:
    rows = PredictionModel.objects.filter(state=ModelState.IN_FORCE)
    names = ("pk", "number", "cases", "fitted_at", "in_force_from")
    return [InForce(*row) for row in rows.values_list(*names)]


_head: Held[list[InForce]] = Held("prediction_in_force", _heads)
_parsed: Held[dict[int, dict[str, Model]]] = Held("prediction_parsed", dict, lasts=True)


def in_force() -> InForce | None:
    """The model in force; None before the first. No query within three seconds of the last look."""
    return next(iter(_head.rows()), None)


def parts_of(pk: int) -> dict[str, Model]:
    """The fitted parts (``intake``, ``accepted``) of a model; documents never change, so each is read once."""
    held = _parsed.rows()
    if pk not in held:
        document = PredictionModel.objects.values_list("document", flat=True).get(pk=pk)
        held[pk] = {name: from_json(part) for name, part in document.items()}
    return held[pk]


def changed() -> None:
    """This transaction has put another model in force."""
    _head.read_afresh()
