"""Chart options of a function's page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from denghuo.apps.channels.choices import UseState

# The page's chart colours are lamp, info, progress, ok, danger, neutral in this order: what failed gets danger and what
# was given up neutral, so two places in between stay empty.
DRAWN = (UseState.DONE, UseState.HANDED_OVER, None, None, UseState.FAILED, UseState.ABANDONED)


def daily(days: Sequence[tuple[dt.date, dict[str, int]]]) -> dict[str, Any]:
    """Uses a day, stacked by how they ended. No series when there was none, so that the page can say so."""
    shown = [state for state in DRAWN if state and any(counts.get(state.value) for _day, counts in days)]
    return {
        "legend": {"data": [str(state.label) for state in shown]},
        "xAxis": {"type": "category", "data": [day.strftime("%m-%d") for day, _counts in days]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            _series(state, days) if state in shown else {"type": "bar", "stack": "uses", "data": []} for state in DRAWN
        ],
    }


def _series(state: UseState | None, days: Sequence[tuple[dt.date, dict[str, int]]]) -> dict[str, Any]:
    assert state is not None
    return {
        "name": str(state.label),
        "type": "bar",
        "stack": "uses",
        "barMaxWidth": 18,
        "data": [counts.get(state.value, 0) for _day, counts in days],
    }
