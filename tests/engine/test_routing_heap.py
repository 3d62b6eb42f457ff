"""Long queues from which people leave in the middle: nobody is lost and the order stays right."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.routing import heap
from denghuo.engine.routing.state import SLOT

SIZE = 60
moves = st.lists(
    st.tuples(st.sampled_from(["in", "in", "first", "any"]), st.integers(0, SIZE - 1)), min_size=60, max_size=200
)


def in_heap(links, root: int) -> set[int]:
    """All slots reachable from the root."""
    found, todo = set(), [root]
    while todo:
        slot = todo.pop()
        if slot >= 0:
            assert slot not in found
            found.add(slot)
            todo += [int(links[slot, heap.CHILD]), int(links[slot, heap.AFTER])]
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=SIZE, max_size=SIZE), moves, st.booleans())
def test_whoever_leaves_the_others_stay_in_order(values, moves, timed):
    slots = np.zeros(SIZE, SLOT)
    slots["id"], slots["key"], slots["due"] = np.arange(SIZE)[::-1], values, values
    links, roots = np.full((SIZE, 3), -1, np.int32), np.full(1, -1, np.int32)
    present: set[int] = set()

    def place(slot: int) -> tuple[int, int]:
        return (values[slot] if timed else -values[slot], SIZE - slot)

    def leave(slot: int) -> None:
        heap.remove(slots, links, timed, roots, 0, slot)
        present.discard(slot)

    for kind, choice in moves:
        absent = sorted(set(range(SIZE)) - present)
        if kind == "in" and absent:
            slot = absent[choice % len(absent)]
            heap.insert(slots, links, timed, roots, 0, slot)
            present.add(slot)
        elif kind == "first" and present:
            leave(int(roots[0]))
        elif kind == "any" and present:
            leave(sorted(present)[choice % len(present)])
        assert roots[0] == min(present, key=place, default=-1)
        assert in_heap(links, int(roots[0])) == present
    while present:
        assert roots[0] == min(present, key=place)
        leave(int(roots[0]))
    assert roots[0] == -1
