"""The weather the estimates of outages are learned with: this app's records, handed to the grid app below it."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.grid.inference.restoration import use_weather
from denghuo.apps.requests.prediction.factors import Bands
from denghuo.apps.requests.prediction.weather import Skies


def weather_word(path: str, at: dt.datetime) -> str:
    """The band of the weather over a unit at a moment, "unknown" without a record. One query."""
    return Bands.in_force(at).weather_of(Skies.between(at, at).over(path, at))


use_weather(weather_word)
