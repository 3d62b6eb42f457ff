"""Generated rows for every fact: three provinces, one without a county, empty cells, two months around a year's end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa

from denghuo.engine.indicators import FACTS, Column, ColumnType, Fact, Grain
from tests.engine.indicators.rows import arrow

BEFORE = (dt.date(2025, 11, 20), dt.date(2025, 12, 20))
NOW = (dt.date(2025, 12, 20), dt.date(2026, 2, 1))
DAYS = (NOW[1] - BEFORE[0]).days
MONTHS = [dt.date(2025, 11, 1), dt.date(2025, 12, 1), dt.date(2026, 1, 1)]
PLACES = [("云岭", "清河", "柳溪"), ("云岭", "平川", "石桥"), ("海东", "临港", None), ("西原", "东山", "北坡")]
WORDS = {
    "channel": ["voice", "voice", "voice", "web_chat", "wechat", "email", "sms"],
    "request_type": ["fault_report", "consulting", "service_request", "complaint", None],
    "family": ["flow", "field", "agent"],
    "step": ["register", "accept", "assign", "process", "reply", "archive", "dispatch", "arrive", "outage_info"],
    "touchpoint": ["call_back", "diagnosis", "acceptance", "field", "other"],
    "kind": ["line", "application"],
    "assessment": ["facility", "maturity"],
    "group": ["intervention", "control"],
}
EMPTY = 0.08


def made(rows: int, seed: int) -> dict[str, pa.Table]:
    """Fact → ``rows`` rows."""
    rng = np.random.default_rng(seed)
    return {code: arrow(fact, [_row(fact, number, rng) for number in range(rows)]) for code, fact in FACTS.items()}


def _row(fact: Fact, number: int, rng: np.random.Generator) -> dict[str, Any]:
    local = dt.datetime.combine(BEFORE[0], dt.time()) + dt.timedelta(seconds=int(rng.integers(DAYS * 86400)))
    place = PLACES[int(rng.integers(len(PLACES)))]
    row: dict[str, Any] = {"id": number, "org_path": f"/1/{PLACES.index(place)}/"}
    row |= dict(zip(("province", "city", "county"), place, strict=True))
    row["day"] = local.date() if fact.finest is not Grain.MONTH else MONTHS[int(rng.integers(3))]
    row["at"] = (local - dt.timedelta(hours=8)).replace(tzinfo=dt.UTC)
    row["half_hour"] = (local.hour * 60 + local.minute) // 30
    for column in fact.columns:
        if column.name not in row:
            row[column.name] = _cell(column, rng)
    return row


def _cell(column: Column, rng: np.random.Generator) -> Any:
    if column.type is ColumnType.TEXT:
        words = WORDS.get(column.name, [f"{column.name}{n}" for n in range(3)])
        return words[int(rng.integers(len(words)))]
    if rng.random() < EMPTY:
        return None
    if column.type is ColumnType.FLAG:
        return bool(rng.random() < 0.6)
    if column.type is ColumnType.INTEGER:
        return int(rng.integers(0, 12 if "second" not in column.name else 900))
    return float(rng.integers(1, 4000)) / 16  # exact in binary: sums do not depend on the order
