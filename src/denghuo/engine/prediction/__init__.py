"""When will they come, when will it be mended: T = T1 + T2 + T3 from the cases of the past, with an interval.

:func:`fit` learns a :class:`Model` from :class:`Row`; :func:`predict` tells the stages still to come of one case and the
ends of each, also in the middle of a stage; :func:`calibration` tells whether such predictions came true.
"""

from denghuo.engine.prediction.calibration import Calibration, Figures, Scored, calibration, figures_of, rivals, score
from denghuo.engine.prediction.fitting import calibrated, fit
from denghuo.engine.prediction.model import GRID, Model, Prediction, Row, Span, Unfit, from_json, to_json
from denghuo.engine.prediction.predicting import places_of, predict

__all__ = [
    "GRID",
    "Calibration",
    "Figures",
    "Model",
    "Prediction",
    "Row",
    "Scored",
    "Span",
    "Unfit",
    "calibrated",
    "calibration",
    "figures_of",
    "fit",
    "from_json",
    "places_of",
    "predict",
    "rivals",
    "score",
    "to_json",
]
