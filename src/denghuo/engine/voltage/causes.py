"""What is probably behind it: our own rules over what was measured, each with its figures and a confidence.

No standard ranks causes. The rules say what speaks for a cause; the confidence is a mark between 0 and 1 to order them
by, scaled down where little was measured, and no probability. People decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from denghuo.engine.voltage.limits import Limits
from denghuo.engine.voltage.quality import correlation, is_dead, lowest_of
from denghuo.engine.voltage.series import Bools, Floats, any_of, coverage
from denghuo.engine.voltage.unbalance import neutral_loss

#: causes that lie with the whole transformer area and not with one household
AREA_CAUSES = frozenset({"neutral", "outage", "overload", "unbalance", "supply_low", "supply_high", "photovoltaic"})
NIGHT, DAY = frozenset({22, 23, 0, 1, 2, 3, 4, 5}), frozenset(range(9, 16))


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a cause: a code for the words, and the figures in them."""

    code: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Cause:
    code: str
    confidence: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules look at. ``own`` (slots, phases); ``near`` (slots, phases of all neighbours side by side, may have no
    columns); ``share`` load over capacity and ``uneven`` current unbalance in percent, by slot; ``hours`` local hour of
    each slot; ``outages`` how many recorded outages fall into the window. ``rules`` are the thresholds: heavy, uneven
    (percent), link (|r|), drop (percent of nominal), always, near (shares), neutral_slots, enough (coverage)."""

    own: Floats
    near: Floats
    limits: Limits
    dead: float
    share: Floats
    uneven: Floats
    hours: Sequence[int]
    rules: Mapping[str, float]
    confidence: Mapping[str, float]
    outages: int = 0
    _held: dict[str, Bools] = field(default_factory=dict, compare=False)

    def mask(self, name: str) -> Bools:
        """Slots where the household was low, high or dead, or any neighbour low or high."""
        if name not in self._held:
            volts = self.near if name.startswith("near_") else self.own
            off = is_dead(volts, self.limits, self.dead)
            kind = name.removeprefix("near_")
            found = off if kind == "dead" else self.limits.below(volts) & ~off
            self._held[name] = any_of(self.limits.above(volts) if kind == "high" else found)
        return self._held[name]

    @property
    def near_known(self) -> Bools:
        return any_of(~np.isnan(self.near))

    @property
    def r(self) -> float | None:
        return correlation(self.own, self.share, self.limits, self.dead)


def ranked_causes(found: Findings) -> list[Cause]:
    """Causes with anything speaking for them, the likeliest first. Without any: ``none`` when enough was measured, else
    ``unknown``."""
    measured = coverage(found.own)
    scale = 0.5 + 0.5 * min(1.0, measured / found.rules["enough"])
    causes = []
    for code, rule in RULES.items():
        told = rule(found)
        if told is not None:
            extra, evidence = told
            mark = min(0.95, (found.confidence[code] + extra) * scale)
            causes.append(Cause(code, round(mark, 2), tuple(evidence)))
    if not causes:
        troubled = any(found.mask(name).any() for name in ("low", "high", "dead"))
        code = "unknown" if troubled or measured < found.rules["enough"] else "none"
        figures = Evidence(code, {"coverage": measured * 100})
        return [Cause(code, round(found.confidence[code] * scale, 2), (figures,))]
    return sorted(causes, key=lambda one: (-one.confidence, one.code))


Told = tuple[float, list[Evidence]] | None


def _mean(values: Floats | Bools, where: Bools) -> float | None:
    """The mean over known values; None where there is none."""
    here = where & ~np.isnan(values.astype(float))
    return float(values[here].mean()) if here.any() else None


def _neutral(found: Findings) -> Told:
    slots = int(neutral_loss(np.hstack([found.own, found.near]), found.limits, found.dead).sum())
    if slots < found.rules["neutral_slots"] or not (found.mask("low").any() or found.mask("high").any()):
        return None
    return 0.25 * min(1.0, slots / 8), [Evidence("neutral", {"slots": slots})]


def _outage(found: Findings) -> Told:
    slots = int(found.mask("dead").sum())
    if not slots:
        return None
    known = Evidence("outage_known", {"n": found.outages}) if found.outages else Evidence("outage_unknown", {})
    return (0.3 if found.outages else 0.0), [Evidence("dead", {"slots": slots}), known]


def _overload(found: Findings) -> Told:
    low = found.mask("low")
    known = low & ~np.isnan(found.share)
    if not known.any():
        return None
    overlap = float((found.share[known] >= found.rules["heavy"]).mean())
    if overlap < found.rules["near"]:
        return None
    r = found.r
    told = [
        Evidence("heavy_when_low", {"percent": overlap * 100, "peak": float(found.share[known].max()) * 100}),
        *([Evidence("linked", {"r": r})] if r is not None and r <= -found.rules["link"] else []),
    ]
    return 0.3 * overlap + 0.25 * max(0.0, -(r or 0.0)), told


def _unbalance(found: Findings) -> Told:
    low = found.mask("low")
    known = low & ~np.isnan(found.uneven)
    if not known.any():
        return None
    often = float((found.uneven[known] > found.rules["uneven"]).mean())
    if often < found.rules["always"]:
        return None
    told = [Evidence("uneven_when_low", {"percent": often * 100, "mean": float(found.uneven[known].mean())})]
    excess = float(found.uneven[known].mean()) / found.rules["uneven"] - 1
    return 0.2 * often + 0.25 * min(1.0, excess / 2), told


def _line_end(found: Findings) -> Told:
    low = found.mask("low") & found.near_known
    r = found.r
    if not low.any() or r is None or r > -found.rules["link"]:
        return None
    own = lowest_of(found.own, found.limits, found.dead)[low]
    near = np.nanmedian(found.near[low], axis=1)
    gap = float(np.nanmedian(near - own))
    if gap < found.limits.nominal * found.rules["drop"] / 100:
        return None
    told = [Evidence("below_neighbours", {"volts": gap}), Evidence("linked", {"r": r})]
    # Where the transformer itself is in trouble, that alone may explain it.
    other = 0.2 if _overload(found) or _unbalance(found) else 0.0
    return 0.3 * min(1.0, gap / (found.limits.nominal * 0.08)) + 0.2 * -r - other, told


def _service_line(found: Findings) -> Told:
    low = found.mask("low")
    alone = _mean(~found.mask("near_low"), low & found.near_known)
    r = found.r
    if alone is None or alone < found.rules["always"] or (r is not None and r <= -found.rules["link"]):
        return None
    return 0.2 * alone, [Evidence("alone", {"percent": alone * 100})]


def _supply_low(found: Findings) -> Told:
    measured = ~np.isnan(found.own).all(axis=1)
    low = found.mask("low")
    always = float(low[measured].mean()) if measured.any() else 0.0
    together = _mean(found.mask("near_low"), low & found.near_known)
    if always < found.rules["always"] or (together is not None and together < found.rules["always"]):
        return None
    told = [Evidence("low_all_day", {"percent": always * 100})]
    if together is not None:
        told.append(Evidence("together", {"percent": together * 100}))
    return 0.2 * always + (0.15 if together is not None else 0.0), told


def _high_in(found: Findings, hours: frozenset[int], code: str) -> Told:
    high = found.mask("high")
    if not high.any():
        return None
    inside = float(np.isin(np.asarray(found.hours)[high], list(hours)).mean())
    if inside < found.rules["always"]:
        return None
    told = [Evidence(code, {"percent": inside * 100, "slots": int(high.sum())})]
    together = _mean(found.mask("near_high"), high & found.near_known)
    if together is not None and together >= found.rules["near"]:
        told.append(Evidence("together_high", {"percent": together * 100}))
    return 0.25 * inside + (0.15 if len(told) > 1 else 0.0), told


RULES: dict[str, Callable[[Findings], Told]] = {
    "neutral": _neutral,
    "outage": _outage,
    "overload": _overload,
    "unbalance": _unbalance,
    "line_end": _line_end,
    "service_line": _service_line,
    "supply_low": _supply_low,
    "supply_high": lambda found: _high_in(found, NIGHT, "high_at_night"),
    "photovoltaic": lambda found: _high_in(found, DAY, "high_at_noon"),
}
