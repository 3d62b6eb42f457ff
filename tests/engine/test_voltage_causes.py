"""Which cause the rules put first, from days drawn so that only one explains them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from denghuo.engine import voltage as v

RULES = {
    "heavy": 0.7, "uneven": 15.0, "link": 0.5, "drop": 3.0, "always": 0.6, "near": 0.3, "neutral_slots": 2, "enough": 0.8,
}  # fmt: skip
MARKS = dict.fromkeys(
    ("overload", "unbalance", "line_end", "service_line", "supply_low", "supply_high", "photovoltaic"), 0.35
) | {"neutral": 0.7, "outage": 0.6, "none": 0.8, "unknown": 0.3}
N = 192
HOURS = [(slot // 4) % 24 for slot in range(N)]
EVENING = np.array([18 <= hour < 22 for hour in HOURS])
CALM = 220 + np.sin(np.arange(N)) * 0.5


def found(**changes):
    base = v.Findings(
        own=CALM[:, None], near=np.column_stack([CALM, CALM + 1]), limits=v.Limits(220.0, -10.0, 7.0), dead=0.1,
        share=np.where(EVENING, 0.5, 0.3), uneven=np.full(N, 5.0), hours=HOURS, rules=RULES, confidence=MARKS,
    )  # fmt: skip
    return replace(base, **changes, _held={})


def first(**changes):
    return v.ranked_causes(found(**changes))[0]


LOW_EVENINGS = np.where(EVENING, CALM - 30, CALM)[:, None]
CASES = {
    "overload": {"own": LOW_EVENINGS, "near": LOW_EVENINGS + 1, "share": np.where(EVENING, 1.05, 0.3)},
    "unbalance": {"own": LOW_EVENINGS, "near": LOW_EVENINGS + 1, "uneven": np.where(EVENING, 60.0, 8.0)},
    "line_end": {"own": LOW_EVENINGS},
    "service_line": {"own": LOW_EVENINGS, "share": np.where(np.arange(N) % 2, 0.5, 0.3)},
    "supply_low": {"own": CALM[:, None] - 28, "near": CALM[:, None] - 27},
    "supply_high": {"own": np.where(np.array(HOURS) < 5, 240, CALM)[:, None]},
    "photovoltaic": {"own": np.where((np.array(HOURS) > 10) & (np.array(HOURS) < 15), 242, CALM)[:, None]},
    "neutral": {"own": np.where(EVENING, 255, CALM)[:, None], "near": LOW_EVENINGS},
    "outage": {"own": np.where(EVENING, 0, CALM)[:, None], "outages": 1},
    "none": {},
    "unknown": {"own": np.full((N, 1), np.nan)},
}


@pytest.mark.parametrize("cause", list(CASES))
def test_the_cause_drawn_comes_first_with_what_speaks_for_it(cause):
    told = first(**CASES[cause])
    assert told.code == cause
    assert told.evidence and 0 < told.confidence <= 0.95


def test_half_the_measurements_lower_the_confidence():
    whole = first(**CASES["overload"])
    own = LOW_EVENINGS.copy()
    own[np.arange(N) % 2 == 0] = np.nan
    half = first(**{**CASES["overload"], "own": own})
    assert half.code == whole.code and half.confidence < whole.confidence


def test_without_neighbours_nothing_is_said_about_them():
    for cause in v.ranked_causes(found(own=LOW_EVENINGS, near=np.empty((N, 0)))):
        assert cause.code not in ("line_end", "service_line")
