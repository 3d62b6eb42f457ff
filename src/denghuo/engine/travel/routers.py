"""A port for a road router, and the one written for it: Valhalla's time-distance matrix.

A router knows the roads, not the rush hours nor how crews park: its minutes may be put in place of the straight line, with
the learned ratios on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import httpx
import numpy as np
from numpy.typing import NDArray

from denghuo.engine.travel.types import Place


class RouterFailed(RuntimeError):
    """The router did not answer, or not with a matrix."""


class RoadRouter(Protocol):
    """Driving times by road."""

    def matrix(self, starts: Sequence[Place], ends: Sequence[Place]) -> NDArray[np.float64]:
        """Minutes, shape (starts, ends); NaN where there is no way. Raises RouterFailed."""
        ...


class ValhallaRouter:
    """``POST {url}/sources_to_targets`` of the Valhalla routing service. ``timeout`` is in seconds."""

    def __init__(
        self, url: str, *, timeout: float = 2.0, costing: str = "auto", client: httpx.Client | None = None
    ) -> None:
        self.url, self.costing = url.rstrip("/"), costing
        self.client = client or httpx.Client(timeout=timeout)

    def matrix(self, starts: Sequence[Place], ends: Sequence[Place]) -> NDArray[np.float64]:
        """See :class:`RoadRouter`."""
        body = {"sources": _places(starts), "targets": _places(ends), "costing": self.costing, "units": "km"}
        try:
            answer = self.client.post(f"{self.url}/sources_to_targets", json=body)
            answer.raise_for_status()
            rows = answer.json()["sources_to_targets"]
            seconds = [[np.nan if cell["time"] is None else float(cell["time"]) for cell in row] for row in rows]
            minutes = np.array(seconds, dtype=np.float64) / 60
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            raise RouterFailed(f"{type(error).__name__}: {error}") from error
        if minutes.shape != (len(starts), len(ends)):
            raise RouterFailed(f"a matrix of {minutes.shape} for {len(starts)} starts and {len(ends)} ends")
        return minutes


def _places(places: Sequence[Place]) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in places]
