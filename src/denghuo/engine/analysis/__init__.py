"""Structured analysis: from a figure off its target to causes with evidence.

What moves with it (:func:`correlations`, :func:`regression`, :func:`shares`), what makes most of it (:func:`pareto`), how much it
swings (:func:`fluctuation`), which points are more than noise (:func:`individuals`, :func:`proportions`), when it moved
(:func:`levels`), its season (:func:`seasonal`), who is out of line (:func:`funnel`), better or only other cases (:func:`shift`),
where a target may lie (:func:`inflection`), and whether a measure helped (:func:`interrupted`, differences).
Why these: ``docs/explanation/analysis.md``.
"""

from denghuo.engine.analysis.changes import Level, levels
from denghuo.engine.analysis.control import Chart, Signal, false_alarms, individuals, proportions
from denghuo.engine.analysis.drivers import (
    Coefficient,
    Correlation,
    Regression,
    benjamini_hochberg,
    correlations,
    fisher,
    regression,
    shares,
)
from denghuo.engine.analysis.effects import (
    Interrupted,
    difference_of_means,
    difference_of_shares,
    interrupted,
    wilson,
)
from denghuo.engine.analysis.inflection import Inflection, inflection
from denghuo.engine.analysis.mixing import Part, shift
from denghuo.engine.analysis.model import Interval, Unfit
from denghuo.engine.analysis.pareto import Cause, pareto
from denghuo.engine.analysis.peers import Peer, funnel
from denghuo.engine.analysis.seasons import Parts, seasonal
from denghuo.engine.analysis.steadiness import fluctuation

__all__ = [
    "Cause",
    "Chart",
    "Coefficient",
    "Correlation",
    "Inflection",
    "Interrupted",
    "Interval",
    "Level",
    "Part",
    "Parts",
    "Peer",
    "Regression",
    "Signal",
    "Unfit",
    "benjamini_hochberg",
    "correlations",
    "difference_of_means",
    "difference_of_shares",
    "false_alarms",
    "fisher",
    "fluctuation",
    "funnel",
    "individuals",
    "inflection",
    "interrupted",
    "levels",
    "pareto",
    "proportions",
    "regression",
    "seasonal",
    "shares",
    "shift",
    "wilson",
]
