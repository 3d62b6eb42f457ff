"""Forecasts of arrivals at rolling origins, with the peers at the same origins in the same run.

Every origin sees a cut series: nothing at or after it, neither for fitting, choosing and weighing the models nor for the
ranges. Opening hours of the days ahead are given to all, because they are known; weather of the days ahead is given as it
came (a forecast of it was not published with the data). Errors are WAPE in per cent over open intervals.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import ROOT, emit, say
from benchmarks.forecast_series import coarser, cut, cut_drivers, made, read, step_of
from denghuo.engine.forecasting import (
    CalendarRules,
    Driver,
    Forecast,
    Job,
    Model,
    Series,
    Unfit,
    accuracy,
    forecast,
    forecast_many,
    frame,
    model_named,
    update,
)
from denghuo.engine.forecasting.boosting import Boosting

DATA = ROOT.parent / "shared" / "data" / "arrivals"
NONE = CalendarRules("")
PEERS = ("naive", "mean", "ets", "svd_ar", "boosting")
FILES = {
    "bank": ("bank_calls_5min.csv", 5, 30),
    "bank5": ("bank_calls_5min.csv", 5, 5),
    "anonymous": ("anonymous_bank_1999_6min.csv", 6, 30),
    "seattle": ("seattle_fire_911_hourly.csv", 60, 60),
}


@dataclass
class Tally:
    """Actual counts and forecasts, collected by what they are for."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, key: str, actual: Any, mean: Any, low: Any = None, high: Any = None) -> None:
        known = np.isfinite(actual)
        self.rows.setdefault(key, []).append(
            (actual[known], mean[known], None if low is None else low[known], None if high is None else high[known])
        )

    def figures(self) -> dict[str, float]:
        result: dict[str, float] = {}
        for key, found in self.rows.items():
            parts = [
                None if found[0][part] is None else np.concatenate([one[part] for one in found]) for part in range(4)
            ]
            score = accuracy(*parts)  # type: ignore[arg-type]
            result[f"{key}_wape"] = round(100 * score.wape, 2)
            if parts[2] is not None:
                result[f"{key}_coverage"] = round(100 * score.coverage, 1)
                result[f"{key}_actual_over_forecast"] = round(100 * score.ratio, 2)
        result["cpu_s_per_origin"] = round(self.seconds, 3)
        return result


@dataclass(frozen=True)
class Origin:
    """A cut series with what came after it: rows (open days) and their counts, ``nan`` where closed or unknown."""

    number: int
    past: Series
    drivers: tuple[Driver, ...]
    ahead: int
    opened: Any
    places: Any
    actual: Any


def main(argv: list[str]) -> None:
    """Options: ``--data`` folder, ``--csv`` file instead, ``--part``, ``--first`` open day, ``--every`` open days."""
    parser = argparse.ArgumentParser(prog="denghuo bench forecast")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--part", nargs="+", default=["bank", "bank5", "anonymous", "seattle", "many"])
    parser.add_argument("--peers", nargs="*", default=list(PEERS), help="also: lightgbm, tbats, lstm")
    parser.add_argument("--first", type=int, default=60, help="open days before the first origin")
    parser.add_argument("--every", type=int, default=1, help="open days between origins")
    parser.add_argument("--origins", type=int, default=40, help="origins at most for series longer than the bank's")
    parser.add_argument("--series", type=int, default=1300)
    options = parser.parse_args(argv)
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    for name, series, drivers in _series(options):
        figures[name], peers[name] = _measure(name, series, drivers, options)
        say(f"{name}: {figures[name]}")
        for peer, found in peers[name].items():
            say(f"    {peer}: {found}")
    if "many" in options.part and not options.csv:
        figures["many"] = _many(options.series)
        say(f"many: {figures['many']}")
    emit("forecast", figures, peers)


def _series(options: argparse.Namespace) -> Iterator[tuple[str, Series, tuple[Driver, ...]]]:
    if options.csv:
        series, drivers = read(options.csv, step_of(options.csv))
        yield options.csv.stem, series, drivers
        return
    for name in options.part:
        if name not in FILES:
            continue
        file, rows, interval = FILES[name]
        if not (options.data / file).exists():
            say(f"{name}: {options.data / file} 不存在，略过 · is not there, skipped")
            continue
        series, drivers = read(options.data / file, rows)
        yield name, coarser(series, interval) if interval != rows else series, drivers


