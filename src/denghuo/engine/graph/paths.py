"""Ways between two things."""

from __future__ import annotations

from dataclasses import dataclass

from denghuo.engine.graph.network import Edge, Network


@dataclass(frozen=True, slots=True)
class Step:
    """One statement on the way; ``forward`` when walked from head to tail."""

    edge: Edge
    forward: bool

    @property
    def to(self) -> int:
        """Where the step leads."""
        return self.edge.tail if self.forward else self.edge.head


@dataclass(frozen=True, slots=True)
class Path:
    """A way: the steps from the start."""

    start: int
    steps: tuple[Step, ...]

    @property
    def nodes(self) -> tuple[int, ...]:
        """All things on the way, both ends included."""
        return (self.start, *(step.to for step in self.steps))


def shortest_paths(network: Network, start: int, end: int, *, most: int = 5, longest: int = 5) -> list[Path]:
    """The shortest ways from ``start`` to ``end`` in either direction of the statements: all of the least length, at
    most ``most``, none longer than ``longest`` steps.

    Breadth first; a thing is passed once on a way. Ways over fewer widely shared things come first, as "both are
    governed by one rule" says less than a step between them. Work grows with the number of statements.
    """
    if start == end or start not in network.nodes or end not in network.nodes:
        return []
    before: dict[int, list[tuple[int, Step]]] = {}
    level, depth = {start}, 0
    seen = {start}
    while level and depth < longest and end not in seen:
        depth += 1
        following: set[int] = set()
        for node in sorted(level):
            for step in _steps(network, node):
                if step.to not in seen:
                    before.setdefault(step.to, []).append((node, step))
                    following.add(step.to)
        seen |= following
        level = following
    if end not in before:
        return []
    found = [Path(start, steps) for steps in _back(before, start, end, most * 8)]
    return sorted(found, key=lambda path: (_crowd(network, path), [s.edge.id for s in path.steps]))[:most]


def _steps(network: Network, node: int) -> list[Step]:
    forward = [Step(edge, True) for edge in network.out.get(node, ())]
    return forward + [Step(edge, False) for edge in network.into.get(node, ())]


def _back(before: dict[int, list[tuple[int, Step]]], start: int, node: int, most: int) -> list[tuple[Step, ...]]:
    if node == start:
        return [()]
    found: list[tuple[Step, ...]] = []
    for earlier, step in before.get(node, ()):
        for rest in _back(before, start, earlier, most - len(found)):
            found.append((*rest, step))
            if len(found) >= most:
                return found
    return found


def _crowd(network: Network, path: Path) -> int:
    return sum(len(network.out.get(n, ())) + len(network.into.get(n, ())) for n in path.nodes[1:-1])
