"""What was told against what came: the figures of the calibration page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.history import MINUTE, restored_at
from denghuo.apps.requests.prediction.learning import week_of
from denghuo.apps.requests.prediction.models import PredictionMade
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.engine.prediction import Calibration, Scored, calibration

MOST: Final = 50_000
TARGETS: Final = {
    "submitted.arrival": _("提交时 → 到达现场"),
    "submitted.restore": _("提交时 → 恢复供电"),
    "accepted.arrival": _("受理时 → 到达现场"),
    "accepted.restore": _("受理时 → 恢复供电"),
    "dispatched.arrival": _("派单时 → 到达现场"),
    "dispatched.restore": _("派单时 → 恢复供电"),
    "arrived.restore": _("到场时 → 恢复供电"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of the predictions of a period, by target; ``cut``: there were more than could be read."""

    since: dt.datetime
    until: dt.datetime
    targets: dict[str, Calibration]
    all: Calibration
    cut: bool


def measured(actor: Actor, days: int) -> Measured:
    """Figures of what was told in the last ``days`` in the units the actor watches, of predictions old enough for nearly
    all outcomes to have come (policy ``prediction.settle_hours``); what is still open after that counts as pending. Those
    told from too few like cases were not shown to anybody and are left out. Two queries (index requests_prediction_at)."""
    until = moment.now() - dt.timedelta(hours=policies.get("prediction.settle_hours"))
    since = until - dt.timedelta(days=days)
    rows = PredictionMade.objects.visible_to(actor, "requests.view").filter(
        Q(at__gte=since) & Q(at__lt=until), alike__gte=policies.get("prediction.min_alike")
    )
    names = ("arrived_at", "restored_at", "returned_at", "round")
    found = list(
        rows.select_related("request")
        .only("moment", "at", "levels", "arrival_grid", "restore_grid", *(f"request__{name}" for name in names))
        .order_by("-at")[: MOST + 1]
    )
    scored: dict[str, list[Scored]] = {}
    for made in found[:MOST]:
        for target, grid, came in _outcomes(made, made.request):
            name = f"{made.moment}.{target}"
            groups = {
                "class": made.levels.get("class", ""), "area": made.levels.get("area", ""), "week": week_of(made.at),
            }  # fmt: skip
            actual = None if came is None else max((came - made.at) / MINUTE, 0.0)
            scored.setdefault(name, []).append(Scored(tuple(grid), actual, groups))
    coverage = policies.get("prediction.coverage")
    every = [row for rows_ in scored.values() for row in rows_]
    return Measured(
        since,
        until,
        {name: calibration(scored[name], coverage) for name in TARGETS if name in scored},
        calibration(every, coverage),
        len(found) > MOST,
    )


def _outcomes(made: PredictionMade, request: Request) -> Sequence[tuple[str, Any, dt.datetime | None]]:
    """Each target told, with what came of it. The end of a later round is not the end that was predicted."""
    restored = restored_at(request) if request.round == 1 else None
    found: list[tuple[str, Any, dt.datetime | None]] = [("restore", made.restore_grid, restored)]
    if made.arrival_grid:
        found.append(("arrival", made.arrival_grid, request.arrived_at))
    return found
