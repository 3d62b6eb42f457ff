"""A class tree as rows of a spreadsheet, one a class, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from denghuo.engine.classes.tree import ATTRIBUTES, SEPARATOR, Node, Tree

#: columns of the sheet, in order
COLUMNS: Final = ("path", "label", "label_en", "retired", *ATTRIBUTES)
SEPARATORS: Final = re.compile(r"[、,，;；|\r\n]")
YES: Final = frozenset({"1", "y", "yes", "true", "是", "对", "√", "✓"})
NO: Final = frozenset({"", "0", "n", "no", "false", "否", "×"})


@dataclass(frozen=True, slots=True)
class RowFault:
    """A cell that cannot be taken: ``row`` as the spreadsheet counts (the heading is row 1), ``column`` a name of
    :data:`COLUMNS`, ``code`` the kind of fault, ``value`` what stands there."""

    row: int
    column: str
    code: str
    value: str = ""


def to_rows(tree: Tree) -> list[list[str]]:
    """One row a class in the order of the tree; words of a list are joined by 、, flags are 是 or empty."""
    return [[_cell(node, name) for name in COLUMNS] for node in tree]


def _cell(node: Node, name: str) -> str:
    value = getattr(node, name)
    if isinstance(value, bool):
        return "是" if value else ""
    return "、".join(value) if isinstance(value, tuple) else str(value)


def from_rows(
    heading: Sequence[str],
    rows: Iterable[Sequence[Any]],
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[list[dict[str, Any]], list[RowFault]]:
    """Nodes of a document from the rows of a sheet, and what is wrong with them, each by row and column.

    ``heading`` names the columns by :data:`COLUMNS` or, through ``names``, by what people read; columns may come in any
    order and most may be missing. Rows without any text are passed over. A parent may stand after its children.
    ``values`` gives, by column, what people write for a code (生产类 → production).
    """
    known = {name: name for name in COLUMNS} | dict(names or {})
    columns = [known.get(str(title or "").strip(), "") for title in heading]
    faults = [
        RowFault(1, str(title), "unknown_column", str(title))
        for title, name in zip(heading, columns, strict=True)
        if str(title or "").strip() and not name
    ]
    faults += [RowFault(1, name, "missing_column") for name in ("path", "label") if name not in columns]
    if any(fault.code == "missing_column" for fault in faults):
        return [], faults
    nodes: list[dict[str, Any]] = []
    where: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        cells = {name: _plain(value) for name, value in zip(columns, row, strict=False) if name}
        if not any(cells.values()):
            continue
        path = cells.get("path", "")
        if not path:
            faults.append(RowFault(number, "path", "required"))
        elif path in where:
            faults.append(RowFault(number, "path", "twice", path))
        if not cells.get("label"):
            faults.append(RowFault(number, "label", "required"))
        item, wrong = _item(cells, number, values or {})
        faults += wrong
        nodes.append(item)
        where.setdefault(path, number)
    for path, number in where.items():
        parent = path.rpartition(SEPARATOR)[0]
        if parent and parent not in where:
            faults.append(RowFault(number, "path", "orphan", parent))
    return nodes, faults


def _plain(value: Any) -> str:
    """A cell's text; the apostrophe that keeps spreadsheets from running it as a formula is taken off."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@＝＋－＠|" else text


def _item(
    cells: Mapping[str, str], number: int, values: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, Any], list[RowFault]]:
    item: dict[str, Any] = {"path": cells.get("path", ""), "label": cells.get("label", "")}
    faults: list[RowFault] = []
    if cells.get("label_en"):
        item["label_en"] = cells["label_en"]
    for name, kind in {"retired": "flag", **ATTRIBUTES}.items():
        text = values.get(name, {}).get(cells.get(name, ""), cells.get(name, ""))
        if not text:
            continue
        if kind == "flag":
            if text.lower() in YES:
                item[name] = True
            elif text.lower() not in NO:
                faults.append(RowFault(number, name, "not_flag", text))
        elif kind == "texts":
            item[name] = [word.strip() for word in SEPARATORS.split(text) if word.strip()]
        elif isinstance(kind, tuple) and text not in kind:
            faults.append(RowFault(number, name, "bad_value", text))
        else:
            item[name] = text
    return item, faults
