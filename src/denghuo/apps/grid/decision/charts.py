"""Chart options of the fault analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.grid.decision.figures import Cell

FRAME = {"left": 8, "right": 24, "top": 40, "bottom": 8, "containLabel": True}
TIP = {"trigger": "axis", "renderMode": "richText"}


def months(cells: Sequence[Cell]) -> dict[str, Any]:
    """Faults by month as bars, customer hours without supply as a line."""
    return {
        "legend": {"data": [_("故障次数"), _("停电时户数")]},
        "tooltip": TIP,
        "grid": FRAME,
        "xAxis": {"type": "category", "data": [cell.label for cell in cells]},
        "yAxis": [{"type": "value", "minInterval": 1}, {"type": "value", "splitLine": {"show": False}}],
        "series": [
            {"name": _("故障次数"), "type": "bar", "barMaxWidth": 28, "data": [cell.faults for cell in cells]},
            {
                "name": _("停电时户数"), "type": "line", "yAxisIndex": 1, "symbol": "diamond", "symbolSize": 9,
                "data": [round(cell.customer_hours, 1) for cell in cells],
            },
        ],
    }  # fmt: skip


def bars(cells: Sequence[Cell]) -> dict[str, Any]:
    """Faults of one dimension, one bar a value."""
    shown = [cell for cell in cells if cell.faults]
    return {
        "tooltip": TIP,
        "grid": FRAME | {"top": 8},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "inverse": True, "data": [cell.label for cell in shown]},
        "series": [
            {
                "name": _("故障次数"), "type": "bar", "barMaxWidth": 16, "label": {"show": True, "position": "right"},
                "data": [cell.faults for cell in shown],
            }
        ],
    }  # fmt: skip
