"""A day's customers and absences, drawn so that two centres with the same seed meet the same people.

Every purpose of every queue has a generator of its own, keyed by (seed, day, queue, purpose): the n-th customer brings the
same work and patience whatever else was changed (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.simulation.model import Centre, Floats, Group, Queue, Spread, Times

ARRIVAL, HANDLING, PATIENCE, CONTAINED, RETRY, DELAY, ACCEPT, FLICKER, ABSENT, BUSYNESS, WORK = range(11)
CENTRE_WIDE: Final = 1 << 20


def dice(seed: int, day: int, who: int, purpose: int) -> np.random.Generator:
    """The generator for one purpose."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, day, who, purpose))))


@dataclass(frozen=True)
class Customers:
    """Contacts that reach the queues, in order of arrival; ``contained`` (queues, intervals): those that do not."""

    came: Floats
    queue: NDArray[np.int32]
    service: Floats
    patience: Floats
    tries: NDArray[np.int32]
    delay: Floats
    accepts: NDArray[np.bool_]
    contained: Floats


def busyness(centre: Centre, seed: int, day: int) -> float:
    """The day's factor on all contacts."""
    return float(_gamma(dice(seed, day, CENTRE_WIDE, BUSYNESS), centre.busyness, 1)[0])


def _gamma(rng: np.random.Generator, cv: float, size: int) -> Floats:
    if cv <= 0.0:
        return np.ones(size)
    shape = 1.0 / (cv * cv)
    return rng.gamma(shape, 1.0 / shape, size)


def times(rng: np.random.Generator, wanted: Times, size: int) -> Floats:
    """``size`` times of a distribution."""
    if math.isinf(wanted.mean):
        return np.full(size, np.inf)
    if wanted.spread is Spread.EXPONENTIAL:
        return wanted.mean * rng.standard_exponential(size)
    if wanted.spread is Spread.LOGNORMAL:
        width = math.sqrt(math.log1p(wanted.cv**2))
        return wanted.mean * np.exp(width * rng.standard_normal(size) - 0.5 * width * width)
    sample = np.asarray(wanted.sample)
    return sample[(rng.random(size) * len(sample)).astype(np.int64)]


def arrivals(rng: np.random.Generator, expected: Floats, interval: float) -> Floats:
    """Moments of a Poisson process with these expected numbers by interval, in order."""
    mass = np.concatenate(([0.0], np.cumsum(expected)))
    total = float(mass[-1])
    size = int(total + 6.0 * math.sqrt(total) + 16.0)
    gaps = np.cumsum(rng.standard_exponential(size))
    while gaps[-1] < total:
        gaps = np.concatenate((gaps, gaps[-1] + np.cumsum(rng.standard_exponential(size))))
    gaps = gaps[: int(np.searchsorted(gaps, total))]
    at = np.searchsorted(mass, gaps, side="right") - 1
    return (at + (gaps - mass[at]) / expected[at]) * interval


def customers(centre: Centre, seed: int, day: int) -> Customers:
    """All contacts of a day."""
    factor = busyness(centre, seed, day)
    parts = [_of_queue(centre, q, factor, seed, day) for q in range(len(centre.queues))]
    contained = np.stack([part[-1] for part in parts])
    if len(parts) == 1:
        return together(parts[0][:-1], contained)
    joined: list[Any] = [np.concatenate([part[n] for part in parts]) for n in range(7)]
    order = np.argsort(joined[0], kind="stable")
    return together([column[order] for column in joined], contained)


def together(columns: Sequence[Any], contained: Floats) -> Customers:
    """The seven columns of :class:`Customers` in its order, and those contained."""
    came, queue, service, patience, tries, delay, accepts = columns
    return Customers(came, queue, service, patience, tries, delay, accepts, contained)


def _of_queue(centre: Centre, q: int, factor: float, seed: int, day: int) -> tuple[Any, ...]:
    queue: Queue = centre.queues[q]
    expected = factor * np.asarray(queue.contacts) * (np.asarray(queue.surge) if queue.surge else 1.0)
    expected = expected * _gamma(dice(seed, day, q, FLICKER), queue.flicker, len(expected))
    came = arrivals(dice(seed, day, q, ARRIVAL), expected, centre.interval)
    size = len(came)
    service = times(dice(seed, day, q, HANDLING), queue.handling, size)
    patience = times(dice(seed, day, q, PATIENCE), queue.patience, size)
    tries, delay, accepts = np.zeros(size, np.int32), np.zeros(size), np.zeros(size, np.bool_)
    if queue.retry > 0.0:
        tries = (dice(seed, day, q, RETRY).geometric(1.0 - queue.retry, size) - 1).astype(np.int32)
        delay = queue.retry_after * dice(seed, day, q, DELAY).standard_exponential(size)
    if queue.callback_accepted > 0.0 and math.isfinite(queue.callback_after):
        accepts = dice(seed, day, q, ACCEPT).random(size) < queue.callback_accepted
    contained = np.zeros(len(expected))
    if queue.contained > 0.0:
        stays = dice(seed, day, q, CONTAINED).random(size) >= queue.contained
        at = (came[~stays] / centre.interval).astype(np.int64)
        contained = np.bincount(at, minlength=len(expected)).astype(np.float64)
        came, service, patience = came[stays], service[stays], patience[stays]
        tries, delay, accepts = tries[stays], delay[stays], accepts[stays]
    return came, np.full(len(came), q, np.int32), service, patience, tries, delay, accepts, contained


def at_work(group: Group, g: int, seed: int, day: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """((persons, intervals) who is there, (intervals,) how many), after absences and breaks.

    The first ``heads`` persons are planned; breaks fall to the last of those who came.
    """
    heads = np.asarray(group.heads)
    most = int(heads.max())
    came = np.ones(most, np.bool_)
    if group.absence > 0.0:
        came = dice(seed, day, g, ABSENT).random(most) >= group.absence
    present = (np.arange(most)[:, None] < heads[None, :]) & came[:, None]
    if group.breaks:
        wanted = np.maximum(0, present.sum(axis=0) - np.asarray(group.breaks))
        present &= np.cumsum(present, axis=0) <= wanted[None, :]
    return present, present.sum(axis=0)
