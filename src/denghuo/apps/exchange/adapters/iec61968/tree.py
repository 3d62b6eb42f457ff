"""XML of another system as a small tree: no document type, so no entities, no references to elsewhere, no bombs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

LONGEST = 4 * 1024 * 1024  # bytes: an outage of a whole county names some thousand transformers
DEEPEST = 16
MOST = 100_000  # elements


class BadXml(ValueError):
    """Not XML, or not what a message may hold."""


@dataclass(slots=True)
class Node:
    """An element: its name without namespace, the namespace, its own text, its children in order."""

    name: str
    namespace: str = ""
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Node]:
        """Children of that name."""
        return (child for child in self.children if child.name == name)

    def first(self, *path: str) -> Node | None:
        """The first element down ``path``; None where there is none."""
        node: Node | None = self
        for name in path:
            node = next(node.all(name), None) if node is not None else None
        return node

    def value(self, *path: str) -> str:
        """Text of the first element down ``path``, without the white space around it; "" where there is none."""
        node = self.first(*path)
        return node.text.strip() if node is not None else ""


def parse(raw: bytes) -> Node:
    """The root element. Raises BadXml."""
    if len(raw) > LONGEST:
        raise BadXml("too long")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise BadXml(f"not well-formed, line {error.lineno}") from error
    if reader.root is None:
        raise BadXml("empty")
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= DEEPEST or self.count > MOST:
            raise BadXml("too many elements")
        namespace, _space, local = name.rpartition(" ")
        node = Node(local, namespace)
        if self.open:
            self.open[-1].children.append(node)
        elif self.root is None:
            self.root = node
        self.open.append(node)

    def end(self, _name: str) -> None:
        self.open.pop()

    def text(self, data: str) -> None:
        if self.open:
            self.open[-1].text += data

    def refuse(self, *_arguments: Any) -> None:
        raise BadXml("a document type is not allowed")
