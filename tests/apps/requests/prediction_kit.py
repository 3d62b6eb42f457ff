"""A past to learn predictions from, and predictions with an outcome."""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import Any

from denghuo.apps.requests.models import PredictionMade, PredictionModel, Request
from denghuo.apps.requests.prediction import learning
from denghuo.apps.requests.prediction.queries import latest_of
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events.testing import drain
from tests.apps.requests.world import World

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def past(world: World, n: int = 260, *, days: float = 60, slow: float = 0.0, seed: int = 1) -> None:
    """Fault reports that were mended: about 4 minutes to accept, 25 to arrive, 45 to mend (in the country more)."""
    rng, now, rows = random.Random(seed), moment.now(), []
    for number in range(n):
        area = rng.choice(["urban", "rural"])
        lengths = (
            math.exp(rng.gauss(1.4, 0.4)),
            math.exp(rng.gauss(3.2 + slow + (0.6 if area == "rural" else 0), 0.3)),
            math.exp(rng.gauss(3.8 + slow, 0.4)),
        )
        at = [now - rng.uniform(1.1, days) * DAY]
        for minutes in lengths:
            at.append(at[-1] + minutes * MINUTE)
        rows.append(
            Request(
                org=world.org, number=f"P{seed}{number:06d}", type="fault_report", state="archived", step="archived",
                channel="hotline", phenomenon="no_power", fault_class="low_voltage", area_type=area,
                caller_name="江小满", caller_phone="13900001234", address="柳溪县河边路 8 号", submitted_at=at[0],
                accepted_at=at[1], dispatched_at=at[1], arrived_at=at[2], restored_at=at[3],
                returned_at=at[3] + 5 * MINUTE, archived_at=at[3] + HOUR,
            )
        )  # fmt: skip
    Request.objects.bulk_create(rows)


def fitted(world: World, n: int = 260, **options: Any) -> PredictionModel:
    past(world, n, **options)
    row = learning.keep_model(Actor.system("test"), learning.learn())
    # Those who tell look back to when it came in force; the test's requests come at the same moment.
    PredictionModel.objects.filter(pk=row.pk).update(in_force_from=moment.now() - DAY)
    return row


def told(request: Request) -> Any:
    drain(["requests.prediction"])
    return latest_of(Request.objects.select_related("org").get(pk=request.pk))


def foretold(world: World, model: PredictionModel, ago: dt.timedelta, *, came: float | None) -> None:
    """A prediction of 10 to 20 minutes (80 %), and a restoration after ``came`` minutes."""
    at = moment.now() - ago
    row = Request.objects.create(
        org=world.org, number=f"M{PredictionMade.objects.count():06d}", type="fault_report", channel="hotline",
        state="archived" if came else "dispatched", submitted_at=at - HOUR, accepted_at=at, arrived_at=at,
        restored_at=at + came * MINUTE if came else None, returned_at=at + (came + 1) * MINUTE if came else None,
        caller_name="江小满", caller_phone="13900001234", address="柳溪县河边路 8 号",
    )  # fmt: skip
    grid = [5 + number * 10 / 8 for number in range(1, 20)]
    grid[1], grid[17] = 10.0, 20.0
    grid = sorted([9.0, 10.0, *(10 + k * 10 / 16 for k in range(1, 16)), 20.0, 21.0])
    PredictionMade.objects.create(
        request=row, org=world.org, model=model, event_id=row.pk, at=at, moment="arrived", alike=99, alike_depth=2,
        levels={"class": "low_voltage", "area": "urban"}, restore_grid=grid, restore_low=at + 10 * MINUTE,
        restore_median=at + 15 * MINUTE, restore_high=at + 20 * MINUTE,
    )  # fmt: skip
