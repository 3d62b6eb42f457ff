"""Things and statements in memory, narrowed to a place and to kinds of customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PART_OF: Final = "part_of"
PLACE: Final = "place"


@dataclass(frozen=True, slots=True)
class Node:
    """A thing."""

    id: int
    code: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    trust: str = ""
    org_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A statement; an empty qualifier means any."""

    id: int
    head: int
    kind: str
    tail: int
    place: int | None = None
    customer: str = ""
    voltage: str = ""
    area: str = ""
    condition: str = ""
    position: int = 0
    source: str = ""
    trust: str = ""
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known of the asker: ``places`` is the place and all it is part of; empty means not known."""

    places: frozenset[int] = frozenset()
    customer: str = ""
    voltage: str = ""
    area: str = ""

    def admits(self, edge: Edge) -> bool:
        """Whether the statement may hold here: each of its qualifiers agrees or is not known of the asker."""
        if edge.place is not None and edge.place not in self.places:
            return False
        pairs = ((edge.customer, self.customer), (edge.voltage, self.voltage), (edge.area, self.area))
        return all(not said or not known or said == known for said, known in pairs)


class Network:
    """Nodes by id and edges by either end. Edges whose ends are not among the nodes are left out."""

    def __init__(self, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
        self.nodes: dict[int, Node] = {node.id: node for node in nodes}
        self.by_code: dict[str, Node] = {node.code: node for node in self.nodes.values()}
        self.out: dict[int, list[Edge]] = defaultdict(list)
        self.into: dict[int, list[Edge]] = defaultdict(list)
        for edge in sorted(edges, key=lambda one: (one.position, one.id)):
            if edge.head in self.nodes and edge.tail in self.nodes:
                self.out[edge.head].append(edge)
                self.into[edge.tail].append(edge)

    def edges(self) -> list[Edge]:
        """All statements."""
        return [edge for edges in self.out.values() for edge in edges]

    def said(self, head: int, kind: str) -> list[Edge]:
        """Statements of ``kind`` about ``head``, in their order."""
        return [edge for edge in self.out.get(head, ()) if edge.kind == kind]

    def whole(self, node: int) -> list[int]:
        """``node`` and all it is part of (same kind of thing), nearest first; a ring in the data ends the walk."""
        found, front = [node], [node]
        while front:
            front = [
                edge.tail
                for one in front
                for edge in self.said(one, PART_OF)
                if edge.tail not in found and self.nodes[edge.tail].kind == self.nodes[one].kind
            ]
            found.extend(dict.fromkeys(front))
        return found

    def parts(self, node: int) -> list[int]:
        """Things of the same kind that are part of ``node``."""
        kind = self.nodes[node].kind
        return [e.head for e in self.into.get(node, ()) if e.kind == PART_OF and self.nodes[e.head].kind == kind]
