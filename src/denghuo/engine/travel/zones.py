"""Places by zone: cells of a grid of about equal size, so that no map of districts is needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from denghuo.engine.travel.types import Place

KM_PER_DEGREE = 111.195  # of latitude, on a sphere of the earth's mean radius


@dataclass(frozen=True, slots=True)
class Zones:
    """A grid whose cells are ``cell_km`` kilometres high and, at their own latitude, as wide."""

    cell_km: float

    def __post_init__(self) -> None:
        if not 0.05 <= self.cell_km <= 500:
            raise ValueError("cell_km must lie between 0.05 and 500")

    def of(self, place: Place) -> str:
        """The zone of a place, as "row:column"."""
        lon, lat = place
        height = self.cell_km / KM_PER_DEGREE
        row = math.floor(lat / height)
        shrink = max(math.cos(math.radians((row + 0.5) * height)), 0.01)
        return f"{row}:{math.floor(lon / (height / shrink))}"
