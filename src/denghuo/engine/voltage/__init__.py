"""Voltage at the meter against the standards, and what may be behind it. Pure numpy; no clock, no database.

Everything works on a grid of equal steps (:class:`Grid`): a slot without a measurement is NaN and stays unknown. Nothing
is interpolated: what is not measured neither counts as good nor as bad, and :func:`coverage` says how much was measured.
"""

from denghuo.engine.voltage.causes import AREA_CAUSES, Cause, Evidence, Findings, ranked_causes
from denghuo.engine.voltage.effect import effect_index
from denghuo.engine.voltage.limits import Limits, deviation, sum_of_deviations
from denghuo.engine.voltage.loading import Run, current_unbalance, load_runs
from denghuo.engine.voltage.quality import Episode, Quality, correlation, episodes, hours_of_day, quality
from denghuo.engine.voltage.series import Grid, coverage, on_grid
from denghuo.engine.voltage.unbalance import neutral_loss, phase_unbalance, sequence_unbalance

__all__ = [
    "AREA_CAUSES", "Cause", "Episode", "Evidence", "Findings", "Grid", "Limits", "Quality", "Run", "correlation",
    "coverage", "current_unbalance", "deviation", "effect_index", "episodes", "hours_of_day", "load_runs",
    "neutral_loss", "on_grid", "phase_unbalance", "quality", "ranked_causes", "sequence_unbalance", "sum_of_deviations",
]  # fmt: skip
