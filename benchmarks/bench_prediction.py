"""Predicted times on real outages: coverage, width and pinball loss of unseen cases against plain rivals.

Data: a table of real outages with place, cause and times of interruption and restoration (columns ``regionName``,
``cause``, ``dateOff``, ``dateOn``, ``estDateOn``, ``numCustomersOut``; CSV, may be gzipped), named by ``--outages`` or
the variable ``DENGHUO_OUTAGES``. It knows one duration, from interruption to restoration, so it measures the whole with
one stage. Planned work is left out: its end is on a timetable. Tested walking forward: each of the last ``--folds``
periods is predicted from everything that had begun before it; what was still open then enters as open. Load is counted
at the time (outages open in the region). The cause is that of the last report, known only later, so figures are given
without it first (what can be told at the beginning) and with it (when it has been found).

Without a file a made world of three correlated stages is measured instead, and says so. The rivals, in the same run:
the quantiles of all past cases; those of the same cell (region and cause, wider while under ten cases); LightGBM quantile
regression where it is installed.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import importlib.util
import os
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import emit, say
from denghuo.engine.prediction import GRID, Model, Row, Scored, calibration, fit, predict, rivals, score

# Not the month: ten months of data hold each at most once, so the months to come are always unseen.
BLIND = ("region", "hour", "load", "size", "days")
SEEING = ("cause", "region", "hour", "load", "size", "days")
VARIABLE = "DENGHUO_OUTAGES"


def main(argv: list[str]) -> None:
    """Options: ``--outages FILE``, ``--folds`` (4), ``--share`` of the cases in the folds (0.4)."""
    parser = argparse.ArgumentParser(prog="denghuo bench prediction")
    parser.add_argument("--outages", default=os.environ.get(VARIABLE, ""))
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--share", type=float, default=0.4)
    options = parser.parse_args(argv)
    if options.outages and Path(options.outages).exists():
        cases, source = outages(Path(options.outages)), "real outages"
    else:
        say(f"no file of outages (--outages or {VARIABLE}): a made world is measured")
        cases, source = [], "made world"
    figures: dict[str, Any] = {"source": source}
    peer: dict[str, Any] = {}
    if cases:
        for name, factors, cell in (("at_once", BLIND, ("region",)), ("cause_known", SEEING, ("region", "cause"))):
            ours, theirs = measured(cases, factors, cell, options.folds, options.share)
            figures[name], peer[name] = ours, theirs
    else:
        figures["made"], peer["made"] = made_world()
    figures |= speed(cases)
    emit("prediction", figures, peer)


def outages(path: Path) -> list[dict[str, Any]]:
    """Unplanned outages, oldest first, with minutes from interruption to restoration."""
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["dateOff"] and row["dateOn"]]
    found = []
    for row in rows:
        begins, ends = dt.datetime.fromisoformat(row["dateOff"]), dt.datetime.fromisoformat(row["dateOn"])
        if "Planned" in row["cause"] or ends <= begins:
            continue
        told = row.get("estDateOn") or ""
        found.append(
            {
                "at": begins,
                "minutes": (ends - begins).total_seconds() / 60,
                "region": row["regionName"],
                "cause": row["cause"],
                "customers": float(row["numCustomersOut"] or 0),
                "told": (dt.datetime.fromisoformat(told) - begins).total_seconds() / 60 if told else None,
            }
        )
    found.sort(key=lambda item: item["at"])
    _loads(found)
    return found


def _loads(cases: Sequence[dict[str, Any]]) -> None:
    """Outages open in the region when each began."""
    live: dict[str, list[dt.datetime]] = {}
    for case in cases:
        open_now = [end for end in live.get(case["region"], []) if end > case["at"]]
        case["open"] = len(open_now)
        live[case["region"]] = [*open_now, case["at"] + dt.timedelta(minutes=case["minutes"])]


def row_of(case: dict[str, Any], factors: Sequence[str], seen_at: dt.datetime | None = None) -> Row:
    """The case as it stood at ``seen_at`` (None: as it ended)."""
    local = case["at"] - dt.timedelta(hours=8)
    levels = {
        "region": case["region"],
        "cause": case["cause"],
        "hour": str(local.hour // 4),
        "days": "weekend" if local.weekday() >= 5 else "weekday",
        "load": str(int(np.searchsorted([1, 2, 4, 8, 16, 32, 64], case["open"], side="right"))),
        "size": str(int(np.searchsorted([2, 6, 20, 100, 500, 2000], case["customers"], side="right"))),
    }
    at = (case["at"] - dt.datetime(2020, 1, 1, tzinfo=dt.UTC)).total_seconds() / 86400
    picked = tuple(levels[name] for name in factors)
    if seen_at is not None and case["at"] + dt.timedelta(minutes=case["minutes"]) > seen_at:
        return Row(at, picked, (), (seen_at - case["at"]).total_seconds() / 60)
    return Row(at, picked, (case["minutes"],))


def measured(
    cases: Sequence[dict[str, Any]], factors: Sequence[str], cell: Sequence[str], folds: int, share: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Walk forward over the last ``share`` of the cases in ``folds`` steps; figures of ours and of the rivals."""
    first = int(len(cases) * (1 - share))
    edges = np.linspace(first, len(cases), folds + 1).astype(int)
    sets: dict[str, list[Scored]] = {}
    spent = 0.0
    for start, end in pairwise(edges):
        seen_at = cases[start]["at"]
        past = [row_of(case, factors, seen_at) for case in cases[:start]]
        ahead = [row_of(case, factors) for case in cases[start:end]]
        begun = time.process_time()
        model = fit(past, stages=("whole",), factors=factors)
        spent += time.process_time() - begun
        sets.setdefault("ours", []).extend(score(model, ahead, 0, 0))
        places = [list(factors).index(name) for name in cell]
        for name, rows in rivals(past, ahead, 0, 0, places).items():
            sets.setdefault(name, []).extend(rows)
        if importlib.util.find_spec("lightgbm"):
            sets.setdefault("lightgbm", []).extend(boosted(past, ahead))
    shown = {name: _shown(rows) for name, rows in sets.items()}
    for name, row in shown.items():
        say(f"{'+'.join(factors):50s} {name:10s} {row}")
    ours = shown.pop("ours") | {"fit_seconds_mean": round(spent / folds, 2)}
    told = [(case["told"], case["minutes"]) for case in cases[first:] if case["told"] is not None]
    if told:
        error = np.abs([a - b for a, b in told])
        shown["last_estimate_of_the_utility"] = {"n": len(told), "median_error_min": round(float(np.median(error)), 1)}
    return ours, shown