def _origins(series: Series, drivers: tuple[Driver, ...], options: argparse.Namespace, long: bool) -> list[Origin]:
    """Origins of five open days ahead at most; long series are cut to the last 430 days before each origin."""
    framed = frame(series, 0, rules=NONE, detect=False)
    days = framed.open_rows(0, framed.known)
    numbers = list(range(options.first, len(days), options.every))
    if long:
        numbers = list(np.linspace(max(options.first, 200), len(days) - 5, options.origins).astype(int))
    keep = 430 if long else None
    found = []
    for number in numbers:
        row = int(days[number])
        rows = days[number : number + 5]
        ahead = int(rows[-1]) - row + 1
        actual = np.where(framed.open[rows], framed.counts[rows], np.nan)
        given = cut_drivers(drivers, framed.slots, row, ahead, keep)
        opened = framed.open[row : row + ahead]
        found.append(Origin(number, cut(series, row, keep), given, ahead, opened, rows - row, actual))
    return found


def _measure(
    name: str, series: Series, drivers: tuple[Driver, ...], options: argparse.Namespace
) -> tuple[dict[str, float], dict[str, Any]]:
    origins = _origins(series, drivers, options, name not in ("bank", "bank5"))
    ours = Tally()
    for origin in origins:
        began = time.process_time()
        made_now = forecast(origin.past, origin.ahead, drivers=origin.drivers, future_open=origin.opened, rules=NONE)
        ours.seconds += (time.process_time() - began) / len(origins)
        _score(ours, origin, made_now.mean, made_now)
        _score_update(ours, origin, made_now, series.interval)
        if origin.number >= options.first + 26 and name == "bank":
            ours.add("last40_day1", origin.actual[0], made_now.mean[0])
            noon = 13 * 60 // series.interval
            after = update(made_now, origin.actual[0][:noon])
            ours.add("last40_after13_updated", origin.actual[0][noon:], after.mean[0][noon:])
    if drivers:
        for origin in origins:
            bare = forecast(origin.past, origin.ahead, future_open=origin.opened, rules=NONE)
            _score(ours, origin, bare.mean, None, "no_weather_")
    found = {"origins": len(origins), **ours.figures()}
    return found, {peer: _peer(peer, origins) for peer in options.peers if _affordable(peer, name)}


def _affordable(peer: str, name: str) -> bool:
    return not (name == "bank5" and peer == "boosting")


def _score(tally: Tally, origin: Origin, mean: Any, made_now: Forecast | None = None, before: str = "") -> None:
    low, high = (made_now.low, made_now.high) if made_now is not None else (None, None)
    first, places = origin.places[0], origin.places
    tally.add(
        f"{before}day1",
        origin.actual[0],
        mean[first],
        None if low is None else low[first],
        None if high is None else high[first],
    )
    if len(places) == 5:
        tally.add(
            f"{before}days5",
            origin.actual,
            mean[places],
            None if low is None else low[places],
            None if high is None else high[places],
        )


def _score_update(tally: Tally, origin: Origin, made_now: Forecast, interval: int) -> None:
    noon = 13 * 60 // interval
    after = update(made_now, origin.actual[0][:noon])
    tally.add("after13_unchanged", origin.actual[0][noon:], made_now.mean[0][noon:])
    tally.add(
        "after13_updated", origin.actual[0][noon:], after.mean[0][noon:], after.low[0][noon:], after.high[0][noon:]
    )


def _peer(name: str, origins: list[Origin]) -> dict[str, Any]:
    tally = Tally()
    for origin in origins:
        began = time.process_time()
        framed = frame(origin.past, origin.ahead, drivers=origin.drivers, future_open=origin.opened, rules=NONE)
        rows = framed.known + origin.places
        try:
            guess = _model(name).fit(framed, framed.known).predict(rows)
        except Unfit as refused:
            return {"refused": refused.code}
        tally.seconds += (time.process_time() - began) / len(origins)
        mean = np.zeros((origin.ahead, framed.slots))
        mean[origin.places] = guess.mean
        _score(tally, origin, mean)
    return tally.figures()


def _model(name: str) -> Model:
    return Boosting(learner="lightgbm", name=name) if name == "lightgbm" else model_named(name)


def _many(number: int) -> dict[str, Any]:
    jobs = [Job(one.name, one, 7, rules=NONE) for one in made(number)]
    began, before = time.perf_counter(), _processor_seconds()
    done = sum(one.forecast is not None for one in forecast_many(jobs, 2))
    return {
        "series": number,
        "done": done,
        "wall_s_2_processes": round(time.perf_counter() - began, 1),
        "cpu_s": round(_processor_seconds() - before, 1),
    }


def _processor_seconds() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)
