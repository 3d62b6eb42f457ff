"""When supply will be back: from the outages of the past, with an interval, corrected by what the crew reports.

Three stages tied to each other: until a crew is there, until the fault is found, until supply is back. What is finished
is known, the stage under way is at least as long as it has lasted; a crew's own estimate replaces the model once given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from denghuo.engine.outage.types import DeviceKind
from denghuo.engine.prediction import Model, Row, Unfit, fit, predict

STAGES = ("come", "find", "mend")
FACTORS = ("kind", "cause", "hour", "load", "weather")
#: what can be learned, by what was recorded: each shape names the stages it tells apart, the finest first
SHAPES = (STAGES, ("come", "mend"), ("whole",))
UNKNOWN = "unknown"
HOURS = 4  # length of a part of the day
LOADS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Past:
    """A finished outage. ``at``: days on any clock; minutes of the three stages; what was open in the area with it."""

    at: float
    kind: DeviceKind
    cause: str
    hour: int
    open_here: int
    come: float
    find: float
    mend: float
    weather: str = UNKNOWN


@dataclass(frozen=True)
class Course:
    """A finished outage of which not every stage was recorded: minutes from its beginning, None what nobody wrote down."""

    at: float
    kind: DeviceKind
    cause: str
    hour: int
    open_here: int
    whole: float
    arrived: float | None = None
    found: float | None = None
    weather: str = UNKNOWN

    def stages(self, shape: Sequence[str]) -> tuple[float, ...]:
        """Minutes of the stages of a shape; empty when one of them is not on record or they do not follow each other."""
        if shape == SHAPES[2]:
            return (self.whole,)
        arrived, found = self.arrived, self.found
        if arrived is None or not 0 <= arrived <= self.whole:
            return ()
        if shape == SHAPES[1]:
            return (arrived, self.whole - arrived)
        if found is None or not arrived <= found <= self.whole:
            return ()
        return (arrived, found - arrived, self.whole - found)


@dataclass(frozen=True)
class Report:
    """What is known of an outage now: minutes of the stages finished so far, and of the one under way.

    ``told``: minutes still needed as the crew said ``told_ago`` minutes ago, None when it has not.
    """

    kind: DeviceKind
    hour: int
    open_here: int = 0
    cause: str = UNKNOWN
    finished: tuple[float, ...] = ()
    elapsed: float = 0.0
    told: float | None = None
    told_ago: float = 0.0
    weather: str = UNKNOWN


@dataclass(frozen=True)
class Estimate:
    """Minutes from now until supply is back. ``alike``: past cases it rests on, 0 when nothing was learned."""

    low: float
    middle: float
    high: float
    alike: int
    by_crew: bool = False


@dataclass(frozen=True)
class Slips:
    """How crews' own estimates came out: quantiles of true by told minutes, lower, middle and upper."""

    low: float = 0.7
    middle: float = 1.1
    high: float = 2.0
    cases: int = 0


def levels(kind: DeviceKind, cause: str, hour: int, open_here: int, weather: str = UNKNOWN) -> tuple[str, ...]:
    """Factor levels of a case, in the order of FACTORS."""
    load = int(np.searchsorted(LOADS, open_here, side="right"))
    return (kind.value, cause or UNKNOWN, str(hour // HOURS), str(load), weather or UNKNOWN)


def learn(past: Sequence[Past]) -> Model:
    """The model of these outages. Raises :class:`denghuo.engine.prediction.Unfit` below thirty finished ones."""
    rows = [Row(p.at, levels(p.kind, p.cause, p.hour, p.open_here, p.weather), (p.come, p.find, p.mend)) for p in past]
    return fit(rows, stages=STAGES, factors=FACTORS, alike=("kind", "cause"))


def learn_courses(past: Sequence[Course]) -> Model:
    """The model of these outages in the finest shape that enough of them were recorded in.

    A utility that writes down only begin and end learns from those; one whose crews report learns the stages apart, and
    its estimates follow the crew. Raises :class:`denghuo.engine.prediction.Unfit` when there are too few even for that.
    """
    for shape in SHAPES:
        rows = [
            Row(one.at, levels(one.kind, one.cause, one.hour, one.open_here, one.weather), stages)
            for one in past
            if (stages := one.stages(shape))
        ]
        try:
            return fit(rows, stages=shape, factors=FACTORS, alike=("kind", "cause"))
        except Unfit as error:
            refused = error
    raise refused


def stage_of(
    model: Model | None, since: float, arrived: float | None, found: float | None
) -> tuple[str, tuple[float, ...], float]:
    """Where an outage stands in the stages of a model: the stage under way, minutes of those finished, minutes in this one.

    ``since``: minutes since it began; ``arrived`` and ``found``: minutes from its beginning, None while it is not so.
    """
    shape = model.stages if model is not None else STAGES
    marks: list[float] = []
    if arrived is not None and len(shape) > 1:
        marks.append(max(arrived, 0.0))
        if found is not None and len(shape) > 2:
            marks.append(max(found, arrived, 0.0))
    finished = tuple(after - before for before, after in zip([0.0, *marks], marks, strict=False))
    return shape[len(marks)], finished, max(since - (marks[-1] if marks else 0.0), 0.0)


def slips(told_and_true: Sequence[tuple[float, float]], coverage: float = 0.8, fewest: int = 20) -> Slips:
    """How far crews' estimates are off, from (minutes told, minutes it took); the usual slip below ``fewest`` cases."""
    ratios = [true / told for told, true in told_and_true if told > 0]
    if len(ratios) < fewest:
        return Slips(cases=len(ratios))
    tail = (1.0 - coverage) / 2
    low, middle, high = (float(q) for q in np.quantile(ratios, [tail, 0.5, 1.0 - tail]))
    return Slips(low, middle, high, len(ratios))


def estimate(
    model: Model | None,
    report: Report,
    usual: tuple[float, float, float] = (45.0, 120.0, 300.0),
    off: Slips | None = None,
    coverage: float = 0.8,
) -> Estimate:
    """Minutes from now until supply is back, in an interval that holds it ``coverage`` of the time.

    ``usual``: total minutes from the beginning told while nothing could be learned (``alike`` is then 0). What has
    passed already is taken off, and an outage that has outlasted its interval is told as soon over, never as over.
    """
    if report.told is not None:
        off = off or Slips()
        return _crew(report, off)
    if model is None:
        spent = sum(report.finished) + report.elapsed
        low, middle, high = (max(total - spent, least) for total, least in zip(usual, (5.0, 15.0, 45.0), strict=True))
        return Estimate(low, middle, high, 0)
    here = levels(report.kind, report.cause, report.hour, report.open_here, report.weather)
    found = predict(model, here, known=report.finished, elapsed=report.elapsed, coverage=coverage)
    whole = found.total
    return Estimate(
        max(whole.low - report.elapsed, 1.0),
        max(whole.median - report.elapsed, 2.0),
        max(whole.high - report.elapsed, 5.0),
        found.alike,
    )


def _crew(report: Report, off: Slips) -> Estimate:
    assert report.told is not None
    low, middle, high = (max(report.told * ratio - report.told_ago, 0.0) for ratio in (off.low, off.middle, off.high))
    return Estimate(max(low, 1.0), max(middle, 2.0), max(high, 5.0), off.cases, by_crew=True)
