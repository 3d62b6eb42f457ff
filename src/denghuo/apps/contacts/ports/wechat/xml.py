"""The callback's XML, read with a guard: no document type, so no entities, no references to elsewhere, no bombs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

LONGEST = 256 * 1024  # bytes; the platform's largest event is some kilobytes
DEEPEST = 8
MOST = 500  # elements


class BadXml(ValueError):
    """Not XML, or more of it than a callback has."""


def parse(raw: bytes) -> dict[str, Any]:
    """The children of the root by name: text, or a dict of children. Of equal names the last counts. Raises BadXml."""
    if len(raw) > LONGEST:
        raise BadXml("too long")
    reader = _Reader()
    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = reader.refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise BadXml("not well-formed") from error
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.open: list[tuple[str, dict[str, Any], list[str]]] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= DEEPEST or self.count > MOST:
            raise BadXml("too many elements")
        self.open.append((name, {}, []))

    def end(self, name: str) -> None:
        name, children, pieces = self.open.pop()
        if not self.open:
            self.root = children
            return
        self.open[-1][1][name] = children or "".join(pieces)

    def text(self, data: str) -> None:
        if self.open:
            self.open[-1][2].append(data)

    def refuse(self, *_arguments: Any) -> None:
        raise BadXml("a document type is not allowed")


def build(members: Mapping[str, str | int | Mapping[str, Any]], name: str = "xml") -> str:
    """XML with every text as CDATA; numbers plain; mappings nested."""
    inner = "".join(_element(key, value) for key, value in members.items())
    return f"<{name}>{inner}</{name}>"


def _element(name: str, value: str | int | Mapping[str, Any]) -> str:
    if isinstance(value, Mapping):
        return build(value, name)
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    # A section cannot hold its own end; control signs are no XML at all.
    clean = "".join(c for c in value if c in "\n\r\t" or c >= " ")
    return f"<{name}><![CDATA[{clean.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
