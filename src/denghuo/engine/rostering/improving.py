"""The order of the ways: bound, dives or settling, proof where it is near, then neighbourhoods that grow when they fail."""

from __future__ import annotations

from denghuo.engine.rostering.searching import Search
from denghuo.engine.rostering.settling import settle

SMALL, MOST_LINES = 3_000, 20_000
"""Lines left by reduced cost up to which a proof is tried: at once, and when neighbourhoods fail."""


def improve(search: Search, *, smallest: int = 8, largest: int = 16, heavy_pivots: float = 600.0) -> None:
    """Better the roster until it is proven best. Raises StoppedError when the clock says so.

    A master that takes more than ``heavy_pivots`` simplex steps a solution is too large and degenerate to dive in: it gives
    way to settling, which needs no linear program.
    """
    master, node = search.root()
    if search.done:
        return
    if master.pivots > heavy_pivots * master.solved:
        search.wanted, search.seeds, smallest = 2, 0, min(5, smallest)
        settle(search, 0.85 * search.clock.left)
    else:
        settle(search, 0.03 * search.clock.seconds)
        for share in (0.0, 0.1):
            search.stage = "dive"
            search.dive(master, node, rounds=10_000, share=share)
            if search.done or search.prove(0.05 * search.clock.seconds, SMALL):
                return
    repair(search, smallest, largest)


def repair(search: Search, smallest: int, largest: int, patience: int = 12) -> None:
    """Re-optimise some people at a time; more of them after ``patience`` tries in vain."""
    search.stage = "repair"
    size, vain = smallest, 0
    while not search.done:
        vain = 0 if search.around(search.choose(size)) else vain + 1
        if vain >= patience:
            size, vain = min(size + 2, largest), 0
            if search.prove(0.1 * search.clock.seconds, MOST_LINES):
                return
