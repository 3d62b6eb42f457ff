"""A roster that settles: each person in turn takes the best line beside the others, under noise that dies away.

The noising method (Charon, Hudry 1993, *The noising method: a new method for combinatorial optimization*) with an exact best
response as its move. It needs no linear program, so it is what gets a large, degenerate problem near its bound.
"""

from __future__ import annotations

import numpy as np

from denghuo.engine.rostering.generating import best_responses
from denghuo.engine.rostering.searching import Search


def settle(search: Search, seconds: float, *, share: float = 0.05) -> None:
    """Sweep over all people for ``seconds``. The noise on the worth of each row begins at ``share`` of the median weight of
    its shortage and falls to nothing. The best roster is kept in ``search``."""
    clock, needs = search.clock, search.needs
    search.stage = "settle"
    weights = np.abs(needs.under[needs.under > 0])
    scale = share * float(np.median(weights)) if len(weights) else 0.0
    lines, given = list(search.lines), search.given.copy()
    began = clock.spent
    while (done := (clock.spent - began) / max(seconds, 1e-9)) < 1.0 and not search.done:
        order = search.dice.permutation(search.people).tolist()
        given = best_responses(needs, search.pricers, lines, given, order, search.dice, scale * (1.0 - done))
        search.offer(lines)
        search.check(search.bound)
    best_responses(needs, search.pricers, lines, given, range(search.people))
    search.offer(lines)
