"""Chart options of the outage indices."""

from __future__ import annotations

from typing import Any

from denghuo.apps.grid.choices import DelayCause, DelayStage


def delays(counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    """Delayed starts and stops by the six causes, one bar beside the other."""
    return {
        "legend": {"data": [str(label) for _code, label in DelayStage.choices]},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "grid": {"left": 8, "right": 24, "top": 40, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "inverse": True, "data": [str(label) for _code, label in DelayCause.choices]},
        "series": [
            {
                "name": str(label), "type": "bar", "barMaxWidth": 14,
                "data": [counts.get((stage, cause), 0) for cause in DelayCause.values],
            }
            for stage, label in DelayStage.choices
        ],
    }  # fmt: skip
