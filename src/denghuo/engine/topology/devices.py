"""The shortest way in: one table of devices with their parents, one of customers. What a utility can export by hand."""

from __future__ import annotations

import csv
import io

from denghuo.engine.outage.types import DeviceKind
from denghuo.engine.topology.network import Fault, FaultKind
from denghuo.engine.topology.tree import Device, Tree

DEVICE_COLUMNS = ("code", "kind", "parent")
CUSTOMER_COLUMNS = ("customer", "device")
WORDS = {
    "电源": DeviceKind.SOURCE, "馈线": DeviceKind.FEEDER, "出线开关": DeviceKind.FEEDER, "分段开关": DeviceKind.SECTION,
    "开关": DeviceKind.SECTION, "线路": DeviceKind.LINE, "台区": DeviceKind.TRANSFORMER, "配变": DeviceKind.TRANSFORMER,
    "低压出线": DeviceKind.LV_FEEDER, "低压开关": DeviceKind.LV_FEEDER, "表箱": DeviceKind.SERVICE,
}  # fmt: skip


def read_devices(devices: str, customers: str = "") -> Tree:
    """The tree of these tables. Columns: code, kind (a word of either language), parent (empty at a source), and if known
    name, kv, lon, lat, customers (how many hang on it directly); customers: customer, device. Devices may stand in any order. Faults name code and line."""
    tree = Tree()
    rows = table(tree.faults, devices, DEVICE_COLUMNS)
    by_code: dict[str, tuple[int, dict[str, str]]] = {}
    for line, row in rows:
        if row["code"] in by_code or not row["code"]:
            tree.faults.append(Fault(FaultKind.DUPLICATE if row["code"] else FaultKind.BAD_VALUE, row["code"], line))
            continue
        by_code[row["code"]] = (line, row)
    if rows and not any(not row["parent"] for _line, row in by_code.values()):
        tree.faults.append(Fault(FaultKind.NO_SOURCE, ""))
    placed = _place(tree, by_code)
    if customers.strip():
        for line, row in table(tree.faults, customers, CUSTOMER_COLUMNS):
            at = placed.get(row["device"], -1)
            if at < 0:
                tree.faults.append(Fault(FaultKind.CUSTOMER_DARK, row["customer"], line))
            tree.customers.append((row["customer"], at))
    return tree


def table(faults: list[Fault], text: str, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV text with their line numbers; a missing column is a fault and leaves none."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [column for column in needed if column not in (reader.fieldnames or [])]
    if missing:
        faults.append(Fault(FaultKind.MISSING_COLUMN, missing[0], 1))
        return []
    return [
        (line, {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)})
        for line, row in enumerate(reader, start=2)
    ]


def _place(tree: Tree, by_code: dict[str, tuple[int, dict[str, str]]]) -> dict[str, int]:
    """Parents first; what hangs on an unknown parent or in a circle is named and left out."""
    children: dict[str, list[str]] = {}
    for code, (line, row) in by_code.items():
        if row["parent"] and row["parent"] not in by_code:
            tree.faults.append(Fault(FaultKind.UNKNOWN_PARENT, code, line))
        children.setdefault(row["parent"], []).append(code)
    placed: dict[str, int] = {}
    waiting = [(code, -1) for code in reversed(children.get("", []))]
    while waiting:
        code, parent = waiting.pop()
        line, row = by_code[code]
        kind = _kind(row["kind"])
        if kind is None:
            tree.faults.append(Fault(FaultKind.BAD_VALUE, code, line))
            kind = DeviceKind.SECTION
        placed[code] = len(tree.devices)
        tree.devices.append(
            Device(
                code,
                row.get("name") or code,
                kind,
                parent,
                _float(row.get("kv")) or 0.0,
                _float(row.get("lon")),
                _float(row.get("lat")),
                _count(tree, row.get("customers"), code, line),
            )
        )
        waiting += [(child, placed[code]) for child in reversed(children.get(code, []))]
    for code, (line, row) in by_code.items():
        if code not in placed and row["parent"] in by_code:
            tree.faults.append(Fault(FaultKind.LOOP, code, line))
    return placed


def _kind(word: str) -> DeviceKind | None:
    if word in WORDS:
        return WORDS[word]
    return DeviceKind(word) if word in set(DeviceKind) else None


def _count(tree: Tree, text: str | None, code: str, line: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        tree.faults.append(Fault(FaultKind.BAD_VALUE, code, line))
        return None
    return int(text)


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
