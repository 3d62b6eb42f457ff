"""Rates that go with a volume: handling seconds a contact, share abandoned, share of paid time away from contacts.

A rate is amount over volume, so its history is weighted by volume: a slot with three contacts at night must not set the
rate of a slot with three hundred. Each slot of each weekday is drawn towards the slot of its kind of day, that towards the
kind of day, that towards the whole, each by the volume behind it (empirical Bayes; Robbins 1956).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denghuo.engine.forecasting.series import Floats, Frame, Unfit

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class RateRules:
    """``half_life`` in days of the weight of the past; ``contacts`` of volume that one level's own rate needs to weigh
    as much as the level above; ``ceiling`` of the rate (1 for shares)."""

    half_life: float = 28.0
    contacts: float = 200.0
    ceiling: float = float("inf")


def rates(framed: Frame, amounts: Floats, ahead: int, rules: RateRules | None = None) -> Floats:
    """Rate (ahead x slots) of the days after the known ones.

    ``framed``: frame of the volume. ``amounts`` (known days x slots): seconds handled, contacts abandoned, minutes away,
    ``nan`` where unknown. Raises :class:`Unfit` ``no_history`` when there is no volume with an amount.
    """
    rules = rules or RateRules()
    use = framed.usable[: framed.known] & np.isfinite(amounts)
    age = np.arange(framed.known, 0, -1, dtype=np.float64)[:, None]
    weight = np.where(use, 0.5 ** (age / rules.half_life), 0.0)
    volume = weight * np.where(use, framed.counts[: framed.known], 0.0)
    amount = weight * np.where(use, amounts, 0.0)
    if volume.sum() <= 0:
        raise Unfit("no_history")
    whole = amount.sum() / volume.sum()
    weekday = framed.weekday[: framed.known]
    result = np.empty((ahead, framed.slots))
    for place in range(ahead):
        today = int(framed.weekday[framed.known + place])
        kind = (weekday >= SATURDAY) == (today >= SATURDAY)
        own = weekday == today
        of_kind = _drawn(amount[kind].sum(), volume[kind].sum(), np.asarray(whole), rules)
        of_slot = _drawn(amount[kind].sum(axis=0), volume[kind].sum(axis=0), of_kind, rules)
        result[place] = _drawn(amount[own].sum(axis=0), volume[own].sum(axis=0), of_slot, rules)
    return np.minimum(result, rules.ceiling)


def _drawn(amount: Floats, volume: Floats, above: Floats, rules: RateRules) -> Floats:
    return np.asarray((amount + rules.contacts * above) / (volume + rules.contacts))
