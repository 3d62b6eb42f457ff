"""Four days of voltage and load around the voltage complaints: each transformer has a trouble of its own.

Only accounts with such a request and some of their neighbours get curves; written through the actions, like a collecting
system would.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
from django.db.models import Q
from django.utils import timezone

from denghuo.apps.customers import voltage as meters
from denghuo.apps.customers.models import Account
from denghuo.apps.grid import loads
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.engine.voltage import Grid

DAYS, MOST, NEIGHBOURS = 4, 16, 8
#: what is wrong, by turns: (evening load, fall of voltage at full load for neighbours, for the complaining one, phase shares)
TROUBLES: Final = (
    ("overload", 1.12, 26.0, 36.0, (0.34, 0.33, 0.33)),
    ("line_end", 0.62, 8.0, 62.0, (0.35, 0.33, 0.32)),
    ("unbalance", 0.66, 16.0, 58.0, (0.58, 0.22, 0.20)),
    ("service_line", 0.45, 7.0, 8.0, (0.34, 0.33, 0.33)),
    ("photovoltaic", 0.40, 8.0, 8.0, (0.34, 0.34, 0.32)),
)
SOURCE = 231.0  # volts at the transformer without load
AMPERES = 1000 / (np.sqrt(3) * 400)  # of one kVA at 400 V


def write(seed: int) -> int:
    """Write the curves up to now; gives how many measurements. Needs requests in the database."""
    asked = Q(phenomenon__in=["low_voltage", "flicker"]) | Q(fault_class="power_quality")
    rows = Request.objects.filter(asked, account__isnull=False, transformer__isnull=False)
    seen: set[int] = set()
    count = 0
    grid = Grid.until(moment.now(), DAYS * 24)
    for row in rows.select_related("account__customer", "transformer").order_by("-submitted_at")[: MOST * 2]:
        if row.transformer_id is None or row.transformer_id in seen or len(seen) >= MOST:
            continue
        count += _around(row, TROUBLES[len(seen) % len(TROUBLES)], grid, np.random.default_rng([seed, row.pk]))
        seen.add(row.transformer_id)
    return count


def _around(row: Request, trouble: tuple[Any, ...], grid: Grid, rng: Any) -> int:
    name, evening, fall, own_fall, phases = trouble
    transformer, account = row.transformer, row.account
    assert transformer is not None and account is not None
    times = [grid.begins(slot + 1) for slot in range(grid.slots)]
    hours = np.array([timezone.localtime(at).hour + timezone.localtime(at).minute / 60 for at in times])
    share = _load(hours, evening, rng)
    system = Actor.system("demo")
    kva = share * transformer.capacity_kva
    wobble = 1 + rng.normal(0, 0.03, (grid.slots, 3))
    amperes = kva[:, None] * AMPERES * 3 * np.array(phases) * wobble
    sent = [
        {"transformer": transformer.code, "at": at, "kva": round(float(k), 1), **dict(zip(("ia", "ib", "ic"), np.round(i, 1).tolist(), strict=True))}
        for at, k, i in zip(times, kva, amperes, strict=True)
    ]  # fmt: skip
    count = loads.keep_loads(system, sent)
    near = Account.objects.filter(transformer_id=transformer.pk, active=True).exclude(pk=account.pk)
    people = [account, *near.select_related("customer").order_by("pk")[:NEIGHBOURS]]
    sent = []
    for place, one in enumerate(people):
        drop = own_fall if place == 0 else fall * (0.4 + 0.6 * place / NEIGHBOURS)
        volts = _volts(name, hours, share, drop, place == 0, rng)
        three = one.customer.kind == "enterprise"
        sent += _rows(one, times, volts, three, gap=place == 0, rng=rng)
    return count + meters.keep_readings(system, sent)


def _load(hours: Any, evening: float, rng: Any) -> Any:
    """A quiet night, a hump at noon, the evening peak around half past seven."""

    def bell(at: float, width: float) -> Any:
        return np.exp(-(((hours - at) / width) ** 2))

    base = 0.22 + 0.20 * bell(12.2, 2.2) + (evening - 0.22) * bell(19.6, 1.9)
    return np.clip(base + rng.normal(0, 0.012, len(hours)), 0.05, 1.4)


def _volts(name: str, hours: Any, share: Any, drop: float, own: bool, rng: Any) -> Any:
    volts = SOURCE - drop * share + rng.normal(0, 1.3, len(hours))
    if name == "service_line" and own:  # a loose joint: now and then, at any load
        loose = rng.random(len(hours) // 6 + 1) < 0.16
        volts -= np.repeat(loose, 6)[: len(hours)] * rng.uniform(34, 46, len(hours))
    if name == "photovoltaic":
        sun = np.exp(-(((hours - 12.3) / 2.1) ** 2))
        volts += sun * (12.0 if own else 5.0)
    return volts


def _rows(
    account: Account, times: list[dt.datetime], volts: Any, three: bool, *, gap: bool, rng: Any
) -> list[dict[str, Any]]:
    """Rows for the action; the complaining meter was silent for a while, as meters are."""
    silent = range(len(times) - 150, len(times) - 144) if gap else range(0)
    rows = []
    for slot, at in enumerate(times):
        if slot in silent:
            continue
        row = {"account": account.number, "at": at, "ua": round(float(volts[slot]), 1)}
        if three:
            row |= {
                "ub": round(float(volts[slot] + rng.normal(1.5, 0.6)), 1),
                "uc": round(float(volts[slot] + rng.normal(2.5, 0.6)), 1),
            }
        rows.append(row)
    return rows
