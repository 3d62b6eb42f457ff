"""Where the nodes of each layer stand: least squares towards their neighbours, the order and the gaps kept."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from denghuo.engine.flow.layers import Graph, Node

ROUNDS: Final = 24
STRAIGHTENED: Final = 4
STRAIGHT: Final = 6.0  # weight of a place where an arc only passes: long arcs run straight


def places(graph: Graph, gap: float) -> dict[int, float]:
    """The middle of each node, by key. Nodes of a layer stand at least ``gap`` apart."""
    x: dict[int, float] = {}
    for layer in graph.layers:
        _beside(layer, [0.0] * len(layer), [1.0] * len(layer), gap, x)
    for round_ in range(ROUNDS):
        layers = graph.layers if round_ % 2 == 0 else graph.layers[::-1]
        for layer in layers:
            wanted, weights = zip(*(_wanted(node, x) for node in layer), strict=True)
            _beside(layer, wanted, weights, gap, x)
    for _again in range(STRAIGHTENED):
        _straighten(graph, gap, x)
    return x


def _straighten(graph: Graph, gap: float, x: dict[int, float]) -> None:
    """Put the places an arc passes on one line where their neighbours leave room for it."""
    room: dict[int, tuple[float, float]] = {}
    for chain in graph.chains.values():
        run = chain[1:-1]
        if len(run) < 2:
            continue
        for node in run:
            room[node.key] = _room(graph, node, gap, x)
        low, high = max(room[node.key][0] for node in run), min(room[node.key][1] for node in run)
        if low <= high:
            line = min(max(median(x[node.key] for node in run), low), high)
            for node in run:
                x[node.key] = line


def _room(graph: Graph, node: Node, gap: float, x: dict[int, float]) -> tuple[float, float]:
    """How far a node may go to either side before it is too near to its neighbour."""
    layer = graph.layers[node.layer]
    n = layer.index(node)
    low, high = float("-inf"), float("inf")
    if n:
        low = x[layer[n - 1].key] + (layer[n - 1].width + node.width) / 2 + gap
    if n + 1 < len(layer):
        high = x[layer[n + 1].key] - (layer[n + 1].width + node.width) / 2 - gap
    return low, high


def _wanted(node: Node, x: dict[int, float]) -> tuple[float, float]:
    """Where a node would stand by itself, and how much it matters: between its neighbours, arcs that pass weigh more."""
    total = weight = 0.0
    for other in (*node.above, *node.below):
        heavy = STRAIGHT if not node.code and not other.code else 1.0
        total += heavy * x[other.key]
        weight += heavy
    return (total / weight, weight) if weight else (x[node.key], 0.1)


def _beside(
    layer: Sequence[Node], wanted: Sequence[float], weights: Sequence[float], gap: float, x: dict[int, float]
) -> None:
    """Solve one layer: min Σ w·(x − wanted)² with neighbours at least half their widths and ``gap`` apart.

    With the needed distances taken off, that is isotonic regression; pooling adjacent violators solves it exactly.
    """
    offsets, offset = [], 0.0
    for n, node in enumerate(layer):
        if n:
            offset += (layer[n - 1].width + node.width) / 2 + gap
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight, away in zip(wanted, weights, offsets, strict=True):
        mean, total, count = want - away, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, heavy, many = blocks.pop()
            mean = (mean * total + other * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        blocks.append((mean, total, count))
    n = 0
    for mean, _total, count in blocks:
        for _one in range(count):
            x[layer[n].key] = mean + offsets[n]
            n += 1
