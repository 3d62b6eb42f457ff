"""A class tree read from its document.

The document holds its nodes as a flat list in display order, each with the dotted ``path`` of codes from the first level
down (``low_voltage.service_line.broken``). A flat list is what people exchange in spreadsheets, and two editions of it
can be compared line by line; the tree is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SEPARATOR: Final = "."
DEEPEST: Final = 4
#: attribute of a node → "flag", "texts", "text", or the codes it may hold
ATTRIBUTES: Final[Mapping[str, str | tuple[str, ...]]] = {
    "side": ("production", "marketing"),
    "scored": "flag",
    "grade": ("special", "major", "important", "general"),
    "complexity": ("low", "medium", "high"),
    "field_work": "flag",
    "needs_account": "flag",
    "urgent_words": "texts",
    "synonyms": "texts",
    "unit": (
        "crew", "grid_operations", "metering", "marketing", "hall", "service_centre", "construction", "charging",
        "discipline", "security", "property_owner", "management",
    ),
    "icon": "text",
    "note": "text",
    "source": "text",
    "trust": "text",
}  # fmt: skip


class TreeError(ValueError):
    """A document that cannot be read at all: ``where`` names the place in it."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where, self.message = where, message


@dataclass(frozen=True, slots=True)
class Node:
    """One class. ``path`` is its dotted code, ``level`` counts from 1; see :data:`ATTRIBUTES` for the rest.

    ``side`` says whether a complaint counts against production or marketing, ``scored`` whether it is on the scored
    list; ``unit`` is the kind of unit that handles it; ``urgent_words`` in a description point to an urgent matter.
    """

    path: str
    label: str
    label_en: str = ""
    retired: bool = False
    side: str = ""
    scored: bool = False
    grade: str = ""
    complexity: str = ""
    field_work: bool = False
    needs_account: bool = False
    urgent_words: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    unit: str = ""
    icon: str = ""
    note: str = ""
    source: str = ""
    trust: str = ""

    @property
    def code(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition(SEPARATOR)[2]

    @property
    def parent(self) -> str:
        """Path of the class above; "" on the first level."""
        return self.path.rpartition(SEPARATOR)[0]

    @property
    def top(self) -> str:
        """Code of the first level."""
        return self.path.partition(SEPARATOR)[0]

    @property
    def level(self) -> int:
        return self.path.count(SEPARATOR) + 1


@dataclass(frozen=True, slots=True)
class Tree:
    """An immutable tree; every look-up is by path. Nodes keep the order of the document, a parent before its children."""

    code: str
    label: str
    levels: int
    nodes: tuple[Node, ...]
    label_en: str = ""
    _by_path: Mapping[str, Node] = field(default_factory=dict, repr=False)
    _children: Mapping[str, tuple[Node, ...]] = field(default_factory=dict, repr=False)

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def get(self, path: str) -> Node | None:
        """The node with this dotted path."""
        return self._by_path.get(path)

    @property
    def roots(self) -> tuple[Node, ...]:
        """The first level."""
        return self.children("")

    def children(self, path: str) -> tuple[Node, ...]:
        """The classes directly below; of the first level for ""."""
        return self._children.get(path, ())

    def is_leaf(self, path: str) -> bool:
        """Whether nothing that may still be chosen lies below."""
        return all(child.retired for child in self.children(path))

    def lineage(self, path: str) -> tuple[Node, ...]:
        """The node with its ancestors, from the first level down; empty for an unknown path."""
        parts = path.split(SEPARATOR)
        found = (self._by_path.get(SEPARATOR.join(parts[:n])) for n in range(1, len(parts) + 1))
        nodes = tuple(node for node in found if node is not None)
        return nodes if len(nodes) == len(parts) else ()

    def under(self, path: str) -> tuple[Node, ...]:
        """The node and everything below it, in order."""
        start = path + SEPARATOR
        return tuple(node for node in self.nodes if node.path == path or node.path.startswith(start))

    def name(self, path: str, *, english: bool = False, separator: str = " / ") -> str:
        """The labels from the first level down, as people read them; "" for an unknown path."""
        return separator.join(label_of(node, english) for node in self.lineage(path))

    def in_force(self, path: str) -> bool:
        """Whether the class may be chosen: known, and neither it nor a class above it is retired."""
        lineage = self.lineage(path)
        return bool(lineage) and not any(node.retired for node in lineage)


def label_of(node: Node, english: bool = False) -> str:
    """The node's label in one language; Chinese where there is no English."""
    return (node.label_en if english else "") or node.label


def read_tree(document: Mapping[str, Any]) -> Tree:
    """Make the tree of a document; raises TreeError (not a tree: no nodes, a path twice, a node without its parent).

    Finer faults (labels, codes, attributes) are found by :func:`~denghuo.engine.classes.checking.check_tree`; a document
    with those can still be read, so that old editions stay readable when the checks grow.
    """
    raw = document.get("nodes")
    if not isinstance(raw, list) or not raw:
        raise TreeError("nodes", "empty")
    by_path: dict[str, Node] = {}
    for number, item in enumerate(raw, start=1):
        node = _node(item, f"nodes[{number}]")
        if node.path in by_path:
            raise TreeError(node.path, "twice")
        by_path[node.path] = node
    for node in by_path.values():
        if node.parent and node.parent not in by_path:
            raise TreeError(node.path, "orphan")
    children: dict[str, list[Node]] = {}
    for node in by_path.values():
        children.setdefault(node.parent, []).append(node)
    below = {path: tuple(nodes) for path, nodes in children.items()}
    deepest = max(node.level for node in by_path.values())
    levels = document.get("levels")
    return Tree(
        code=str(document.get("code", "")),
        label=str(document.get("label", "")),
        label_en=str(document.get("label_en", "")),
        levels=levels if isinstance(levels, int) and not isinstance(levels, bool) else deepest,
        nodes=tuple(_depth_first(below, "")),
        _by_path=by_path,
        _children=below,
    )


def _depth_first(children: Mapping[str, tuple[Node, ...]], path: str) -> Iterator[Node]:
    for node in children.get(path, ()):
        yield node
        yield from _depth_first(children, node.path)


def _node(item: Any, where: str) -> Node:
    if not isinstance(item, Mapping) or not isinstance(item.get("path"), str) or not item["path"]:
        raise TreeError(where, "no_path")
    known: dict[str, Any] = {"path": item["path"], "label": str(item.get("label") or "")}
    known["label_en"], known["retired"] = str(item.get("label_en") or ""), bool(item.get("retired"))
    for name, kind in ATTRIBUTES.items():
        value = item.get(name)
        if value in (None, "", []):
            continue
        if kind == "flag":
            known[name] = bool(value)
        elif kind == "texts":
            known[name] = tuple(str(word) for word in value) if isinstance(value, list | tuple) else (str(value),)
        else:
            known[name] = str(value)
    return Node(**known)


def to_document(tree: Tree) -> dict[str, Any]:
    """The document of a tree: :func:`read_tree` of it gives the tree again."""
    head = {"code": tree.code, "label": tree.label, "label_en": tree.label_en, "levels": tree.levels}
    return head | {"nodes": [node_document(node) for node in tree]}


def node_document(node: Node) -> dict[str, Any]:
    """A node as it stands in a document: what is empty is left out."""
    names = ("path", "label", "label_en", "retired", *ATTRIBUTES)
    values = {name: getattr(node, name) for name in names}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v not in ("", False, ())}
