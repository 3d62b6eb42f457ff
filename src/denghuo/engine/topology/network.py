"""A network as read: nodes, what joins them, customers, and what was wrong with the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class EdgeKind(StrEnum):
    """What joins two nodes."""

    LINE = "line"
    TRANSFORMER = "transformer"
    BREAKER = "breaker"
    SWITCH = "switch"
    FUSE = "fuse"


class FaultKind(StrEnum):
    """What can be wrong with a source of topology. ``fatal`` ones leave nothing to import."""

    UNREADABLE = "unreadable"
    NO_SOURCE = "no_source"
    MISSING_COLUMN = "missing_column"
    BAD_VALUE = "bad_value"
    DUPLICATE = "duplicate"
    UNKNOWN_NODE = "unknown_node"
    UNKNOWN_PARENT = "unknown_parent"
    OPEN_END = "open_end"
    LOOP = "loop"
    ISLAND = "island"
    CUSTOMER_DARK = "customer_dark"
    TOO_MANY = "too_many"


FATAL = frozenset({FaultKind.UNREADABLE, FaultKind.NO_SOURCE, FaultKind.MISSING_COLUMN, FaultKind.TOO_MANY})


@dataclass(frozen=True)
class Fault:
    """One thing wrong: what, with which object of the source (its code), and in which line of a table (0: none)."""

    kind: FaultKind
    code: str
    line: int = 0

    @property
    def fatal(self) -> bool:
        """Whether nothing may be imported."""
        return self.kind in FATAL


@dataclass(frozen=True)
class Node:
    """A place of one potential. ``kv`` 0: unknown; degrees None: unknown or not geographic."""

    code: str
    name: str = ""
    kv: float = 0.0
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Edge:
    """What joins nodes ``a`` and ``b``, if ``closed``."""

    code: str
    kind: EdgeKind
    a: str
    b: str
    name: str = ""
    closed: bool = True


@dataclass(frozen=True)
class Customer:
    """Somebody supplied at a node."""

    code: str
    node: str


@dataclass
class Network:
    """Everything read. ``sources``: nodes that feed it."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
