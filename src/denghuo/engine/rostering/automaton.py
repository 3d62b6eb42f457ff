"""The product of a person's tracks as one layered automaton with as few nodes as possible, in arrays for the pricing.

Nodes of a day that allow the same futures at the same cost are one node (backward partition refinement), and actions
between the same two nodes that cost and count the same are one arc with a set of actions.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.rostering.tracks import Track

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Node = tuple[Hashable, ...]
Move = tuple[int, Node, float, tuple[int, ...]]
"""(action, node after, cost, amounts)."""
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Automaton:
    """``days`` layers of arcs and one closing layer (action 0), sorted by layer; ``first[d]`` is where layer d begins.

    ``sets[group, action]`` says which actions an arc of a group stands for; ``amounts[kind]`` are the additions to the
    counted tracks. ``entry`` finds the node of layer 0 for the states at the start.
    """

    nodes: int
    first: Ints
    source: Ints
    target: Ints
    group: Ints
    kind: Ints
    cost: Floats
    sets: NDArray[np.bool_]
    amounts: Ints
    entry: dict[Node, int]


def build(
    tracks: Sequence[Track], counted: Sequence[int], starts: Sequence[Node], days: int, actions: int
) -> Automaton:  # fmt: skip
    """The automaton of ``tracks`` (``counted``: those whose amounts matter) for all ``starts``."""
    layers = _forward(tracks, counted, starts, days, actions)
    classes, arcs = _backward(layers)
    return _arrays(classes, arcs, starts, actions, len(counted))


def _forward(
    tracks: Sequence[Track], counted: Sequence[int], starts: Sequence[Node], days: int, actions: int
) -> list[dict[Node, list[Move]]]:  # fmt: skip
    layers: list[dict[Node, list[Move]]] = []
    here: dict[Node, None] = dict.fromkeys(starts)
    for day in range(days):
        layer: dict[Node, list[Move]] = {}
        after: dict[Node, None] = {}
        for node in here:
            moves = layer[node] = []
            for action in range(actions):
                steps = [track.step(state, day, action) for track, state in zip(tracks, node, strict=True)]
                move = _joined(action, steps, counted)
                if move is not None:
                    moves.append(move)
                    after[move[1]] = None
        layers.append(layer)
        here = after
    closing: dict[Node, list[Move]] = {}
    for node in here:
        ends = [track.finish(state) for track, state in zip(tracks, node, strict=True)]
        move = _joined(0, ends, counted)
        closing[node] = [] if move is None else [(0, (), move[2], move[3])]
    layers.append(closing)
    return layers


def _joined(action: int, steps: Sequence[Any], counted: Sequence[int]) -> Move | None:
    cost = 0.0
    for step in steps:
        if step is None:
            return None
        cost += step[1]
    return action, tuple(step[0] for step in steps), cost, tuple(steps[number][2] for number in counted)


Arc = tuple[int, float, tuple[int, ...], tuple[int, ...]]
"""(class after, cost, amounts, actions)."""


def _backward(layers: list[dict[Node, list[Move]]]) -> tuple[list[dict[Node, int]], list[list[tuple[Arc, ...]]]]:
    """Per layer: class of each node, and the arcs of each class. A class without arcs is a dead end and left out."""
    classes: list[dict[Node, int]] = [{} for _ in layers] + [{(): 0}]
    arcs: list[list[tuple[Arc, ...]]] = [[] for _ in layers]
    for day in range(len(layers) - 1, -1, -1):
        known: dict[tuple[Arc, ...], int] = {}
        for node, moves in layers[day].items():
            groups: dict[tuple[int, float, tuple[int, ...]], list[int]] = {}
            for action, after, cost, amounts in moves:
                target = classes[day + 1].get(after)
                if target is not None:
                    groups.setdefault((target, cost, amounts), []).append(action)
            if groups:
                shape = tuple(sorted((*key, tuple(members)) for key, members in groups.items()))
                classes[day][node] = known.setdefault(shape, len(known))
        arcs[day] = list(known)
    return classes, arcs


def _number(table: dict[K, int], key: K) -> int:
    return table.setdefault(key, len(table))


def _arrays(
    classes: list[dict[Node, int]], arcs: list[list[tuple[Arc, ...]]], starts: Sequence[Node], actions: int, counted: int
) -> Automaton:  # fmt: skip
    groups: dict[tuple[int, ...], int] = {}
    kinds: dict[tuple[int, ...], int] = {}
    rows: list[tuple[int, int, int, int]] = []
    costs: list[float] = []
    first = [0]
    for layer in arcs:
        for source, outgoing in enumerate(layer):
            for target, cost, amounts, members in outgoing:
                rows.append((source, target, _number(groups, members), _number(kinds, amounts)))
                costs.append(cost)
        first.append(len(rows))
    table = np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy()
    sets = np.zeros((len(groups), actions), dtype=np.bool_)
    for members, number in groups.items():
        sets[number, list(members)] = True
    return Automaton(
        nodes=max([len(layer) for layer in arcs] + [1]),
        first=np.array(first, dtype=np.int64),
        source=table[0], target=table[1], group=table[2], kind=table[3],
        cost=np.array(costs), sets=sets,
        amounts=np.array(list(kinds), dtype=np.int64).reshape(len(kinds), counted),
        entry={node: classes[0][node] for node in starts if node in classes[0]},
    )  # fmt: skip
