"""Layers of a drawing: cycles broken, states and labels on layers, crossings reduced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

SWEEPS: Final = 12
THIN: Final = 6.0  # width of a place where an arc only passes


@dataclass(slots=True, eq=False)
class Node:
    """A box of a layer: a state (``code``), a label, or a place where an arc passes."""

    key: int
    code: str
    layer: int
    width: float
    height: float
    label: bool = False
    back: bool = False
    above: list[Node] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Graph:
    """States stand on even layers, labels on odd ones. ``chains`` maps the number of an arc to its nodes from the upper
    state down to the lower one; ``turned`` are the arcs that run the other way."""

    layers: list[list[Node]]
    chains: dict[int, list[Node]]
    turned: set[int]
    by_key: dict[int, Node]

    @property
    def nodes(self) -> list[Node]:
        return [node for layer in self.layers for node in layer]


def layered(
    boxes: Sequence[tuple[str, float, float]],
    arcs: Sequence[tuple[str, str, float, float]],
    start: str,
    order: Sequence[str] | None = None,
) -> Graph:
    """Put ``boxes`` (code, width, height) and the labels of ``arcs`` (source, target, width, height) on layers.

    ``order`` says which way the current runs: arcs from a later state to an earlier one are turned round. Without one the
    arcs that close a cycle are.
    """
    codes = [code for code, _width, _height in boxes]
    turned = _turned(codes, arcs, start) if order is None else _against(arcs, order)
    ways = [
        (number, *((target, source) if number in turned else (source, target)))
        for number, (source, target, _width, _height) in enumerate(arcs)
        if source != target
    ]
    layer_of = _longest(codes, ways)
    graph = Graph([[] for _ in range(2 * max(layer_of.values(), default=-1) + 1)], {}, turned, {})
    states = {}
    for code, width, height in boxes:
        states[code] = _add(graph, Node(0, code, 2 * layer_of[code], width, height))
    for number, upper, lower in ways:
        width, height = arcs[number][2:]
        chain, back = [states[upper]], number in turned
        # The label stands next to the state the arc leaves: below it going down, above it going back.
        at = states[lower].layer - 1 if back else states[upper].layer + 1
        for layer in range(states[upper].layer + 1, states[lower].layer):
            label = layer == at
            size = (width, height) if label else (THIN, 0.0)
            chain.append(_add(graph, Node(0, "", layer, *size, label=label, back=back)))
        chain.append(states[lower])
        for above, below in pairwise(chain):
            above.below.append(below)
            below.above.append(above)
        graph.chains[number] = chain
    _order(graph)
    return graph


def _add(graph: Graph, node: Node) -> Node:
    node.key = len(graph.by_key)
    graph.by_key[node.key] = node
    graph.layers[node.layer].append(node)
    return node


def _against(arcs: Sequence[tuple[str, str, float, float]], order: Sequence[str]) -> set[int]:
    """The arcs that lead from a later state of ``order`` to an earlier one."""
    place = {code: n for n, code in enumerate(order)}
    return {n for n, (source, target, _w, _h) in enumerate(arcs) if place[target] < place[source]}


def _turned(codes: Sequence[str], arcs: Sequence[tuple[str, str, float, float]], start: str) -> set[int]:
    """The arcs that close a cycle, walking depth first from ``start`` in the order given."""
    leaving: dict[str, list[tuple[int, str]]] = {code: [] for code in codes}
    for number, (source, target, _width, _height) in enumerate(arcs):
        if source != target:
            if target not in leaving:
                raise KeyError(target)
            leaving[source].append((number, target))
    turned: set[int] = set()
    done: dict[str, bool] = {}  # False: on the way down to here
    for first in [start, *codes]:
        if first in done:
            continue
        done[first] = False
        stack = [(first, iter(leaving[first]))]
        while stack:
            code, rest = stack[-1]
            for number, target in rest:
                if target not in done:
                    done[target] = False
                    stack.append((target, iter(leaving[target])))
                    break
                if not done[target]:
                    turned.add(number)
            else:
                done[code] = True
                stack.pop()
    return turned


def _longest(codes: Sequence[str], ways: Sequence[tuple[int, str, str]]) -> dict[str, int]:
    """Layer of each state: the longest way down to it; then sources are drawn down to what they lead to."""
    above: dict[str, list[str]] = {code: [] for code in codes}
    below: dict[str, list[str]] = {code: [] for code in codes}
    for _number, upper, lower in ways:
        above[lower].append(upper)
        below[upper].append(lower)
    order: list[str] = []
    open_above = {code: len(set(above[code])) for code in codes}
    ready = [code for code in codes if not open_above[code]]
    while ready:
        code = ready.pop(0)
        order.append(code)
        for lower in dict.fromkeys(below[code]):
            open_above[lower] -= 1
            if not open_above[lower]:
                ready.append(lower)
    layer: dict[str, int] = {}
    for code in order:
        layer[code] = max((layer[upper] + 1 for upper in above[code]), default=0)
    for code in reversed(order):  # a state nothing leads to stands right above the first it leads to
        if not above[code] and below[code]:
            layer[code] = min(layer[lower] for lower in below[code]) - 1
    return layer


def _order(graph: Graph) -> None:
    """Reduce crossings: sweep down and up by barycentres, keep the best order seen."""
    for layer in graph.layers:
        layer.sort(key=lambda node: node.back)  # what runs back begins at the side
    best, fewest = [list(layer) for layer in graph.layers], _crossings(graph)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        layers = graph.layers if down else graph.layers[::-1]
        for layer in layers[1:]:
            place = _positions(graph)
            centres = {node.key: _centre(node.above if down else node.below, place, place[node.key]) for node in layer}
            layer.sort(key=lambda node: centres[node.key])
        _swap(graph)
        count = _crossings(graph)
        if count < fewest:
            best, fewest = [list(layer) for layer in graph.layers], count
        if not fewest:
            break
    graph.layers[:] = best


def _positions(graph: Graph) -> dict[int, float]:
    """Place of each node on its layer, as a share of it: layers of different length compare."""
    return {node.key: (n + 0.5) / len(layer) for layer in graph.layers for n, node in enumerate(layer)}


def _centre(beside: Sequence[Node], place: Mapping[int, float], own: float) -> float:
    return sum(place[node.key] for node in beside) / len(beside) if beside else own


def _swap(graph: Graph) -> None:
    """Exchange neighbours while that saves crossings."""
    for _round in range(4):
        better = False
        for depth, layer in enumerate(graph.layers):
            for n in range(len(layer) - 1):
                before = _local(graph, depth)
                layer[n], layer[n + 1] = layer[n + 1], layer[n]
                if _local(graph, depth) < before:
                    better = True
                else:
                    layer[n], layer[n + 1] = layer[n + 1], layer[n]
        if not better:
            return


def _crossings(graph: Graph) -> int:
    return sum(_between(graph, depth) for depth in range(len(graph.layers) - 1))


def _local(graph: Graph, depth: int) -> int:
    """Crossings above and below one layer."""
    found = _between(graph, depth - 1) if depth else 0
    return found + (_between(graph, depth) if depth + 1 < len(graph.layers) else 0)


def _between(graph: Graph, depth: int) -> int:
    """Crossings of the arcs between a layer and the next: pairs whose ends stand the other way round."""
    place = {node.key: n for n, node in enumerate(graph.layers[depth + 1])}
    ends = [
        place[low.key] for node in graph.layers[depth] for low in sorted(node.below, key=lambda one: place[one.key])
    ]
    return sum(1 for n, first in enumerate(ends) for second in ends[n + 1 :] if second < first)