def _shown(rows: Sequence[Scored]) -> dict[str, float]:
    found = calibration(rows).whole
    assert found is not None
    return {
        "n": found.n,
        "coverage": round(found.coverage, 3),
        "coverage_margin": round(found.margin, 3),
        "pinball_min": round(found.pinball, 2),
        "width_min": round(found.width, 1),
        "median_error_min": round(found.median_error, 1),
    }


def boosted(past: Sequence[Row], ahead: Sequence[Row]) -> list[Scored]:
    """LightGBM quantile regression of log minutes on the same factors, finished cases only."""
    import lightgbm

    words = [sorted({row.levels[f] for row in [*past, *ahead]}) for f in range(len(past[0].levels))]

    def coded(rows: Sequence[Row]) -> Any:
        return np.array([[words[f].index(level) for f, level in enumerate(row.levels)] for row in rows])

    done = [row for row in past if row.durations]
    y = np.log([row.durations[0] for row in done])
    grid = np.zeros((len(ahead), len(GRID)))
    for place, p in enumerate(GRID):
        learner = lightgbm.LGBMRegressor(objective="quantile", alpha=p, n_estimators=150, num_threads=1, verbose=-1)
        learner.fit(coded(done), y, categorical_feature=list(range(len(words))))
        grid[:, place] = np.exp(learner.predict(coded(ahead)))
    grid = np.maximum.accumulate(grid, axis=1)
    return [Scored(tuple(told), row.durations[0], {}) for told, row in zip(grid, ahead, strict=True)]


def made_world(n: int = 6000) -> tuple[dict[str, Any], dict[str, Any]]:
    """Three correlated log-normal stages by class and area with thin cells; the last third is unseen."""
    rng = np.random.default_rng(1)
    kinds, areas = rng.normal(0, 0.5, 20), rng.normal(0, 0.4, 10)
    ties = np.linalg.cholesky([[1, 0.3, 0.1], [0.3, 1, 0.4], [0.1, 0.4, 1]])
    rows = []
    for number in range(n):
        k, a = int(rng.integers(20)), int(rng.integers(10))
        z = ties @ rng.normal(size=3)
        centre = (1.5, 3.2 + areas[a], 3.9 + kinds[k])
        lengths = tuple(float(np.exp(m + s * e)) for m, s, e in zip(centre, (0.5, 0.4, 0.6), z, strict=True))
        rows.append(Row(float(number), (f"k{k}", f"a{a}"), lengths))
    past, ahead = rows[: 2 * n // 3], rows[2 * n // 3 :]
    model = fit(past, stages=("accept", "arrive", "restore"), factors=("class", "area"))
    ours = _shown(score(model, ahead, 0, 2))
    theirs = {name: _shown(found) for name, found in rivals(past, ahead, 0, 2, (0, 1)).items()}
    say(f"made world: ours {ours}, rivals {theirs}")
    return ours, theirs


def speed(cases: Sequence[dict[str, Any]]) -> dict[str, float]:
    """One prediction of three stages, in milliseconds of processor time."""
    rng = np.random.default_rng(2)
    rows = [Row(float(i), (f"k{i % 9}",), tuple(float(x) for x in np.exp(rng.normal(3, 0.5, 3)))) for i in range(2000)]
    begun = time.process_time()
    model: Model = fit(rows, stages=("a", "b", "c"), factors=("kind",))
    fitted = time.process_time() - begun
    begun = time.process_time()
    for number in range(200):
        predict(model, (f"k{number % 9}",), known=(4.0,), elapsed=float(number))
    return {
        "cases": len(cases),
        "fit_2000_cases_s": round(fitted, 3),
        "predict_ms": round((time.process_time() - begun) / 200 * 1000, 3),
    }
