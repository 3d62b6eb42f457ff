"""One definition, the same figures everywhere: DuckDB, PostgreSQL, Sail and Spark agree on every indicator."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import pytest

from denghuo.engine.indicators import INDICATORS, Change, Gain, Grain, compute, dimensions_of, half_hour_of
from tests.engine.indicators.engines import ENGINES, Ask, Rows
from tests.engine.indicators.made import BEFORE, NOW, made

ROWS, SEED = 700, 20260301
OTHERS = [
    "postgres",
    "sail",
    pytest.param("spark", marks=pytest.mark.slow),
]
Answers = dict[str, dict[tuple[Any, ...], tuple[float | None, ...]]]
HALF_HOURS = ("service_level", "aht", "fcr", "arrive_on_time")


def questions() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every indicator by province over a period; those of half hours also by time, channel and place."""
    asked: dict[str, tuple[str, dict[str, Any]]] = {}
    for code, definition in INDICATORS.items():
        of_change = isinstance(definition.formula, Change | Gain)
        by = [name for name in ("province",) if name in dimensions_of(definition)]
        asked[code] = (code, {"by": by, "period": NOW, "against": BEFORE if of_change else (None, None)})
    for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR):
        asked[f"aht {grain.value}"] = ("aht", {"by": ["province"], "grain": grain})
    for code in HALF_HOURS:
        asked[f"{code} half hours"] = (code, {"by": ["province", "channel"], "grain": "half_hour", "period": NOW})
    asked["empty dimension"] = ("complaints_per_10k", {"by": ["county"], "grain": "month"})
    asked["below a unit"] = ("connect_rate", {"by": ["city"], "below": "/1/0/"})
    asked["of a channel"] = ("csat", {"by": ["channel"], "where": {"channel": ["voice", "sms"], "province": "云岭"}})
    asked["index by month"] = ("sei", {"by": ["province"], "grain": "month"})
    return asked


def answers(ask: Ask) -> Answers:
    """Question → key → (value, numerator, denominator)."""
    found: Answers = {}
    for name, (code, arguments) in questions().items():

        def build(source: Mapping[str, ibis.Table], code: str = code, arguments: dict[str, Any] = arguments) -> Any:
            return compute(INDICATORS[code], source, **arguments)

        found[name] = keyed(ask(build))
    found["half hours of moments"] = {
        (row["given"], row["counted"]): (row["value"],) for row in ask(counted_half_hours)
    }
    return found


def counted_half_hours(source: Mapping[str, ibis.Table]) -> ibis.Table:
    """How many rows have which half hour, and which is counted from their moment."""
    rows = source["contacts"]
    return rows.aggregate(
        by=[rows.half_hour.name("given"), half_hour_of(rows["at"]).name("counted")], value=rows.count()
    )


def test_the_half_hour_counted_from_the_moment_is_that_of_the_business_day(reference: Answers) -> None:
    pairs = reference["half hours of moments"]
    assert len(pairs) == 48
    assert all(given == counted for given, counted in pairs)


def keyed(rows: Rows) -> dict[tuple[Any, ...], tuple[float | None, ...]]:
    figures = ("value", "numerator", "denominator")
    found = {}
    for row in rows:
        key = tuple(_plain(value) for name, value in row.items() if name not in figures)
        assert key not in found, "a group comes twice"
        found[key] = tuple(_number(row[name]) for name in figures)
    return found


def _plain(value: Any) -> Any:
    """Days as days: PostgreSQL answers a truncated day with a moment."""
    return value.date() if isinstance(value, dt.datetime) else value


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


@pytest.fixture(scope="module")
def reference() -> Answers:
    with ENGINES["duckdb"](made(ROWS, SEED)) as ask:
        return answers(ask)


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest) -> Iterator[tuple[str, Answers]]:
    with ENGINES[request.param](made(ROWS, SEED)) as ask:
        yield request.param, answers(ask)


def test_the_generated_rows_give_every_indicator_a_figure(reference: Answers) -> None:
    empty = [name for name, rows in reference.items() if all(row[0] is None for row in rows.values())]
    assert empty == []


def test_the_engine_gives_the_figures_of_duckdb(reference: Answers, other: tuple[str, Answers]) -> None:
    _engine, found = other
    for name, rows in reference.items():
        assert found[name].keys() == rows.keys(), name
        for key, row in rows.items():
            assert found[name][key] == tuple(
                None if one is None else pytest.approx(one, rel=1e-11, abs=1e-12) for one in row
            ), (name, key)
