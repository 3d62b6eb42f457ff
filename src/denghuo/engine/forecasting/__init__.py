"""How many contacts will come: forecasts by interval, with ranges, explanation and measured accuracy.

:func:`forecast` takes a :class:`Series` and gives a :class:`Forecast`; :func:`update` corrects the rest of a day that has
begun; :func:`reconcile` makes queues, provinces and company add up; :func:`rates` foretells handling time and shares;
:func:`forecast_many` runs many series on processes. Models and figures: ``docs/explanation/forecasting.md``.

Names that bring SciPy with them are looked up when they are first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from denghuo.engine.forecasting.accuracy import Accuracy, accuracy
from denghuo.engine.forecasting.series import CalendarRules, Driver, Frame, Series, Unfit, coarser, from_rows

if TYPE_CHECKING:
    from denghuo.engine.forecasting.fanning import Done, Job, forecast_columns, forecast_many
    from denghuo.engine.forecasting.forecasting import Forecast, forecast
    from denghuo.engine.forecasting.framing import frame
    from denghuo.engine.forecasting.hierarchy import reconcile, summing
    from denghuo.engine.forecasting.intraday import update
    from denghuo.engine.forecasting.models import MODELS, Fitted, Guess, Model, model_named
    from denghuo.engine.forecasting.rating import RateRules, rates
    from denghuo.engine.forecasting.selecting import Plan

_LATER = {
    "Done": "fanning",
    "Job": "fanning",
    "forecast_columns": "fanning",
    "forecast_many": "fanning",
    "Forecast": "forecasting",
    "forecast": "forecasting",
    "frame": "framing",
    "reconcile": "hierarchy",
    "summing": "hierarchy",
    "update": "intraday",
    "MODELS": "models",
    "Fitted": "models",
    "Guess": "models",
    "Model": "models",
    "model_named": "models",
    "RateRules": "rating",
    "rates": "rating",
    "Plan": "selecting",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "MODELS",
    "Accuracy",
    "CalendarRules",
    "Done",
    "Driver",
    "Fitted",
    "Forecast",
    "Frame",
    "Guess",
    "Job",
    "Model",
    "Plan",
    "RateRules",
    "Series",
    "Unfit",
    "accuracy",
    "coarser",
    "forecast",
    "forecast_columns",
    "forecast_many",
    "frame",
    "from_rows",
    "model_named",
    "rates",
    "reconcile",
    "summing",
    "update",
]
