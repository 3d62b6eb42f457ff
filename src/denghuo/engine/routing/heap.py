# mypy: disable-error-code="no-any-return"
# Compiled code: types come from the arrays, which a type checker does not see through.
"""Pairing heaps inside a shared link table: any number of queues over one set of slots, no allocation.

Fredman, Sedgewick, Sleator & Tarjan 1986. Insertion takes O(1), removal of any slot O(log n) amortised. ``links`` is
int32 (slots, 3): first child, next sibling, and previous sibling (of a first child: the parent); -1 for none. Waiting
contacts are ordered by key, entry and id; timers (``timed``) by due time and id.
"""

from __future__ import annotations

from typing import Any

from denghuo.engine.routing.jit import inlined, kernel

CHILD, AFTER, BEFORE = 0, 1, 2


@inlined
def precedes(slots: Any, timed: bool, a: int, b: int) -> bool:
    """Does slot a come before slot b?"""
    if timed:
        if slots[a].due != slots[b].due:
            return slots[a].due < slots[b].due
        return slots[a].id < slots[b].id
    if slots[a].key != slots[b].key:
        return slots[a].key > slots[b].key
    if slots[a].entered_at != slots[b].entered_at:
        return slots[a].entered_at < slots[b].entered_at
    return slots[a].id < slots[b].id


@inlined
def meld(slots: Any, links: Any, timed: bool, a: int, b: int) -> int:
    """Root of the union of two heaps given by their roots (-1: empty)."""
    if a < 0:
        return b
    if b < 0:
        return a
    if precedes(slots, timed, b, a):
        a, b = b, a
    first = links[a, CHILD]
    links[b, AFTER], links[b, BEFORE] = first, a
    if first >= 0:
        links[first, BEFORE] = b
    links[a, CHILD] = b
    return a


@inlined
def insert(slots: Any, links: Any, timed: bool, roots: Any, heap: int, slot: int) -> None:
    """Put ``slot`` into ``roots[heap]``."""
    links[slot, CHILD], links[slot, AFTER], links[slot, BEFORE] = -1, -1, -1
    roots[heap] = meld(slots, links, timed, roots[heap], slot)


@kernel
def _gathered(slots: Any, links: Any, timed: bool, slot: int) -> int:
    """Root of the heap made of the children of ``slot``: pairs from left to right, then joined from right to left."""
    pairs, child = -1, links[slot, CHILD]
    while child >= 0:
        other = links[child, AFTER]
        rest = -1
        links[child, AFTER], links[child, BEFORE] = -1, -1
        if other >= 0:
            rest = links[other, AFTER]
            links[other, AFTER], links[other, BEFORE] = -1, -1
        child = meld(slots, links, timed, child, other)
        links[child, AFTER] = pairs
        pairs, child = child, rest
    root = -1
    while pairs >= 0:
        rest = links[pairs, AFTER]
        links[pairs, AFTER] = -1
        root = meld(slots, links, timed, root, pairs)
        pairs = rest
    return root


@kernel
def remove(slots: Any, links: Any, timed: bool, roots: Any, heap: int, slot: int) -> None:
    """Take ``slot``, wherever it stands, out of ``roots[heap]``."""
    rest = _gathered(slots, links, timed, slot)
    if roots[heap] == slot:
        roots[heap] = rest
        return
    before, after = links[slot, BEFORE], links[slot, AFTER]
    if links[before, CHILD] == slot:
        links[before, CHILD] = after
    else:
        links[before, AFTER] = after
    if after >= 0:
        links[after, BEFORE] = before
    roots[heap] = meld(slots, links, timed, roots[heap], rest)
