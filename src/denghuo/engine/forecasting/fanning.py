"""Many series on several processes, and one function of plain columns for engines that fan out themselves.

Processes are spawned, not forked, so the caller may hold threads and connections. Each works with one thread of linear
algebra: series are independent, and more threads on matrices of this size only burn time.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context

import numpy as np

from denghuo.engine.forecasting.forecasting import Forecast, forecast
from denghuo.engine.forecasting.selecting import Plan
from denghuo.engine.forecasting.series import Bools, CalendarRules, Driver, Series, Unfit, from_rows


@dataclass(frozen=True)
class Job:
    """One series to forecast; ``key`` comes back with the result. The other fields are those of :func:`forecast`."""

    key: str
    series: Series
    ahead: int = 7
    drivers: tuple[Driver, ...] = ()
    future_open: Bools | None = None
    rules: CalendarRules | None = None
    plan: Plan | None = None
    level: float = 0.9


@dataclass(frozen=True)
class Done:
    """Result of a job: the forecast, or in ``refused`` the code why there is none."""

    key: str
    forecast: Forecast | None
    refused: str = ""


def run(job: Job) -> Done:
    """One job in this process."""
    try:
        made = forecast(
            job.series,
            job.ahead,
            drivers=job.drivers,
            future_open=job.future_open,
            rules=job.rules,
            plan=job.plan,
            level=job.level,
        )
    except Unfit as error:
        return Done(job.key, None, error.code)
    return Done(job.key, made)


def _run_all(jobs: Sequence[Job]) -> list[Done]:
    return [run(job) for job in jobs]


def _one_thread() -> None:
    import_module("threadpoolctl").threadpool_limits(1)


def forecast_many(
    jobs: Sequence[Job],
    processes: int = 2,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: threading.Event | None = None,
    batch: int = 8,
) -> Iterator[Done]:
    """Results in the order in which they are finished.

    ``progress`` hears (done, all) after each batch. When ``cancel`` is set, batches not yet begun are dropped and the
    iterator ends. One process runs in the caller's own.
    """
    batches = [jobs[start : start + batch] for start in range(0, len(jobs), batch)]
    finished = 0
    if processes <= 1:
        for chunk in batches:
            if cancel is not None and cancel.is_set():
                return
            yield from _run_all(chunk)
            finished += len(chunk)
            if progress is not None:
                progress(finished, len(jobs))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        pending: set[Future[list[Done]]] = {pool.submit(_run_all, chunk) for chunk in batches}
        while pending:
            ready, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in ready:
                found = future.result()
                yield from found
                finished += len(found)
                if progress is not None:
                    progress(finished, len(jobs))
            if cancel is not None and cancel.is_set():
                pool.shutdown(wait=True, cancel_futures=True)
                return


def forecast_columns(
    times: Sequence[dt.datetime], counts: Sequence[float], interval: int, ahead: int = 7, *, country: str = "CN"
) -> Mapping[str, list[object]]:
    """Columns ``time``, ``mean``, ``low``, ``high`` of the open intervals ahead, from columns of one series.

    Takes and gives plain columns, so a grouped map of a distributed engine (``applyInPandas``) can call it on each group.
    """
    series = from_rows(zip(times, counts, strict=True), interval)
    made = forecast(series, ahead, rules=CalendarRules(country))
    cells = np.argwhere(made.open)
    start = dt.datetime.combine(made.first, dt.time())
    step = dt.timedelta(minutes=interval)
    return {
        "time": [start + dt.timedelta(days=int(row)) + int(slot) * step for row, slot in cells],
        "mean": [float(made.mean[row, slot]) for row, slot in cells],
        "low": [float(made.low[row, slot]) for row, slot in cells],
        "high": [float(made.high[row, slot]) for row, slot in cells],
    }
