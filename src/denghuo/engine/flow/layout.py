"""A layered drawing of a flow: which box stands where and which way each arc goes.

The method of Sugiyama, Tagawa and Toda (1981): arcs against the current are turned round (depth first, in the order
given), layers by the longest path, long arcs broken at every layer they pass, crossings reduced by barycentres, then
places by least squares along each layer with the order kept (pool adjacent violators), so that boxes never overlap.
Every arc carries a label, which is a box of its own on a layer between two layers of states: labels cannot overlap
anything either. Units are those of the sizes given. The same input gives the same drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from denghuo.engine.flow.layers import Graph, Node, layered
from denghuo.engine.flow.placing import places

MARGIN: Final = 12.0
GAP_BESIDE: Final = 22.0  # between two boxes of a layer
GAP_BETWEEN: Final = 20.0  # between two layers
PORT: Final = 18.0  # between two arcs at one side of a box

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A state to draw, with the size of its box."""

    code: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arc:
    """A way from one state to another (or back to itself), with the size of its label."""

    source: str
    target: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """``x``, ``y``: the upper left corner."""

    code: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class PlacedArc:
    """``points`` lead from the border of the source to the border of the target; ``label`` is the label's place.

    ``back``: against the current. A way back to the same state has its label and path at the side of the box.
    """

    source: str
    target: str
    points: tuple[Point, ...]
    label: PlacedBox
    back: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in the order given, arcs in the order given, and the size of the whole."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    arcs: tuple[PlacedArc, ...]


def draw(boxes: Sequence[Box], arcs: Sequence[Arc], start: str, order: Sequence[str] | None = None) -> Drawing:
    """Lay out the states with ``start`` on top. Several arcs between the same two states are drawn beside each other.

    ``order`` names every state once in the direction of the current; without it the current runs away from ``start``.

    Raises KeyError for an arc of a state that is not there, ValueError for two boxes of one code.
    """
    if len({box.code for box in boxes}) != len(boxes):
        raise ValueError("two boxes of one code")
    graph = layered(
        [(box.code, *_room(box, arcs)) for box in boxes],
        [(arc.source, arc.target, arc.width, arc.height) for arc in arcs],
        start,
        order,
    )
    x = places(graph, GAP_BESIDE)
    y, height = _heights(graph)
    sizes = {box.code: box for box in boxes}
    left = min((x[node.key] - node.width / 2 for node in graph.nodes), default=0.0)
    shift = MARGIN - left
    centre = {key: value + shift for key, value in x.items()}
    placed = {}
    for node in graph.nodes:
        box = sizes.get(node.code) if node.code else None
        if box is not None:
            # Room for the ways back to itself is kept on the right of the box.
            corner = centre[node.key] - node.width / 2
            placed[box.code] = PlacedBox(box.code, corner, y[node.layer] - box.height / 2, box.width, box.height)
    drawn = _Arcs(graph, centre, y, placed, arcs).drawn()
    width = max((centre[node.key] + node.width / 2 for node in graph.nodes), default=0.0) + MARGIN
    return Drawing(width, height, tuple(placed[box.code] for box in boxes), tuple(drawn))


def _room(box: Box, arcs: Sequence[Arc]) -> tuple[float, float]:
    """The size of a box with the labels of its ways back to itself beside it."""
    own = [arc for arc in arcs if arc.source == arc.target == box.code]
    if not own:
        return box.width, box.height
    return box.width + PORT + max(arc.width for arc in own), max(box.height, sum(arc.height for arc in own))


def _heights(graph: Graph) -> tuple[list[float], float]:
    """The middle line of each layer, and the height of the drawing."""
    middles, top = [], MARGIN
    for layer in graph.layers:
        tall = max((node.height for node in layer), default=0.0)
        middles.append(top + tall / 2)
        top += tall + GAP_BETWEEN
    return middles, (top - GAP_BETWEEN if graph.layers else 0.0) + MARGIN


class _Arcs:
    """Draws the arcs between boxes that have their place."""

    def __init__(
        self,
        graph: Graph,
        centre: Mapping[int, float],
        middle: Sequence[float],
        boxes: Mapping[str, PlacedBox],
        arcs: Sequence[Arc],
    ) -> None:
        self.graph, self.centre, self.middle, self.boxes, self.arcs = graph, centre, middle, boxes, arcs
        self._ports = self._shared_out()

    def drawn(self) -> list[PlacedArc]:
        return [self._loop(n) if arc.source == arc.target else self._way(n) for n, arc in enumerate(self.arcs)]

    def _shared_out(self) -> dict[tuple[int, int], float]:
        """(arc, node) → where the arc meets the box, shared out along its side by where the arcs come from."""
        sides: dict[tuple[int, bool], list[tuple[float, int]]] = {}
        for number, chain in self.graph.chains.items():
            for end, beside in ((chain[0], chain[1]), (chain[-1], chain[-2])):
                below = end is chain[0]
                sides.setdefault((end.key, below), []).append((self.centre[beside.key], number))
        ports = {}
        for (key, _below), met in sides.items():
            box = self.boxes[self.graph.by_key[key].code]
            met.sort()
            step = min(PORT, box.width / (len(met) + 1))
            first = box.middle[0] - step * (len(met) - 1) / 2
            for place, (_x, number) in enumerate(met):
                ports[number, key] = first + step * place
        return ports

    def _way(self, number: int) -> PlacedArc:
        arc, chain = self.arcs[number], self.graph.chains[number]
        upper, lower = self.boxes[chain[0].code], self.boxes[chain[-1].code]
        leave, meet = self._ports[number, chain[0].key], self._ports[number, chain[-1].key]
        # Straight past taller boxes of the same layer, then over to the next.
        points: list[Point] = [(leave, upper.y + upper.height)]
        points.append((leave, self.middle[chain[0].layer] + self._reach(chain[0])))
        label = chain[1]
        for node in chain[1:-1]:
            x, y = self.centre[node.key], self.middle[node.layer]
            reach = self._reach(node)
            points += [(x, y - reach), (x, y + reach)]
            if node.label:
                label = node
        points.append((meet, self.middle[chain[-1].layer] - self._reach(chain[-1])))
        points.append((meet, lower.y))
        back = number in self.graph.turned
        at = self.centre[label.key] - label.width / 2, self.middle[label.layer] - label.height / 2
        place = PlacedBox("", at[0], at[1], label.width, label.height)
        return PlacedArc(arc.source, arc.target, tuple(reversed(points) if back else points), place, back)

    def _reach(self, node: Node) -> float:
        """Half the height of the node's layer: an arc goes straight down through it."""
        return max(other.height for other in self.graph.layers[node.layer]) / 2

    def _loop(self, number: int) -> PlacedArc:
        arc = self.arcs[number]
        box = self.boxes[arc.source]
        own = [other for other, one in enumerate(self.arcs) if one.source == one.target == arc.source]
        tall = sum(self.arcs[other].height for other in own)
        top = box.middle[1] - tall / 2 + sum(self.arcs[other].height for other in own if other < number)
        right, y = box.x + box.width, top + arc.height / 2
        inside = min(max(y, box.y + 4), box.y + box.height - 4)
        points = ((right, inside - 3), (right + PORT * 0.7, y - 3), (right + PORT * 0.7, y + 3), (right, inside + 3))
        return PlacedArc(
            arc.source, arc.target, points, PlacedBox("", right + PORT, top, arc.width, arc.height), back=False
        )
